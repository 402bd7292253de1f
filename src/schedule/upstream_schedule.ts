// Converts schedules of upstream, the .NET library, which stores a RecurringTask as JSON, with one
// kind of interval. Series of adopted tables run by the meaning of these schedules. Upstream's
// algorithm for the next run is not used.

import * as check from "./checks.ts";
import { InvalidScheduleError } from "./errors.ts";
import { parseRecurrence, type Recurrence, type Weekday } from "./recurrence.ts";
import { formatTimeOfDay } from "./time_text.ts";

/** An unchecked recurrence. */
type Draft = Readonly<Record<string, unknown>>;

/** Converts an interval to a recurrence. `startedAt` is the start of the series. */
type Translate = (interval: check.Fields, startedAt: number) => Draft;

const translators: Readonly<Record<string, Translate>> = {
  SecondInterval: (interval) => ({ kind: "interval", unit: "seconds", every: every(interval) }),
  MinuteInterval: minutes,
  HourInterval: hours,
  DayInterval: days,
  WeekInterval: weeks,
  MonthInterval: months,
};

/** The names of all properties by their lower-case form, because upstream ignores case. */
const names = new Map(
  [
    ...["RunNow", "InitialDelay", "SpecificRunTime", "MaxRuns", "RunUntil", "CronInterval"],
    ...Object.keys(translators),
    ...["CronExpression", "Interval", "OnSecond", "OnMinute", "OnHours", "OnTimes"],
    ...["OnDay", "OnDays", "OnFirst", "OnMonths"],
  ].map((name) => [name.toLowerCase(), name]),
);

/** In the order of System.DayOfWeek. */
const weekdays: readonly Weekday[] = [
  ...["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const,
];

/** Reports whether data is a schedule of upstream, not a schedule of this library. */
export function isUpstreamSchedule(json: object): boolean {
  const members = Object.keys(json).map((name) => names.get(name.toLowerCase()) ?? "");
  return members.some((name) => name === "RunNow" || name.endsWith("Interval"));
}

/**
 * Converts a schedule of upstream to a recurrence.
 *
 * @param createdAt The instant at which the series was dispatched, in epoch milliseconds.
 * @throws {InvalidScheduleError} If there is no equivalent recurrence.
 */
export function fromUpstreamSchedule(json: unknown, createdAt: number): Recurrence {
  const task = check.Fields.of(canonical(json), "RecurringTask");
  task.optional("RunNow", (value) => value);
  const delayMs = task.optional("InitialDelay", timeSpan) ?? 0;
  const startedAt = task.optional("SpecificRunTime", instant) ?? createdAt + delayMs;
  const limits = {
    maxRuns: task.optional("MaxRuns", number(1, 2 ** 31 - 1)),
    runUntil: task.optional("RunUntil", instant),
  };
  const draft = translate(task, startedAt);
  task.refuseOthers();
  return parseRecurrence({ ...draft, ...limits });
}

function translate(task: check.Fields, startedAt: number): Draft {
  const cron = task.optional("CronInterval", cronExpression);
  const intervals = Object.keys(translators).flatMap((name) => {
    const interval = task.optional(name, check.Fields.of);
    return interval === undefined ? [] : [{ name, interval }];
  });
  // Upstream requires both day fields to match, and a cron expression overrides all other
  // intervals.
  if (cron !== undefined) return { kind: "cron", expression: cron, dayMatch: "both" };
  const [only, ...others] = intervals;
  if (only === undefined || others.length > 0) {
    const found = intervals.map(({ name }) => name).join(", ");
    throw new InvalidScheduleError("RecurringTask", found, "have an interval of exactly one kind");
  }
  const draft = translators[only.name]!(only.interval, startedAt);
  only.interval.refuseOthers();
  return draft;
}

function minutes(interval: check.Fields): Draft {
  const second = interval.optional("OnSecond", number(0, 59));
  // Upstream writes 0 if the schedule sets no second.
  const pinned = second === 0 ? undefined : second;
  return { kind: "interval", unit: "minutes", every: every(interval), second: pinned };
}

function hours(interval: check.Fields): Draft {
  const listed = list(interval, "OnHours", number(0, 23));
  const minute = interval.optional("OnMinute", number(0, 59));
  const second = interval.optional("OnSecond", number(0, 59));
  if (listed === undefined) {
    return { kind: "interval", unit: "hours", every: every(interval), minute, second };
  }
  each(interval, "OnHours");
  const times = listed.map((hour) => formatTimeOfDay(hour, minute ?? 0, second ?? 0));
  return { kind: "calendar", unit: "days", every: 1, times };
}

function days(interval: check.Fields): Draft {
  const listed = list(interval, "OnDays", weekday);
  const times = timesOf(interval);
  if (listed === undefined) {
    return { kind: "calendar", unit: "days", every: every(interval, 1), times };
  }
  each(interval, "OnDays");
  return { kind: "calendar", unit: "weeks", every: 1, weekdays: listed, times };
}

function weeks(interval: check.Fields): Draft {
  const listed = list(interval, "OnDays", weekday);
  const count = interval.optional("Interval", number(listed === undefined ? 1 : 0, 100_000_000));
  const times = timesOf(interval);
  return { kind: "calendar", unit: "weeks", every: count || 1, weekdays: listed, times };
}

function months(interval: check.Fields, startedAt: number): Draft {
  const listed = list(interval, "OnMonths", number(1, 12));
  if (listed !== undefined) each(interval, "OnMonths");
  const day = interval.optional("OnDay", number(1, 31));
  const days = list(interval, "OnDays", number(1, 31)) ?? (day === undefined ? undefined : [day]);
  const first = interval.optional("OnFirst", weekday);
  const isPinned = days !== undefined || first !== undefined || listed !== undefined;
  const began = new Date(startedAt);
  return {
    kind: "calendar",
    unit: "months",
    every: listed === undefined ? every(interval) : 1,
    times: timesOf(interval) ?? [began.toISOString().slice(11, 19)],
    months: listed,
    monthWeekday: first === undefined ? undefined : { nth: 1, weekday: first },
    // The day of the start is fixed, so that the last day of a shorter month does not become the
    // day of all later months.
    monthDays: isPinned ? days : [began.getUTCDate()],
  };
}

/** Returns the number of units between runs. */
function every(interval: check.Fields, ifAbsent = 0): number {
  const count = interval.optional("Interval", number(0, 100_000_000)) ?? ifAbsent;
  return number(1, 100_000_000)(count, "Interval");
}

/**
 * Checks that a list applies to each day, week or year, because a recurrence cannot express
 * anything else.
 */
function each(interval: check.Fields, name: string): void {
  const count = interval.optional("Interval", number(0, 100_000_000)) ?? 0;
  if (count > 1) throw new InvalidScheduleError("Interval", count, `be 1 where ${name} are listed`);
}

/** Returns a non-empty list; undefined for an empty list, which has no effect. */
function list<T>(
  interval: check.Fields,
  name: string,
  item: check.Check<T>,
): readonly T[] | undefined {
  const found = interval.optional(name, (value) => value);
  if (found === undefined || Array.isArray(found) && found.length === 0) return undefined;
  return check.listOf(item, () => 0)(found, name);
}

/** Returns the times of day: midnight by default. An empty list sets no time. */
function timesOf(interval: check.Fields): readonly string[] | undefined {
  const times = interval.optional("OnTimes", (value) => value);
  if (times === undefined) return ["00:00"];
  if (Array.isArray(times) && times.length === 0) return undefined;
  return check.listOf(timeOfDay, () => 0)(times, "OnTimes");
}

/** Returns a time of day without the fraction of the second, which upstream also ignores. */
function timeOfDay(value: unknown, name: string): string {
  return check.text(value, name).replace(/\.\d+$/, "");
}

/** Accepts integers, also as strings. */
function number(min: number, max: number): check.Check<number> {
  const inRange = check.integer(min, max);
  return (value, name) =>
    inRange(typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value, name);
}

/** Parses a weekday from its number or its name. */
function weekday(value: unknown, name: string): Weekday {
  const named = weekdays.find((day) => day.toLowerCase() === String(value).toLowerCase());
  return named ?? weekdays[number(0, 6)(value, name)]!;
}

function cronExpression(value: unknown, name: string): string | undefined {
  const fields = check.Fields.of(value, name);
  const expression = fields.optional("CronExpression", check.text);
  fields.refuseOthers();
  return expression === "" ? undefined : expression;
}

function instant(value: unknown, name: string): number {
  const epochMs = Date.parse(check.text(value, name));
  if (!Number.isNaN(epochMs)) return epochMs;
  throw new InvalidScheduleError(name, value, "be an instant with an offset from UTC");
}

/** Parses a System.TimeSpan: `[d.]hh:mm:ss[.fffffff]`. */
function timeSpan(value: unknown, name: string): number {
  const text = check.text(value, name);
  const parts = /^(-?)(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.\d+)?$/.exec(text);
  if (parts === null) throw new InvalidScheduleError(name, value, "be a span such as 1.02:03:04");
  const [days, hours, minutes, seconds] = parts.slice(2).map((part) => Number(part ?? 0)) as [
    ...[number, number, number, number],
  ];
  const span = ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000;
  return parts[1] === "-" ? -span : span;
}

/** Returns the same data with canonical property names, and without properties that are null. */
function canonical(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const members = Object.entries(json).filter(([, value]) => value !== null);
  return Object.fromEntries(
    members.map(([name, value]) => [names.get(name.toLowerCase()) ?? name, canonical(value)]),
  );
}
