// Tests how many tasks a worker holds, which depends on its throughput.

import { assertEquals } from "@std/assert";
import { Prefetch } from "../../../src/worker/claim/prefetch.ts";

const settings = { parallelism: 4, capacity: 1_000, whenFull: "store" } as const;

/** Returns the target after each span of 100 ms; `finished` has the ended tasks of each span. */
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

Deno.test("the target is the number of tasks that ended in the last tenth of a second, and falls by half at most", () => {
  const found = targets(new Prefetch(settings), [100, 100, 60, 10, 0, 0, 0, 0, 5_000]);
  assertEquals(found, [100, 100, 60, 30, 15, 8, 8, 8, 1_000]);
});

Deno.test("the target is the average number of ended tasks per tenth of a second since the last call", () => {
  const prefetch = new Prefetch(settings);
  for (let n = 0; n < 100; n++) prefetch.finished();
  assertEquals(prefetch.target(500), 20);
});

Deno.test("the target grows at once when more tasks end than were expected for the whole span", () => {
  const prefetch = new Prefetch(settings);
  for (let n = 0; n < 8; n++) prefetch.finished();
  assertEquals(prefetch.target(5), 8);
  prefetch.finished();
  assertEquals(prefetch.target(5), 18);
  for (let n = 0; n < 1_000; n++) prefetch.finished();
  assertEquals(prefetch.target(6), 1_000);
});

Deno.test("endingWithin() predicts ends from the throughput, and returns 0 at low throughput", () => {
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
