import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "../../src/testing/simulation/chance.ts";
import { trendOf } from "./trend.ts";

/** Makes samples around 100. `noise` and the `change` over the whole time are shares of 100. */
function samples(count: number, noise: number, change: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from(
    { length: count },
    (_, i) => 100 + 100 * change * i / (count - 1) + 100 * noise * (2 * random() - 1),
  );
}

Deno.test("a figure that grows or shrinks by a quarter has a trend, despite noise", () => {
  for (let seed = 1; seed <= 50; seed++) {
    for (const change of [0.25, -0.25]) {
      const trend = trendOf(samples(55, 0.1, change, seed));
      assert(trend.isTrend, `seed ${seed}`);
      assertAlmostEquals(trend.change, change, 0.15);
    }
  }
});

Deno.test("a figure that only varies has no trend", () => {
  for (let seed = 1; seed <= 200; seed++) assert(!trendOf(samples(55, 0.3, 0, seed)).isTrend);
});

Deno.test("outliers neither cause nor hide a trend", () => {
  const flat = samples(55, 0.05, 0, 1).map((value, i) => i % 9 === 8 ? 10 * value : value);
  assertEquals(trendOf(flat).isTrend, false);
  const rising = samples(55, 0.05, 0.5, 1).map((value, i) => i % 9 === 0 ? 10 * value : value);
  assertEquals(trendOf(rising).isTrend, true);
});

Deno.test("a change of a few percent is no trend, and too few samples have none", () => {
  assertEquals(trendOf(samples(55, 0.001, 0.03, 1)).isTrend, false);
  for (const few of [[], [1], [1, 2], [1, 2, 3]]) assertEquals(trendOf(few).isTrend, false);
  assertEquals(trendOf(Array(55).fill(0)), {
    typical: 0,
    change: 0,
    deviations: 0,
    isTrend: false,
  });
});
