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

/** Exactly the same type, and not just assignable. */
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
  // @ts-expect-error A schedule needs a rhythm.
  (r) => r.schedule(),
  // @ts-expect-error A first run is not a rhythm.
  (r) => r.runNow(),
  // @ts-expect-error A first run is followed by andThen().
  (r) => r.runNow().every(5).minutes(),
  // @ts-expect-error There is only one first run.
  (r) => r.runNow().andThen().runNow(),
  // @ts-expect-error A number needs a unit.
  (r) => r.every(5),
  // @ts-expect-error A second has no finer field.
  (r) => r.everySecond().atSecond(5),
  // @ts-expect-error Minutes have no minute to pin.
  (r) => r.every(5).minutes().atMinute(5),
  // @ts-expect-error Hours have no time of day.
  (r) => r.everyHour().atTime("09:00"),
  // @ts-expect-error A day has no second of its own.
  (r) => r.everyDay().atSecond(5),
  // @ts-expect-error A day has no day to pin.
  (r) => r.everyDay().onDay(5),
  // @ts-expect-error A week's days have names.
  (r) => r.everyWeek().onDays(1, 2),
  // @ts-expect-error A month's days have numbers.
  (r) => r.everyMonth().onDays("Monday"),
  // @ts-expect-error There is no such day.
  (r) => r.onDays("Funday"),
  // @ts-expect-error A list of hours has at least one.
  (r) => r.onHours(),
  // @ts-expect-error A list of times has at least one.
  (r) => r.everyDay().atTimes(),
  // @ts-expect-error The time is pinned once.
  (r) => r.everyDay().atTime("09:00").atTime("10:00"),
  // @ts-expect-error Days are pinned before the time.
  (r) => r.everyMonth().atTime("09:00").onDay(5),
  // @ts-expect-error Days are pinned in one way only.
  (r) => r.everyMonth().onDay(5).onLast("Friday"),
  // @ts-expect-error Nothing is pinned on top of a cron expression.
  (r) => r.cron("@daily").atTime("09:00"),
  // @ts-expect-error Limits come last.
  (r) => r.everyDay().maxRuns(5).atTime("09:00"),
  // @ts-expect-error There is no such policy.
  (r) => r.everyDay().onMisfire("all"),
  // @ts-expect-error The units are named in the plural, as in the builder.
  { kind: "interval", every: 5, unit: "minute" },
  // @ts-expect-error An interval has no times of day.
  { kind: "interval", every: 5, unit: "hours", times: ["09:00"] },
];

/** An awaited builder must stay a builder: it has no `then`. */
export type NoThen = "then" extends keyof BuiltRecurrence ? never : true;
export const noThen: NoThen = true;
