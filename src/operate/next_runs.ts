// The next runs of a series.

import { occurrences } from "../schedule/next_occurrence.ts";
import { parseRecurrence } from "../schedule/recurrence.ts";
import type { SeriesRecord } from "../storage/records.ts";

/**
 * Returns the next runs of a series, beginning with the planned run. The later runs follow from the
 * schedule: a late worker may skip some of them.
 *
 * @param count The maximum number of runs.
 * @returns The runs; null if the schedule is unreadable.
 */
export function nextRuns(series: SeriesRecord, count: number): readonly Date[] | null {
  const { schedule, anchorAt, maxRuns, runUntil, nextRunAt, runCount } = series;
  if (nextRunAt === null) return [];
  try {
    const { maxRuns: _, ...recurrence } = parseRecurrence(JSON.parse(schedule));
    const limit = runUntil === null ? {} : { runUntil };
    const later = occurrences({ ...recurrence, anchor: anchorAt, ...limit }, new Date(nextRunAt));
    const left = maxRuns === null ? count : Math.min(count, maxRuns - runCount);
    const runs = left > 0 ? [new Date(nextRunAt)] : [];
    for (const run of later) {
      if (runs.length >= left) break;
      runs.push(run);
    }
    return runs;
  } catch {
    return null;
  }
}
