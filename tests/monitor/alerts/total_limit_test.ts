// How many alerts pass in a minute.

import { assertEquals } from "@std/assert";
import { TotalLimit } from "../../../src/monitor/alerts/total_limit.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";

/** Returns how many of ten alerts pass at each of `instants`, in seconds after the start. */
async function passing(perMinute: number, instants: readonly number[]): Promise<number[]> {
  const clock = new FakeClock();
  const start = clock.now();
  const limit = new TotalLimit(clock, perMinute);
  const counts: number[] = [];
  for (const seconds of instants) {
    await clock.advance(start + seconds * 1000 - clock.now());
    counts.push(Array.from({ length: 10 }, () => limit.take()).filter((passes) => passes).length);
  }
  return counts;
}

for (
  const [what, perMinute, instants, expected] of [
    ["a burst passes, and then as many as the budget regains", 3, [0, 19, 20, 40], [3, 0, 1, 1]],
    ["the budget grows with time, and each interval counts once", 3, [0, 10, 19.5, 20.5, 30], [
      3,
      0,
      0,
      1,
      0,
    ]],
    ["after a long pause, no more than a burst passes", 3, [0, 3600], [3, 3]],
    ["a limit below one starts with a budget of one", 0.5, [0, 60, 120, 180], [1, 0, 1, 0]],
    ["without a limit all pass", Infinity, [0, 1], [10, 10]],
  ] satisfies [string, number, number[], number[]][]
) {
  Deno.test(`total limit of alerts: ${what}`, async () => {
    assertEquals(await passing(perMinute, instants), expected);
  });
}
