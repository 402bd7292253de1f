// Reads the schedule of a series from the column RecurringTask. Returns schedules of this library
// unchanged, and converts those of EverTask for .NET (upstream).

import type { SeriesRecord } from "../../src/storage/records.ts";
import { fromUpstreamSchedule, isUpstreamSchedule } from "../../src/schedule/upstream_schedule.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";

/** The schedule of a series, with the limits that upstream stores within the schedule's text. */
export type Schedule =
  & Pick<SeriesRecord, "schedule" | "unreadable">
  & Partial<Pick<SeriesRecord, "maxRuns" | "runUntil">>;

/** The beginning of nearly all schedules of this library. */
const ours = '{"kind":';

/**
 * Reads a schedule.
 *
 * @param createdAt The instant at which the series was dispatched, in epoch milliseconds.
 */
export function readSchedule(stored: string | null, createdAt: number): Schedule {
  const schedule = stored ?? "";
  if (schedule.startsWith(ours)) return { schedule };
  try {
    const json: unknown = JSON.parse(schedule);
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
    if (isObject && !isUpstreamSchedule(json)) return { schedule };
    const { maxRuns, runUntil, ...rhythm } = fromUpstreamSchedule(json, createdAt);
    return {
      schedule: JSON.stringify(rhythm),
      ...maxRuns === undefined ? {} : { maxRuns },
      ...runUntil === undefined ? {} : { runUntil },
    };
  } catch (error) {
    return { schedule, unreadable: `${messageOf(error)} ${remedy}` };
  }
}

const remedy =
  "EverTask for .NET stored this schedule, and this library has no equivalent: dispatch the series " +
  "again, with its task key if it has one.";
