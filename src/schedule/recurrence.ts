// Recurring schedules as plain data, stored as JSON in the series' row. Created by the fluent
// builder or by hand, and checked by parseRecurrence.

import { earliestInstant, latestInstant } from "../time/instant.ts";
import * as check from "./checks.ts";
import { CronExpression } from "./cron_expression.ts";
import { InvalidScheduleError } from "./errors.ts";
import { parseTimeOfDay } from "./time_text.ts";
import { TimeZone } from "./time_zone.ts";

/** A day of the week, by its English name. */
export type Weekday =
  | "Monday"
  | "Tuesday"
  | "Wednesday"
  | "Thursday"
  | "Friday"
  | "Saturday"
  | "Sunday";

/** The days of the week, from Monday on as in ISO 8601. */
export const weekdays: readonly Weekday[] = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
];

/**
 * The policy for occurrences that were missed because no worker ran or a run took longer than the
 * interval:
 *
 * - `"skip"`: they are dropped, and the series continues with its next future occurrence.
 * - `"once"`: one run now replaces all of them, and the series continues on schedule.
 * - `{ all: max }`: the latest `max` of them run one after the other.
 *
 * An occurrence that is late, but whose successor is not due yet, always runs. An occurrence whose
 * run had begun was not missed. If the run was interrupted, was lost with its process, or waits for
 * a retry, it always runs again. If a running worker was too busy to start occurrences in time, at
 * least the latest occurrence runs. Without this rule, a series with a short interval would not run
 * at all during an overload.
 */
export type MisfirePolicy = "skip" | "once" | { readonly all: number };

/** The first run of a series. All further runs follow the schedule. */
export type RecurrenceStart =
  | { readonly mode: "schedule" }
  | { readonly mode: "runNow" }
  | { readonly mode: "runDelayed"; readonly delayMs: number }
  | { readonly mode: "runAt"; readonly at: number };

/** The options of every kind of recurrence. */
export interface RecurrenceOptions {
  /** The first run. @default { mode: "schedule" } */
  readonly start?: RecurrenceStart;
  /** The IANA time zone of fixed times and of cron expressions. @default "UTC" */
  readonly timeZone?: string;
  /** The policy for missed occurrences. @default "skip" */
  readonly misfire?: MisfirePolicy;
  /** The end of the series, exclusive, in epoch milliseconds. It also applies to the first run. */
  readonly runUntil?: number;
  /** The number of runs after which the series ends. Skipped occurrences do not count. */
  readonly maxRuns?: number;
  /**
   * The instant from which intervals are counted, in epoch milliseconds. Set at the registration of
   * the series, not by users.
   */
  readonly anchor?: number;
}

/** Every `every` seconds, minutes or hours of elapsed time; clock changes do not affect it. */
export interface IntervalRecurrence extends RecurrenceOptions {
  /** The kind of recurrence. */
  readonly kind: "interval";
  /** An integer of at least 1. */
  readonly every: number;
  /** The unit that `every` counts. */
  readonly unit: "seconds" | "minutes" | "hours";
  /** The second of the minute, 0 to 59; for minutes and hours. @default the second of the anchor */
  readonly second?: number;
  /**
   * The minute of the hour, 0 to 59; for hours. If it is set, `second` is 0 by default. @default
   * the minute of the anchor
   */
  readonly minute?: number;
}

/**
 * Every `every` days, weeks or months in the calendar of the time zone. Days and times that are not
 * set are those of the anchor. But if a day is set, the default time is midnight, and if months are
 * set, the default day is the 1st.
 */
export interface CalendarRecurrence extends RecurrenceOptions {
  /** The kind of recurrence. */
  readonly kind: "calendar";
  /** An integer of at least 1. Weeks begin on Monday. */
  readonly every: number;
  /** The unit that `every` counts. */
  readonly unit: "days" | "weeks" | "months";
  /** Times of day, `HH:MM` or `HH:MM:SS`. */
  readonly times?: readonly string[];
  /** The weekdays, for weeks. */
  readonly weekdays?: readonly Weekday[];
  /**
   * The days of the month, for months: 1 to 31. In a month without such a day, the last day is
   * used.
   */
  readonly monthDays?: readonly number[];
  /**
   * The n-th weekday, for months: "the first Monday", "the last Friday". Months without a fifth
   * such weekday are skipped.
   */
  readonly monthWeekday?: {
    readonly nth: 1 | 2 | 3 | 4 | 5 | "last";
    readonly weekday: Weekday;
  };
  /** The first or the last day from Monday to Friday, for months. */
  readonly workday?: "first" | "last";
  /** The months of the year, 1 to 12, for `every: 1` months. */
  readonly months?: readonly number[];
}

/** A cron expression of 5 fields, or of 6 with the seconds first. */
export interface CronRecurrence extends RecurrenceOptions {
  /** The kind of recurrence. */
  readonly kind: "cron";
  /** The expression as it was written. */
  readonly expression: string;
  /**
   * The rule for expressions with both a day of the month and a day of the week: a day must match
   * either, as in POSIX, or both.
   *
   * @default "either"
   */
  readonly dayMatch?: "either" | "both";
}

/** A recurring schedule as plain data. */
export type Recurrence = IntervalRecurrence | CalendarRecurrence | CronRecurrence;

const weekday = check.oneOf(weekdays);
const upTo59 = check.integer(0, 59);
const everyCheck = check.integer(1, 100_000_000);
const epoch = check.integer(earliestInstant, latestInstant);

/**
 * Checks a recurrence from a row or a user, and normalizes it: arrays are sorted and without
 * duplicates, and default values are removed.
 *
 * @throws {InvalidScheduleError} If `json` is not a recurrence. The message names the invalid
 * value.
 */
export function parseRecurrence(json: unknown): Recurrence {
  const fields = check.Fields.of(json, "recurrence");
  const kind = fields.required("kind", check.oneOf(["interval", "calendar", "cron"]));
  const recurrence = kind === "interval"
    ? parseInterval(fields)
    : kind === "calendar"
    ? parseCalendar(fields)
    : parseCron(fields);
  const parsed = withoutUndefined({ ...recurrence, ...parseOptions(fields) }) as Recurrence;
  fields.refuseOthers();
  return parsed;
}

function parseInterval(fields: check.Fields): object {
  const unit = fields.required("unit", check.oneOf(["seconds", "minutes", "hours"]));
  return {
    kind: "interval",
    every: fields.required("every", everyCheck),
    unit,
    minute: unit === "hours" ? fields.optional("minute", upTo59) : undefined,
    second: unit === "seconds" ? undefined : fields.optional("second", upTo59),
  };
}

function parseCalendar(fields: check.Fields): object {
  const unit = fields.required("unit", check.oneOf(["days", "weeks", "months"]));
  const every = fields.required("every", everyCheck);
  const common = {
    kind: "calendar",
    every,
    unit,
    times: fields.optional("times", check.listOf(parseTimeOfDay, inOrder)),
  };
  if (unit === "days") return common;
  if (unit === "weeks") {
    const order = (a: Weekday, b: Weekday) => weekdays.indexOf(a) - weekdays.indexOf(b);
    return { ...common, weekdays: fields.optional("weekdays", check.listOf(weekday, order)) };
  }
  const days = {
    monthDays: fields.optional("monthDays", check.listOf(check.integer(1, 31), inOrder)),
    monthWeekday: fields.optional("monthWeekday", parseMonthWeekday),
    workday: fields.optional("workday", check.oneOf(["first", "last"])),
  };
  const [, surplus] = Object.entries(days).filter(([, value]) => value !== undefined);
  if (surplus !== undefined) {
    const [name, value] = surplus;
    throw new InvalidScheduleError(
      name,
      value,
      "be left out: a month's days are pinned by only one of monthDays, monthWeekday and workday",
    );
  }
  const months = fields.optional("months", check.listOf(check.integer(1, 12), inOrder));
  if (months !== undefined && every !== 1) {
    throw new InvalidScheduleError("every", every, "be 1 if months are listed");
  }
  return { ...common, ...days, months };
}

function parseMonthWeekday(value: unknown, name: string): CalendarRecurrence["monthWeekday"] {
  const fields = check.Fields.of(value, name);
  const parsed = {
    nth: fields.required("nth", check.oneOf([1, 2, 3, 4, 5, "last"])),
    weekday: fields.required("weekday", weekday),
  };
  fields.refuseOthers();
  return parsed;
}

function parseCron(fields: check.Fields): object {
  const dayMatch = fields.optional("dayMatch", check.oneOf(["either", "both"]));
  const expression = fields.required("expression", check.text);
  CronExpression.of(expression, dayMatch ?? "either");
  return { kind: "cron", expression, dayMatch: dayMatch === "either" ? undefined : dayMatch };
}

function parseOptions(fields: check.Fields): Record<keyof RecurrenceOptions, unknown> {
  const start = fields.optional("start", parseStart);
  const timeZone = fields.optional(
    "timeZone",
    (value, name) => TimeZone.of(check.text(value, name)).name,
  );
  const misfire = fields.optional("misfire", parseMisfire);
  return {
    start: start?.mode === "schedule" ? undefined : start,
    timeZone: timeZone === "UTC" ? undefined : timeZone,
    misfire: misfire === "skip" ? undefined : misfire,
    runUntil: fields.optional("runUntil", epoch),
    maxRuns: fields.optional("maxRuns", check.integer(1, 2 ** 31 - 1)),
    anchor: fields.optional("anchor", epoch),
  };
}

function parseStart(value: unknown, name: string): RecurrenceStart {
  const fields = check.Fields.of(value, name);
  const mode = fields.required("mode", check.oneOf(["schedule", "runNow", "runDelayed", "runAt"]));
  const parsed: RecurrenceStart = mode === "runDelayed"
    ? { mode, delayMs: fields.required("delayMs", check.integer(0, 8.64e15)) }
    : mode === "runAt"
    ? { mode, at: fields.required("at", epoch) }
    : { mode };
  fields.refuseOthers();
  return parsed;
}

function parseMisfire(value: unknown, name: string): MisfirePolicy {
  if (value === "skip" || value === "once") return value;
  if (typeof value !== "object" || value === null) {
    throw new InvalidScheduleError(name, value, 'be "skip", "once" or { all: max }');
  }
  const fields = check.Fields.of(value, name);
  const parsed = { all: fields.required("all", check.integer(1, 1_000_000)) };
  fields.refuseOthers();
  return parsed;
}

function inOrder(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withoutUndefined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
