// Decides whether a due occurrence of a series runs or is dropped, and when the next occurrence is
// due.

import { type SeriesTimes, timesFromNow } from "../../schedule/clock_set_back.ts";
import { parseRecurrence, type Recurrence } from "../../schedule/recurrence.ts";
import {
  type AnchoredRecurrence,
  type DueState,
  type NextRun,
  runAfter,
  runDue,
  type SeriesState,
} from "../../schedule/series.ts";
import type { ClaimedTask, SeriesRecord } from "../../storage/records.ts";
import { describeError } from "../../thrown/describe_error.ts";
import { isStorableInstant } from "../../time/instant.ts";

/** The decision about a claimed occurrence. */
export type OccurrencePlan =
  /** Run it as the occurrence of `scheduledAt`. `skipped` earlier occurrences were dropped. */
  | { readonly kind: "run"; readonly scheduledAt: number; readonly skipped: number }
  /** Drop it, by its misfire policy. */
  | { readonly kind: "skip"; readonly next: NextRun }
  /**
   * Postpone it, because this process cannot read the schedule. Another process may be able to read
   * it, and so may this process after an update.
   */
  | { readonly kind: "postpone"; readonly reason: string; readonly dueInMs: number };

const parsed = new Map<string, Recurrence>();

/** Parses a schedule. Results are cached, because many series share few schedules. */
function recurrenceOf({ schedule, anchorAt, maxRuns, runUntil }: SeriesRecord): AnchoredRecurrence {
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
 * Decides whether a claimed occurrence runs, or its misfire policy drops it. Never throws.
 *
 * @param now The storage's clock.
 * @param servedSince The instant since which this worker has been alive and serving the queue, by
 * that clock.
 */
export function planOccurrence(
  task: ClaimedTask,
  series: SeriesRecord,
  now: number,
  servedSince: number,
): OccurrencePlan {
  const planned = series.nextRunAt ?? task.dueAt;
  const { runCount } = series;
  try {
    const state = { scheduledAt: planned, now, servedSince, runCount };
    return plan(recurrenceOf(series), task, state);
  } catch (error) {
    const reason = `The schedule "${series.info}" cannot be read by this worker; another may ` +
      `know it. The run is retried later: ${describeError(error)}`;
    return { kind: "postpone", reason, dueInMs: pauseAfter(now - planned) };
  }
}

function plan(
  recurrence: Recurrence,
  task: ClaimedTask,
  state: DueState,
): OccurrencePlan {
  const { scheduledAt: planned, now } = state;
  if (isExtraRun(task, planned)) return { kind: "run", scheduledAt: task.dueAt, skipped: 0 };
  const underWay = isUnderWay(task);
  // A run that has begun keeps its occurrence. Later due occurrences do not replace it.
  const next = runDue(recurrence, underWay ? { ...state, servedSince: Infinity } : state);
  const { nextRunAt, skipped } = next;
  // Storage has found the planned occurrence due, so it runs even if this process's estimate of the
  // storage's clock is a little behind.
  if (nextRunAt !== null && (nextRunAt <= now || nextRunAt === planned)) {
    return { kind: "run", scheduledAt: nextRunAt, skipped };
  }
  if (underWay) return { kind: "run", scheduledAt: planned, skipped: 0 };
  return { kind: "skip", next };
}

/**
 * Reports whether this run is an extra run before the planned run. A `Queued` task is the first run
 * of a series that begins at once, and never an extra run, even if the run was planned by a process
 * whose clock was ahead.
 */
function isExtraRun(task: ClaimedTask, planned: number): boolean {
  return task.dueAt < planned && task.status !== "Queued";
}

/**
 * Reports whether the task, or the occurrence of a series, was started before: it failed, was
 * deferred or was interrupted.
 */
export function isUnderWay(task: ClaimedTask): boolean {
  return task.rateSlotAt !== null || hasBegun(task);
}

/**
 * Reports whether a handler may have been called for the task: it failed, was interrupted, or was
 * lost with its process.
 */
function hasBegun({ attempt, status }: ClaimedTask): boolean {
  return attempt > 1 || status === "Pending" || status === "ServiceStopped";
}

/**
 * Reports whether the task's run has not begun, and `startsAt` is at or after the end of its
 * series.
 */
export function comesTooLate(task: ClaimedTask, startsAt: number): boolean {
  const runUntil = task.series?.runUntil ?? null;
  return runUntil !== null && startsAt >= runUntil && !hasBegun(task);
}

/**
 * Returns the pause before the next try: the time that the task has been waiting, but at least a
 * minute and at most an hour. The pauses therefore double.
 */
function pauseAfter(waitedMs: number): number {
  return Math.min(Math.max(waitedMs, 60_000), 3_600_000);
}

/**
 * Returns the next run of a series after an occurrence that has just ended.
 *
 * @param scheduledAt The planned instant of the occurrence; for an extra run, the instant at which
 * it was requested.
 * @param now The storage's clock.
 * @param counts Whether the occurrence counts as a run.
 */
export function nextAfterRun(
  series: SeriesRecord,
  scheduledAt: number,
  now: number,
  counts: boolean,
): NextRun {
  const recurrence = recurrenceOf(series);
  const runCount = series.runCount + (counts ? 1 : 0);
  const next = nextBy(recurrence, series.nextRunAt, { scheduledAt, now, runCount });
  if (next.nextRunAt === null) return next;
  // A clock that was ahead may have planned the occurrence. The run after it would then also be too
  // late. If the clock was set back during the run, the occurrence shows how far it was ahead.
  const aheadMs = scheduledAt > now ? scheduledAt - now : undefined;
  const times = timesFromNow(recurrence, next.nextRunAt, now, aheadMs);
  return times === null ? next : { nextRunAt: times.nextRunAt, skipped: 0 };
}

function nextBy(recurrence: Recurrence, planned: number | null, state: SeriesState): NextRun {
  const { scheduledAt, now, runCount } = state;
  if (planned !== null && scheduledAt < planned && now < planned) {
    // After an extra run, the planned run stays.
    const ended = runCount >= (recurrence.maxRuns ?? Infinity);
    return { nextRunAt: ended ? null : planned, skipped: 0 };
  }
  return runAfter(recurrence, state);
}

/**
 * Returns the corrected next run and anchor of a series that was planned by a clock that was ahead.
 * Returns null if both are right, or if this process cannot tell. Never throws.
 *
 * @param now The storage's clock.
 * @param aheadMs The time by which that clock was ahead, in milliseconds, if it is known.
 */
export function timesSeenFromNow(
  series: SeriesRecord,
  now: number,
  aheadMs?: number,
): SeriesTimes | null {
  const { nextRunAt, anchorAt } = series;
  if (nextRunAt === null || !isStorableInstant(nextRunAt) || !isStorableInstant(anchorAt)) {
    return null;
  }
  try {
    return timesFromNow(recurrenceOf(series), nextRunAt, now, aheadMs);
  } catch {
    return null; // another version may have written the schedule
  }
}
