/**
 * EverTask runs background work inside an application and keeps it in the application's own database.
 *
 * @module
 */
export { EverTaskError, InvalidArgumentError } from "./src/errors.ts";
export type { Duration, DurationParts } from "./src/time/duration.ts";
export type { Instant } from "./src/time/instant.ts";
export { type Clock, systemClock, type TimerOptions } from "./src/time/clock.ts";
export { buildRecurrence, type RecurringInput } from "./src/schedule/builder.ts";
export type {
  BuiltRecurrence,
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
} from "./src/schedule/builder_stages.ts";
export { describeRecurrence } from "./src/schedule/describe_recurrence.ts";
export { InvalidScheduleError } from "./src/schedule/errors.ts";
export { nextOccurrence, occurrences, skipTo } from "./src/schedule/next_occurrence.ts";
export {
  type CalendarRecurrence,
  type CronRecurrence,
  type IntervalRecurrence,
  type MisfirePolicy,
  parseRecurrence,
  type Recurrence,
  type RecurrenceOptions,
  type RecurrenceStart,
  type Weekday,
} from "./src/schedule/recurrence.ts";
export { type AuditLevel, auditLevels } from "./src/audit/audit_level.ts";
export { type TaskStatus, taskStatuses } from "./src/storage/task_status.ts";
export type { Storage } from "./src/storage/storage.ts";
export type * from "./src/storage/records.ts";
export type * from "./src/storage/requests.ts";
export * from "./src/storage/errors.ts";
