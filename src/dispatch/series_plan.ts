// What is stored for a recurring dispatch: the schedule as canonical text, its anchor, its limits and its first run.

import { InvalidArgumentError } from "../errors.ts";
import { type RecurringInput, toRecurrence } from "../schedule/builder.ts";
import { describeRecurrence } from "../schedule/describe_recurrence.ts";
import { anchorOf, firstRun } from "../schedule/series.ts";
import type { NewSeries } from "../storage/requests.ts";

/**
 * Plans a new series.
 *
 * @param now The storage's clock.
 * @throws {InvalidScheduleError} If the schedule is invalid.
 * @throws {InvalidArgumentError} If it would never run.
 */
export function planSeries(recurring: RecurringInput, now: number): NewSeries {
  const recurrence = toRecurrence(recurring);
  const nextRunAt = firstRun(recurrence, now);
  const info = describeRecurrence(recurrence);
  if (nextRunAt === null) {
    throw new InvalidArgumentError("recurring", info, "have a first run before its runUntil");
  }
  // Limits have columns of their own: changing them leaves the rhythm, which the text stands for, as it is.
  const { maxRuns = null, runUntil = null, anchor = anchorOf(recurrence, now), ...rhythm } =
    recurrence;
  return {
    schedule: JSON.stringify(rhythm),
    info,
    anchorAt: anchor,
    maxRuns,
    runUntil,
    nextRunAt,
  };
}
