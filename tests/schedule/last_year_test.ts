// Tests that every series ends in the year 9999, the last year that all stores support.

import { assertEquals, assertThrows } from "@std/assert";
import { planSeries } from "../../src/dispatch/series_plan.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { type RecurringInput, toRecurrence } from "../../src/schedule/builder.ts";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import { nextOccurrence, skipTo } from "../../src/schedule/next_occurrence.ts";
import { countOccurrences, runAfter } from "../../src/schedule/series.ts";
import { registered, runs, utc } from "./support.ts";

const lastRuns: [schedule: RecurringInput, registered: string, runs: string[]][] = [
  [(r) => r.every(20).seconds(), "9999-12-31 23:59:30", ["9999-12-31 23:59:50"]],
  [(r) => r.everyMinute().atSecond(5), "9999-12-31 23:58:30", ["9999-12-31 23:59:05"]],
  [(r) => r.everyHour().atMinute(30), "9999-12-31 23:00", ["9999-12-31 23:30"]],
  [(r) => r.everyDay(), "9999-12-30 12:00", ["9999-12-31 12:00"]],
  [(r) => r.everyWeek().onDay("Friday"), "9999-12-30", ["9999-12-31 00:00"]],
  [(r) => r.everyMonth().onDay(31), "9999-12-30", ["9999-12-31 00:00"]],
  [(r) => r.onMonths(1, 12), "9999-11-30", ["9999-12-01 00:00"]],
  ["59 23 * * *", "9999-12-31", ["9999-12-31 23:59"]],
  ["0 0 29 2 *", "9990-01-01", ["9992-02-29 00:00", "9996-02-29 00:00"]],
  [(r) => r.everyDay().atTime("01:00").inTimeZone("Pacific/Kiritimati"), "9999-12-31", [
    "9999-12-31 11:00",
  ]],
  [(r) => r.everyDay().atTime("23:00").inTimeZone("Pacific/Midway"), "9999-12-30 12:00", [
    "9999-12-31 10:00",
  ]],
  [(r) => r.runNow().andThen().everyDay(), "9999-12-31 12:00", []],
];

for (const [schedule, at, expected] of lastRuns) {
  const { kind } = toRecurrence(schedule);
  Deno.test(`a series of kind ${kind} from ${at} ends in the year 9999: ${schedule}`, () => {
    assertEquals(runs(schedule, at, 5).filter((run) => run > at), expected);
    const recurrence = registered(schedule, at);
    const end = utc("+012000-01-01");
    assertEquals(countOccurrences(recurrence, utc(at), end, utc(at)), expected.length);
    const lastRun = { scheduledAt: utc(expected.at(-1) ?? at), now: utc("9999-12-31 23:59:59") };
    assertEquals(runAfter(recurrence, { ...lastRun, runCount: 1 }).nextRunAt, null);
  });
}

Deno.test("a series without a run before the year 10000 is rejected", () => {
  const schedules: RecurringInput[] = [
    (r) => r.every(100_000_000).hours(),
    (r) => r.every(100_000_000).months(),
  ];
  for (const schedule of schedules) {
    const error = assertThrows(() => planSeries(schedule, utc("2026-01-01")), InvalidArgumentError);
    assertEquals(error.argument, "recurring");
  }
});

Deno.test("no schedule contains an instant after the year 9999", () => {
  const beyond = utc("+010000-01-01");
  const daily = { kind: "calendar", every: 1, unit: "days" } as const;
  assertThrows(() => toRecurrence({ ...daily, runUntil: beyond }), InvalidScheduleError);
  const start = { mode: "runAt", at: beyond } as const;
  assertThrows(() => toRecurrence({ ...daily, start }), InvalidScheduleError);
  assertEquals(nextOccurrence(daily, new Date(beyond - 1)), null);
  assertEquals(skipTo(daily, new Date(beyond - 1), new Date(beyond - 1)).next, null);
});
