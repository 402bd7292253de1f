// A worker's view of recurring series: whether a due occurrence runs or is dropped, and when the next one is.

import { parseRecurrence, type Recurrence } from "../schedule/recurrence.ts";
import { type NextRun, runAfter, runDue } from "../schedule/series.ts";
import type { ClaimedTask, SeriesRecord } from "../storage/records.ts";

/** What to do with a claimed occurrence. */
export type OccurrencePlan =
  | { readonly run: true; readonly scheduledAt: number }
  | { readonly run: false; readonly next: NextRun };

const parsed = new Map<string, Recurrence>();

/** Series share few schedules, so each text is parsed once. */
function recurrenceOf({ schedule, anchorAt, maxRuns, runUntil }: SeriesRecord): Recurrence {
  let recurrence = parsed.get(schedule);
  if (recurrence === undefined) {
    if (parsed.size >= 1000) parsed.clear();
    recurrence = parseRecurrence(JSON.parse(schedule));
    parsed.set(schedule, recurrence);
  }
  return {
    ...recurrence,
    anchor: anchorAt,
    ...(maxRuns === null ? {} : { maxRuns }),
    ...(runUntil === null ? {} : { runUntil }),
  };
}

/**
 * Decides whether a claimed occurrence runs, or its misfire policy drops it.
 *
 * @param now The storage's clock.
 */
export function planOccurrence(
  task: ClaimedTask,
  series: SeriesRecord,
  now: number,
): OccurrencePlan {
  const planned = series.nextRunAt ?? task.dueAt;
  const isExtraRun = planned > now;
  const isUnderWay = task.attempt > 1 || task.rateSlotAt !== null;
  if (isExtraRun || isUnderWay) return { run: true, scheduledAt: Math.min(planned, now) };
  const next = runDue(recurrenceOf(series), {
    scheduledAt: planned,
    now,
    runCount: series.runCount,
  });
  if (next.nextRunAt !== null && next.nextRunAt <= now) {
    return { run: true, scheduledAt: next.nextRunAt };
  }
  return { run: false, next };
}

/**
 * When the series runs next, after an occurrence that has just ended.
 *
 * @param scheduledAt The occurrence's planned instant.
 * @param now The storage's clock.
 * @param counts Whether the occurrence was a real run.
 */
export function nextAfterRun(
  series: SeriesRecord,
  scheduledAt: number,
  now: number,
  counts: boolean,
): NextRun {
  const runCount = series.runCount + (counts ? 1 : 0);
  const recurrence = recurrenceOf(series);
  if (series.nextRunAt !== null && series.nextRunAt > now) {
    // An extra run: the planned one stays.
    const ended = runCount >= (recurrence.maxRuns ?? Infinity);
    return { nextRunAt: ended ? null : series.nextRunAt, skipped: 0 };
  }
  return runAfter(recurrence, { scheduledAt, now, runCount });
}
