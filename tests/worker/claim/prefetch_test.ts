// Tests the number of tasks that a worker holds, by its throughput.

import { assertEquals } from "@std/assert";
import { Prefetch } from "../../../src/worker/claim/prefetch.ts";

const settings = { parallelism: 4, capacity: 1_000, whenFull: "store" } as const;

/** The targets after spans of 100 ms in which these numbers of tasks were finished. */
function targets(prefetch: Prefetch, finished: readonly number[]): number[] {
  return finished.map((count, span) => {
    for (let n = 0; n < count; n++) prefetch.finished();
    return prefetch.target((span + 1) * 100);
  });
}

Deno.test("at low throughput, a worker holds twice its parallelism, or the capacity of a queue with back pressure", () => {
  assertEquals(new Prefetch(settings).target(0), 8);
  assertEquals(new Prefetch({ ...settings, capacity: 5 }).target(0), 5);
  for (const whenFull of ["wait", "throw", "fallbackToDefault"] as const) {
    assertEquals(new Prefetch({ ...settings, whenFull }).target(0), 1_000);
  }
});

Deno.test("it holds as many tasks as it finished in the last tenth of a second, and shrinks by half at most", () => {
  const found = targets(new Prefetch(settings), [100, 100, 60, 10, 0, 0, 0, 0, 5_000]);
  assertEquals(found, [100, 100, 60, 30, 15, 8, 8, 8, 1_000]);
});

Deno.test("it measures a tenth of a second, after any time without a call", () => {
  const prefetch = new Prefetch(settings);
  for (let n = 0; n < 100; n++) prefetch.finished();
  assertEquals(prefetch.target(500), 20);
});

Deno.test("it grows at once when the tasks for a span finish before its end", () => {
  const prefetch = new Prefetch(settings);
  for (let n = 0; n < 8; n++) prefetch.finished();
  assertEquals(prefetch.target(5), 8);
  prefetch.finished();
  assertEquals(prefetch.target(5), 18);
  for (let n = 0; n < 1_000; n++) prefetch.finished();
  assertEquals(prefetch.target(6), 1_000);
});

Deno.test("it predicts ends from its throughput, and none at low throughput", () => {
  const prefetch = new Prefetch(settings);
  assertEquals(prefetch.endingWithin(100, 0), 0);
  for (let n = 0; n < 50; n++) prefetch.finished();
  assertEquals([100, 50, 10, 1, 500].map((ms) => prefetch.endingWithin(ms, 100)), [
    50,
    25,
    5,
    0,
    50,
  ]);
});
