// Plans what a recurring dispatch stores: the schedule as canonical text, its anchor, its limits
// and its first run.

import { InvalidArgumentError } from "../guards/errors.ts";
import { type RecurringInput, toRecurrence } from "../schedule/builder.ts";
import { describeRecurrence } from "../schedule/describe_recurrence.ts";
import { anchorOf, firstRun } from "../schedule/series.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { NewSeries } from "../storage/requests.ts";

/** A schedule has no run: its `runUntil`, or the end of the year 9999, comes before the first. */
export class NoRunLeftError extends InvalidArgumentError {
  readonly #runUntil: number | undefined;

  constructor(info: string, runUntil: number | undefined) {
    super("recurring", info, "have a first run before its runUntil and before the year 10000");
    this.#runUntil = runUntil;
  }

  /**
   * Reports whether this stored task is the series, ended or about to end: a program that registers
   * it at each start may continue to do so.
   */
  concerns(task: TaskRecord | null): task is TaskRecord {
    const series = task?.series;
    return series != null && (series.nextRunAt === null || series.runUntil === this.#runUntil);
  }
}

/**
 * Plans a new series.
 *
 * @param now The storage's clock.
 * @throws {InvalidScheduleError} If the schedule is invalid.
 * @throws {NoRunLeftError} If it would never run.
 */
export function planSeries(recurring: RecurringInput, now: number): NewSeries {
  const recurrence = toRecurrence(recurring);
  const nextRunAt = firstRun(recurrence, now);
  const info = describeRecurrence(recurrence);
  if (nextRunAt === null) throw new NoRunLeftError(info, recurrence.runUntil);
  // Limits have columns of their own: a change of them keeps the rhythm, which the text describes.
  // The misfire policy is part of the text: a change of it restarts the rhythm.
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
