// Sums up the activity of a span.

import type { Activity } from "./answers.ts";

/** The activity in one step. */
export type Step = Activity["items"][number];

/** The counts of a step. */
export interface Counts {
  /** The beginning, in epoch milliseconds. */
  readonly at: number;
  readonly completed: number;
  readonly failed: number;
}

/** Returns the counts of each step from an instant on, also of steps without activity. */
export function fillSteps(
  items: readonly Step[],
  { from, stepMs, steps }: {
    readonly from: number;
    readonly stepMs: number;
    readonly steps: number;
  },
): Counts[] {
  const byTime = new Map(items.map((step) => [Date.parse(step.at), step]));
  return Array.from({ length: steps }, (_, index) => {
    const at = from + index * stepMs;
    const { completed = 0, failed = 0 } = byTime.get(at) ?? {};
    return { at, completed, failed };
  });
}

/** Sums up counts in the steps from an instant on, also those without any. */
export function sumSteps(
  counts: readonly { readonly startAt: string; readonly count: number }[],
  { from, stepMs, steps }: {
    readonly from: number;
    readonly stepMs: number;
    readonly steps: number;
  },
): number[] {
  const sums = Array<number>(steps).fill(0);
  for (const { startAt, count } of counts) {
    const step = Math.floor((Date.parse(startAt) - from) / stepMs);
    if (step >= 0 && step < steps) sums[step]! += count;
  }
  return sums;
}

/** The counts of durations by bucket. The upper bounds are 1, 4, 16 … ms; the last has none. */
export interface Durations {
  readonly maxMs: number;
  readonly histogram: readonly number[];
}

/** Adds up the durations of steps. */
export function sumDurations(parts: readonly Durations[]): Durations {
  const buckets = Math.max(0, ...parts.map(({ histogram }) => histogram.length));
  return {
    maxMs: Math.max(0, ...parts.map(({ maxMs }) => maxMs)),
    histogram: Array.from(
      { length: buckets },
      (_, bucket) => parts.reduce((sum, { histogram }) => sum + (histogram[bucket] ?? 0), 0),
    ),
  };
}

/** Returns the upper bound of a bucket in milliseconds, which is at most the longest duration. */
export function boundOf({ histogram, maxMs }: Durations, bucket: number): number {
  return bucket === histogram.length - 1 ? maxMs : Math.min(4 ** bucket, maxMs);
}

/**
 * Returns an upper bound of a percentile in milliseconds: the bound of its bucket. Null without
 * durations.
 */
export function percentile(durations: Durations, share: number): number | null {
  const { histogram } = durations;
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let counted = 0;
  const bucket = histogram.findIndex((count) => (counted += count) >= share * total);
  return boundOf(durations, bucket);
}

/** Returns the end of an axis that holds a value. Its quarters are round integers. */
export function axisEnd(value: number): number {
  const quarter = Math.max(1, Math.ceil(value / 4));
  const power = 10 ** Math.floor(Math.log10(quarter));
  const factor = [1, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= quarter)!;
  return 4 * factor * power;
}
