// Tests which uses of the fluent builder compile. `deno check` is the test: nothing here runs, and
// a missing expected error is an error.

import type {
  buildRecurrence,
  BuiltRecurrence,
  nextOccurrence,
  occurrences,
  skipTo,
} from "@evertask/evertask/schedule";
import type { Recurrence, RecurringInput } from "@evertask/evertask";

/** Whether two types are identical, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

same<ReturnType<typeof buildRecurrence>, Recurrence>();
same<ReturnType<typeof nextOccurrence>, Date | null>();
same<ReturnType<typeof occurrences>, Iterable<Date>>();
same<ReturnType<typeof skipTo>, { next: Date | null; skipped: number }>();

export const allowed: RecurringInput[] = [
  (r) => r.schedule().every(5).minutes().atSecond(30),
  (r) => r.runNow().andThen().every(2).hours().atMinute(15).atSecond(0),
  (r) => r.runDelayed({ minutes: 5 }).andThen().everySecond(),
  (r) => r.runAt(new Date(0)).andThen().everyDay().atTimes("09:00", "14:00"),
  (r) => r.every(2).weeks().onDays("Monday", "Friday").atTime("08:00").inTimeZone("Europe/Rome"),
  (r) => r.everyMonth().onLast("Friday").atTime("17:00").maxRuns(3),
  (r) => r.onMonths(1, 7).onDays(1, 15).onMisfire({ all: 3 }),
  (r) => r.onHours(9, 17).atMinute(30).runUntil("2027-01-01T00:00:00Z"),
  (r) => r.cron("0 9 * * MON-FRI", { dayMatch: "both" }).inTimeZone("Europe/Rome"),
  "0 9 * * *",
  { kind: "interval", every: 5, unit: "minutes" },
  { kind: "calendar", every: 1, unit: "weeks", weekdays: ["Monday"], times: ["09:00"] },
  { kind: "cron", expression: "@daily", misfire: "once" },
];

export const refused: RecurringInput[] = [
  // @ts-expect-error A schedule needs an interval or a calendar.
  (r) => r.schedule(),
  // @ts-expect-error A first run alone is not a schedule.
  (r) => r.runNow(),
  // @ts-expect-error A first run must be followed by andThen().
  (r) => r.runNow().every(5).minutes(),
  // @ts-expect-error There can be only one first run.
  (r) => r.runNow().andThen().runNow(),
  // @ts-expect-error A number needs a unit.
  (r) => r.every(5),
  // @ts-expect-error A schedule by second cannot pin the second.
  (r) => r.everySecond().atSecond(5),
  // @ts-expect-error A schedule by minutes cannot pin the minute.
  (r) => r.every(5).minutes().atMinute(5),
  // @ts-expect-error A schedule by hours has no time of day.
  (r) => r.everyHour().atTime("09:00"),
  // @ts-expect-error A schedule by days cannot pin only the second.
  (r) => r.everyDay().atSecond(5),
  // @ts-expect-error A schedule by days cannot pin the day.
  (r) => r.everyDay().onDay(5),
  // @ts-expect-error Days of a week are names, not numbers.
  (r) => r.everyWeek().onDays(1, 2),
  // @ts-expect-error Days of a month are numbers, not names.
  (r) => r.everyMonth().onDays("Monday"),
  // @ts-expect-error There is no such day.
  (r) => r.onDays("Funday"),
  // @ts-expect-error A list of hours cannot be empty.
  (r) => r.onHours(),
  // @ts-expect-error A list of times cannot be empty.
  (r) => r.everyDay().atTimes(),
  // @ts-expect-error The time can be pinned only once.
  (r) => r.everyDay().atTime("09:00").atTime("10:00"),
  // @ts-expect-error Days must be pinned before the time.
  (r) => r.everyMonth().atTime("09:00").onDay(5),
  // @ts-expect-error Days can be pinned in only one way.
  (r) => r.everyMonth().onDay(5).onLast("Friday"),
  // @ts-expect-error A cron expression cannot be combined with a time.
  (r) => r.cron("@daily").atTime("09:00"),
  // @ts-expect-error Limits come last.
  (r) => r.everyDay().maxRuns(5).atTime("09:00"),
  // @ts-expect-error There is no such policy.
  (r) => r.everyDay().onMisfire("all"),
  // @ts-expect-error Units are plural, as in the builder.
  { kind: "interval", every: 5, unit: "minute" },
  // @ts-expect-error An interval has no times of day.
  { kind: "interval", every: 5, unit: "hours", times: ["09:00"] },
];

/** A builder has no `then`, so that `await` does not call it. */
export type NoThen = "then" extends keyof BuiltRecurrence ? never : true;
export const noThen: NoThen = true;
