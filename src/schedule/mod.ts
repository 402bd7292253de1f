/**
 * Builds recurrences, parses them from data, and computes their occurrences.
 *
 * `everTask.dispatch` also takes a builder function, which needs no import from here.
 *
 * @example
 * ```ts
 * import { buildRecurrence, describeRecurrence, occurrences } from "@evertask/evertask/schedule";
 *
 * const weekdays = buildRecurrence((recurring) => recurring.cron("0 9 * * MON-FRI"));
 * console.log(describeRecurrence(weekdays));
 * const [first] = occurrences(weekdays, new Date("2026-01-01T00:00:00Z"));
 * console.log(first);
 * ```
 *
 * @module
 */
export { buildRecurrence } from "./builder.ts";
export type {
  BuiltRecurrence,
  CompleteSchedule,
  CronBuilderOptions,
  DayBuilder,
  FirstRunBuilder,
  HourBuilder,
  HoursBuilder,
  MinuteBuilder,
  MonthBuilder,
  RecurringBuilder,
  RhythmBuilder,
  UnitBuilder,
  WeekBuilder,
} from "./builder_stages.ts";
export { describeRecurrence } from "./describe_recurrence.ts";
export { nextOccurrence, occurrences, skipTo } from "./next_occurrence.ts";
export {
  type CalendarRecurrence,
  type CronRecurrence,
  type IntervalRecurrence,
  parseRecurrence,
  type RecurrenceOptions,
  type RecurrenceStart,
  type Weekday,
} from "./recurrence.ts";
