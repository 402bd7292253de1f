// The steps of the fluent builder as types: each offers only what makes sense after the steps
// before it, so that an impossible schedule does not compile. None has a method named `then`: a
// builder that is awaited must stay a builder. The member `missing` is a text that the compiler
// shows where a schedule is not complete.

import type { Duration } from "../time/duration.ts";
import type { Instant } from "../time/instant.ts";
import type { MisfirePolicy, Recurrence, Weekday } from "./recurrence.ts";

/**
 * What `r` is in `recurring: (r) => …`: says when the first run is, or begins with the rhythm at
 * once.
 */
export interface RecurringBuilder extends RhythmBuilder {
  /**
   * Only makes a chain read well: `r.schedule().every(5).minutes()`. The first run is the first
   * occurrence.
   */
  schedule(): RhythmBuilder;
  /** Runs once right away, then as the rhythm says. That run counts for `maxRuns`. */
  runNow(): FirstRunBuilder;
  /**
   * Runs once after a delay, then as the rhythm says, counted from that run.
   *
   * @throws {InvalidArgumentError} If the delay is negative or no duration.
   */
  runDelayed(delay: Duration): FirstRunBuilder;
  /**
   * Runs once at an instant, then as the rhythm says, counted from that instant. If it is past at
   * the registration, the first run is the next occurrence of that rhythm.
   *
   * @throws {InvalidArgumentError} If it is not an instant.
   */
  runAt(instant: Instant): FirstRunBuilder;
}

/** After the first run was settled. */
export interface FirstRunBuilder {
  /** Why this is not a schedule yet. */
  readonly missing: "a rhythm, as in runNow().andThen().everyDay()";
  /** Goes on to the rhythm. */
  andThen(): RhythmBuilder;
}

/** Chooses the rhythm. */
export interface RhythmBuilder {
  /** Why this is not a schedule yet. */
  readonly missing: "a rhythm, as in everyDay()";
  /**
   * Every `count` units: `every(5).minutes()`.
   *
   * @throws {InvalidScheduleError} If it is not a whole number of at least 1.
   */
  every(count: number): UnitBuilder;
  /** Every second. */
  everySecond(): BuiltRecurrence;
  /** Every minute, at the second of the first run unless `atSecond` pins it. */
  everyMinute(): MinuteBuilder;
  /** Every hour, at the minute of the first run unless `atMinute` pins it. */
  everyHour(): HourBuilder;
  /** Every day, at the time of the first run unless `atTime` pins it. */
  everyDay(): DayBuilder;
  /** Every week, on the weekday of the first run unless `onDays` pins it. */
  everyWeek(): WeekBuilder;
  /** Every month, on the day of the first run unless `onDay` and the like pin it. */
  everyMonth(): MonthBuilder;
  /** Every day at these hours, 0 to 23; on the hour, unless `atMinute` says otherwise. */
  onHours(...hours: [number, ...number[]]): HoursBuilder;
  /** Every week on these days; at midnight, unless `atTime` says otherwise. */
  onDays(...weekdays: [Weekday, ...Weekday[]]): DayBuilder;
  /**
   * Every year in these months, 1 to 12; on the first at midnight, unless `onDay` and `atTime` say
   * otherwise.
   */
  onMonths(...months: [number, ...number[]]): MonthBuilder;
  /**
   * A cron expression of 5 fields, or of 6 with the seconds first; or a nickname such as `@daily`.
   *
   * @throws {InvalidScheduleError} If it is malformed; the error has the `position`.
   */
  cron(expression: string, options?: CronBuilderOptions): BuiltRecurrence;
}

/** Options of `cron`. */
export interface CronBuilderOptions {
  /**
   * If both the day of the month and the day of the week are given: a day that matches either runs,
   * as in POSIX, or only one that matches both.
   *
   * @default "either"
   */
  readonly dayMatch?: "either" | "both";
}

/** After `every(n)`. */
export interface UnitBuilder {
  /** Why this is not a schedule yet. */
  readonly missing: "a unit, as in every(5).minutes()";
  /** Counts seconds of elapsed time. */
  seconds(): BuiltRecurrence;
  /** Counts minutes of elapsed time. */
  minutes(): MinuteBuilder;
  /** Counts hours of elapsed time. */
  hours(): HourBuilder;
  /** Counts days in the calendar of the zone. */
  days(): DayBuilder;
  /** Counts weeks, which begin on Monday. */
  weeks(): WeekBuilder;
  /** Counts months. */
  months(): MonthBuilder;
}

/** The result of a function that builds a schedule. */
export interface CompleteSchedule {
  /** The schedule is complete. */
  readonly missing: "nothing";
}

/** A complete schedule, which may still get a zone and limits. */
export interface BuiltRecurrence extends CompleteSchedule {
  /**
   * The IANA time zone of daily and coarser rhythms, of pinned times and of cron expressions.
   *
   * When its clocks are changed: a local time that they skip runs at the first instant after the
   * gap; one that occurs twice runs once, at the first. A cron expression with a `*`, a range or a
   * step in its hour, minute or second is an interval and runs in both passes. Intervals of
   * seconds, minutes and hours count elapsed time and are not disturbed.
   *
   * @default "UTC"
   * @throws {InvalidScheduleError} If this runtime does not know it.
   */
  inTimeZone(name: string): BuiltRecurrence;
  /** No run at or after this instant. */
  runUntil(instant: Instant): BuiltRecurrence;
  /** Ends the series after this many real runs; skipped occurrences do not count. */
  maxRuns(count: number): BuiltRecurrence;
  /**
   * What happens to occurrences that were missed during downtime or a long run.
   *
   * @default "skip"
   */
  onMisfire(policy: MisfirePolicy): BuiltRecurrence;
  /** The schedule as plain data. */
  toRecurrence(): Recurrence;
  /** The schedule as a sentence: "every 2 days at 09:00 Europe/Rome, at most 10 runs". */
  toString(): string;
}

/** Minutes: the second can be pinned. */
export interface MinuteBuilder extends BuiltRecurrence {
  /** At this second of the minute, 0 to 59. */
  atSecond(second: number): BuiltRecurrence;
}

/** Hours: minute and second can be pinned. */
export interface HourBuilder extends MinuteBuilder {
  /** At this minute of the hour, 0 to 59; at second 0, unless `atSecond` says otherwise. */
  atMinute(minute: number): MinuteBuilder;
}

/** Listed hours: minute and second can be pinned. */
export interface HoursBuilder extends BuiltRecurrence {
  /** At this minute of each hour, 0 to 59. */
  atMinute(minute: number): MinuteBuilder;
}

/** Days: the times can be pinned. */
export interface DayBuilder extends BuiltRecurrence {
  /** At this time of day: `"09:00"` or `"09:00:30"`. */
  atTime(time: string): BuiltRecurrence;
  /** At each of these times of day. */
  atTimes(...times: [string, ...string[]]): BuiltRecurrence;
}

/** Weeks: the weekdays and the times can be pinned. */
export interface WeekBuilder extends DayBuilder {
  /** On this day; at midnight, unless `atTime` says otherwise. */
  onDay(weekday: Weekday): DayBuilder;
  /** On each of these days. */
  onDays(...weekdays: [Weekday, ...Weekday[]]): DayBuilder;
  /** From Monday to Friday. */
  onWeekdays(): DayBuilder;
  /** On Saturday and Sunday. */
  onWeekends(): DayBuilder;
}

/** Months: the days and the times can be pinned. Without a time it is midnight. */
export interface MonthBuilder extends DayBuilder {
  /** On this day of the month, 1 to 31; the last day of a shorter month. */
  onDay(day: number): DayBuilder;
  /** On each of these days of the month. */
  onDays(...days: [number, ...number[]]): DayBuilder;
  /** On the first such weekday of the month. */
  onFirst(weekday: Weekday): DayBuilder;
  /** On the last such weekday of the month. */
  onLast(weekday: Weekday): DayBuilder;
  /** On the n-th such weekday of the month; months without a fifth one are passed over. */
  onNth(nth: 1 | 2 | 3 | 4 | 5, weekday: Weekday): DayBuilder;
  /** On the first day of the month from Monday to Friday. */
  onFirstWeekday(): DayBuilder;
  /** On the last day of the month from Monday to Friday. */
  onLastWeekday(): DayBuilder;
}
