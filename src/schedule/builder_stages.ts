// The types of the fluent builder's steps. Each step has only the methods that make sense after the
// previous steps, so that an impossible schedule does not compile. No step has a method `then`,
// because `await` would call it. The compiler shows the property `missing` in its error for an
// incomplete schedule.

import type { Duration } from "../time/duration.ts";
import type { Instant } from "../time/instant.ts";
import type { MisfirePolicy, Recurrence, Weekday } from "./recurrence.ts";

/**
 * The argument `r` of `recurring: (r) => …`. Chooses the first run, or directly the schedule of all
 * runs.
 */
export interface RecurringBuilder extends RhythmBuilder {
  /**
   * Has no effect, but may make a chain easier to read: `r.schedule().every(5).minutes()`. The
   * first run is the first occurrence.
   */
  schedule(): RhythmBuilder;
  /** Runs once immediately, and then on the schedule. The first run counts for `maxRuns`. */
  runNow(): FirstRunBuilder;
  /**
   * Runs once after a delay, and then on the schedule, counted from that run.
   *
   * @throws {InvalidArgumentError} If the delay is negative or not a duration.
   */
  runDelayed(delay: Duration): FirstRunBuilder;
  /**
   * Runs once at an instant, and then on the schedule, counted from that instant. If the instant is
   * past at the registration, the first run is the next occurrence of the schedule.
   *
   * @throws {InvalidArgumentError} If `instant` is not a valid instant.
   */
  runAt(instant: Instant): FirstRunBuilder;
}

/** The step after the choice of the first run. */
export interface FirstRunBuilder {
  /** The missing part of the schedule, for the compiler's error. */
  readonly missing: "a rhythm, as in runNow().andThen().everyDay()";
  /** Continues with the schedule of the other runs. */
  andThen(): RhythmBuilder;
}

/** Chooses the interval or the days of the schedule. */
export interface RhythmBuilder {
  /** The missing part of the schedule, for the compiler's error. */
  readonly missing: "a rhythm, as in everyDay()";
  /**
   * Every `count` units: `every(5).minutes()`.
   *
   * @throws {InvalidScheduleError} If `count` is not an integer of at least 1.
   */
  every(count: number): UnitBuilder;
  /** Every second. */
  everySecond(): BuiltRecurrence;
  /** Every minute, at the second of the first run unless `atSecond` sets it. */
  everyMinute(): MinuteBuilder;
  /** Every hour, at the minute of the first run unless `atMinute` sets it. */
  everyHour(): HourBuilder;
  /** Every day, at the time of the first run unless `atTime` sets it. */
  everyDay(): DayBuilder;
  /** Every week, on the weekday of the first run unless `onDays` sets it. */
  everyWeek(): WeekBuilder;
  /** Every month, on the day of the first run unless `onDay` or a similar method sets it. */
  everyMonth(): MonthBuilder;
  /** Every day at these hours, 0 to 23, at minute 0 unless `atMinute` sets it. */
  onHours(...hours: [number, ...number[]]): HoursBuilder;
  /** Every week on these days, at midnight unless `atTime` sets the time. */
  onDays(...weekdays: [Weekday, ...Weekday[]]): DayBuilder;
  /**
   * Every year in these months, 1 to 12, on the first day at midnight unless `onDay` and `atTime`
   * set them.
   */
  onMonths(...months: [number, ...number[]]): MonthBuilder;
  /**
   * A cron expression of 5 fields, of 6 fields with the seconds first, or a nickname such as
   * `@daily`.
   *
   * @throws {InvalidScheduleError} If the expression is malformed. The error's `position` is the
   * index of the first wrong character.
   */
  cron(expression: string, options?: CronBuilderOptions): BuiltRecurrence;
}

/** Options of `cron`. */
export interface CronBuilderOptions {
  /**
   * The effect of giving both a day of the month and a day of the week: runs on days that match
   * either, as in POSIX, or only on days that match both.
   *
   * @default "either"
   */
  readonly dayMatch?: "either" | "both";
}

/** The step after `every(n)`. */
export interface UnitBuilder {
  /** The missing part of the schedule, for the compiler's error. */
  readonly missing: "a unit, as in every(5).minutes()";
  /** Counts seconds of elapsed time. */
  seconds(): BuiltRecurrence;
  /** Counts minutes of elapsed time. */
  minutes(): MinuteBuilder;
  /** Counts hours of elapsed time. */
  hours(): HourBuilder;
  /** Counts days in the calendar of the time zone. */
  days(): DayBuilder;
  /** Counts weeks, which begin on Monday. */
  weeks(): WeekBuilder;
  /** Counts months. */
  months(): MonthBuilder;
}

/** The result of a function that builds a schedule. */
export interface CompleteSchedule {
  /** Nothing is missing. */
  readonly missing: "nothing";
}

/** A complete schedule, which may still get a time zone and limits. */
export interface BuiltRecurrence extends CompleteSchedule {
  /**
   * Sets the IANA time zone of days, weeks and months, of fixed times and of cron expressions.
   *
   * At a change of the clocks, a local time that is skipped runs at the first instant after the
   * gap, and a local time that occurs twice runs only the first time. A cron expression with a `*`,
   * a range or a step in its hour, minute or second is an interval, and runs both times. Intervals
   * of seconds, minutes and hours count elapsed time and are not affected.
   *
   * @default "UTC"
   * @throws {InvalidScheduleError} If this runtime does not know the time zone.
   */
  inTimeZone(name: string): BuiltRecurrence;
  /** Ends the series: no run is at or after this instant. */
  runUntil(instant: Instant): BuiltRecurrence;
  /** Ends the series after `count` runs. Skipped occurrences do not count. */
  maxRuns(count: number): BuiltRecurrence;
  /**
   * Sets the policy for occurrences that were missed during downtime or a long run.
   *
   * @default "skip"
   */
  onMisfire(policy: MisfirePolicy): BuiltRecurrence;
  /** Returns the schedule as plain data. */
  toRecurrence(): Recurrence;
  /** Returns the schedule as a sentence: "every 2 days at 09:00 Europe/Rome, at most 10 runs". */
  toString(): string;
}

/** A schedule by minutes, whose second can be set. */
export interface MinuteBuilder extends BuiltRecurrence {
  /** At this second of the minute, 0 to 59. */
  atSecond(second: number): BuiltRecurrence;
}

/** A schedule by hours, whose minute and second can be set. */
export interface HourBuilder extends MinuteBuilder {
  /** At this minute of the hour, 0 to 59, at second 0 unless `atSecond` sets it. */
  atMinute(minute: number): MinuteBuilder;
}

/** A schedule by listed hours, whose minute and second can be set. */
export interface HoursBuilder extends BuiltRecurrence {
  /** At this minute of each hour, 0 to 59. */
  atMinute(minute: number): MinuteBuilder;
}

/** A schedule by days, whose times can be set. */
export interface DayBuilder extends BuiltRecurrence {
  /** At this time of day: `"09:00"` or `"09:00:30"`. */
  atTime(time: string): BuiltRecurrence;
  /** At each of these times of day. */
  atTimes(...times: [string, ...string[]]): BuiltRecurrence;
}

/** A schedule by weeks, whose weekdays and times can be set. */
export interface WeekBuilder extends DayBuilder {
  /** On this day, at midnight unless `atTime` sets the time. */
  onDay(weekday: Weekday): DayBuilder;
  /** On each of these days. */
  onDays(...weekdays: [Weekday, ...Weekday[]]): DayBuilder;
  /** From Monday to Friday. */
  onWeekdays(): DayBuilder;
  /** On Saturday and Sunday. */
  onWeekends(): DayBuilder;
}

/**
 * A schedule by months, whose days and times can be set. If days or months are set, the default
 * time is midnight.
 */
export interface MonthBuilder extends DayBuilder {
  /** On this day of the month, 1 to 31, or the last day of a shorter month. */
  onDay(day: number): DayBuilder;
  /** On each of these days of the month. */
  onDays(...days: [number, ...number[]]): DayBuilder;
  /** On the first such weekday of the month. */
  onFirst(weekday: Weekday): DayBuilder;
  /** On the last such weekday of the month. */
  onLast(weekday: Weekday): DayBuilder;
  /** On the n-th such weekday of the month. Skips months without a fifth such weekday. */
  onNth(nth: 1 | 2 | 3 | 4 | 5, weekday: Weekday): DayBuilder;
  /** On the first day of the month from Monday to Friday. */
  onFirstWeekday(): DayBuilder;
  /** On the last day of the month from Monday to Friday. */
  onLastWeekday(): DayBuilder;
}
