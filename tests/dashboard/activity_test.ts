// Tests the sums that the overview shows.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  axisEnd,
  fillSteps,
  percentile,
  type Step,
  sumDurations,
  sumSteps,
} from "../../src/dashboard/ui/activity.ts";

const minute = 60_000;

Deno.test("steps without activity count as zero", () => {
  const step = { at: "2026-01-01T00:01:00.000Z", completed: 3, failed: 1 } as Step;
  const from = Date.parse("2026-01-01T00:00:00Z");
  assertEquals(fillSteps([step], { from, stepMs: minute, steps: 3 }), [
    { at: from, completed: 0, failed: 0 },
    { at: from + minute, completed: 3, failed: 1 },
    { at: from + 2 * minute, completed: 0, failed: 0 },
  ]);
});

Deno.test("counts are summed up in the steps in which they begin", () => {
  const from = Date.parse("2026-01-01T00:00:00Z");
  const counts = [-1, 0, 1, 2, 119, 120].map((after) => ({
    startAt: new Date(from + after * minute).toISOString(),
    count: 1,
  }));
  const sums = sumSteps(counts, { from, stepMs: 2 * minute, steps: 60 });
  assertEquals([sums.length, sums[0], sums[1], sums[59]], [60, 2, 1, 1]);
});

Deno.test("a percentile is the upper bound of its bucket, at most the longest duration", () => {
  const histogram = (counts: Readonly<Record<number, number>>) =>
    Array.from({ length: 12 }, (_, bucket) => counts[bucket] ?? 0);
  const cases: [counts: Record<number, number>, maxMs: number, share: number, expected: number][] =
    [
      [{ 0: 100 }, 1, 0.95, 1],
      [{ 0: 95, 3: 5 }, 60, 0.95, 1],
      [{ 0: 94, 3: 6 }, 60, 0.95, 60],
      [{ 0: 90, 3: 9, 5: 1 }, 900, 0.95, 64],
      [{ 11: 1 }, 90_000_000, 0.5, 90_000_000],
    ];
  for (const [counts, maxMs, share, expected] of cases) {
    assertEquals(percentile({ histogram: histogram(counts), maxMs }, share), expected);
  }
  assertEquals(percentile({ histogram: histogram({}), maxMs: 0 }, 0.5), null);
  assertEquals(percentile(sumDurations([]), 0.5), null);
});

Deno.test("durations of several steps are added up", () => {
  const sum = sumDurations([{ maxMs: 3, histogram: [1, 2] }, { maxMs: 9, histogram: [0, 5] }]);
  assertEquals(sum, { maxMs: 9, histogram: [1, 7] });
});

Deno.test("an axis ends at or above its value, and its quarters are integers", () => {
  const ends = [0, 1, 5, 10, 11, 50, 99, 100, 101, 2_001, 30_000].map(axisEnd);
  assertEquals(ends, [4, 4, 8, 12, 12, 80, 120, 120, 120, 2_400, 32_000]);
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e12 }), (value) => {
    const end = axisEnd(value);
    assert(end >= value && end <= Math.max(4, 2.5 * value) && end % 4 === 0, `${end}`);
  }));
});
