// Plans the stored fields of a series: the schedule as canonical JSON, its anchor, its limits and
// its first run.

import { InvalidArgumentError } from "../guards/errors.ts";
import { type RecurringInput, toRecurrence } from "../schedule/builder.ts";
import { describeRecurrence } from "../schedule/describe_recurrence.ts";
import { anchorOf, firstRun } from "../schedule/series.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { NewSeries } from "../storage/requests.ts";

/**
 * A schedule never runs: its first run would be after its `runUntil` or after the year 9999.
 */
export class NoRunLeftError extends InvalidArgumentError {
  readonly #runUntil: number | undefined;

  constructor(info: string, runUntil: number | undefined) {
    super("recurring", info, "have a first run before its runUntil and before the year 10000");
    this.#runUntil = runUntil;
  }

  /**
   * Reports whether a stored task is this series, and either has no next run or ends at the same
   * `runUntil`. A program may dispatch the series at each start, even after the series has ended.
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
  // Limits have their own columns. A change of a limit therefore does not change the schedule's
  // JSON, and the planned runs stay. The misfire policy is part of the JSON, so a change of it
  // plans the runs again.
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
