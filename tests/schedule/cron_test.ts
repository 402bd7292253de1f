// Tests cron expressions: the meaning of each form, the positions in errors, and the differences
// from croner.

import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Cron } from "croner";
import fc from "fast-check";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import { toRecurrence } from "../../src/schedule/builder.ts";
import { runs, series, show, utc } from "./support.ts";

/** The reference instant: Tuesday, 10 March 2026, 12:00 UTC. */
const start = "2026-03-10 12:00";

const expressions: [expression: string, firstRuns: string][] = [
  ["*/20 * * * *", "2026-03-10 12:20, 2026-03-10 12:40, 2026-03-10 13:00"],
  ["*/20 * * * * *", "2026-03-10 12:00:20, 2026-03-10 12:00:40, 2026-03-10 12:01"],
  ["10/25 * * * *", "2026-03-10 12:10, 2026-03-10 12:35, 2026-03-10 13:10"],
  ["0 22-2 * * *", "2026-03-10 22:00, 2026-03-10 23:00, 2026-03-11 00:00"],
  ["0 22-2/2 * * *", "2026-03-10 22:00, 2026-03-11 00:00, 2026-03-11 02:00"],
  ["0 0 * * FRI-MON", "2026-03-13 00:00, 2026-03-14 00:00, 2026-03-15 00:00"],
  ["0 0 * * 5-7", "2026-03-13 00:00, 2026-03-14 00:00, 2026-03-15 00:00"],
  ["0 0 * * 0-7", "2026-03-11 00:00, 2026-03-12 00:00, 2026-03-13 00:00"],
  ["0 0 * * SUN-7", "2026-03-11 00:00, 2026-03-12 00:00, 2026-03-13 00:00"],
  ["0 0 * * 0-7/2", "2026-03-12 00:00, 2026-03-14 00:00, 2026-03-15 00:00"],
  ["0 0 * * 1-7/3", "2026-03-12 00:00, 2026-03-15 00:00, 2026-03-16 00:00"],
  ["0 0 * * 7-0", "2026-03-15 00:00, 2026-03-22 00:00, 2026-03-29 00:00"],
  ["0 0 * * 07", "2026-03-15 00:00, 2026-03-22 00:00, 2026-03-29 00:00"],
  ["0 0 * * 04", "2026-03-12 00:00, 2026-03-19 00:00, 2026-03-26 00:00"],
  ["0 0 * * 5/1", "2026-03-13 00:00, 2026-03-14 00:00, 2026-03-20 00:00"],
  ["0 0 * * 7/2", "2026-03-12 00:00, 2026-03-14 00:00, 2026-03-15 00:00"],
  ["0 0 * * 1/2", "2026-03-11 00:00, 2026-03-13 00:00, 2026-03-16 00:00"],
  ["0 0 * * 1-7/2", "2026-03-11 00:00, 2026-03-13 00:00, 2026-03-15 00:00"],
  ["0 0 */2 * MON", "2026-03-11 00:00, 2026-03-13 00:00, 2026-03-15 00:00"],
  ["0 0 * * 7-1", "2026-03-15 00:00, 2026-03-16 00:00, 2026-03-22 00:00"],
  ["0 0 * * 7", "2026-03-15 00:00, 2026-03-22 00:00, 2026-03-29 00:00"],
  ["0 0 1 nov-feb *", "2026-11-01 00:00, 2026-12-01 00:00, 2027-01-01 00:00"],
  ["0 9,17 * * mon,Wed", "2026-03-11 09:00, 2026-03-11 17:00, 2026-03-16 09:00"],
  ["  0\t9  * *\n*  ", "2026-03-11 09:00, 2026-03-12 09:00, 2026-03-13 09:00"],
  ["0 0 L * *", "2026-03-31 00:00, 2026-04-30 00:00, 2026-05-31 00:00"],
  ["0 0 L-3 * *", "2026-03-28 00:00, 2026-04-27 00:00, 2026-05-28 00:00"],
  ["0 0 L-30 * *", "2026-05-01 00:00, 2026-07-01 00:00, 2026-08-01 00:00"],
  ["0 0 15,L-3,L * *", "2026-03-15 00:00, 2026-03-28 00:00, 2026-03-31 00:00"],
  ["0 0 L-3 FEB *", "2027-02-25 00:00, 2028-02-26 00:00, 2029-02-25 00:00"],
  ["0 0 L-3 * WED", "2026-03-11 00:00, 2026-03-18 00:00, 2026-03-25 00:00"],
  ["0 0 LW * *", "2026-03-31 00:00, 2026-04-30 00:00, 2026-05-29 00:00"],
  ["0 0 1,LW * *", "2026-03-31 00:00, 2026-04-01 00:00, 2026-04-30 00:00"],
  ["0 0 LW,L * *", "2026-03-31 00:00, 2026-04-30 00:00, 2026-05-29 00:00"],
  ["0 0 LW,15W * *", "2026-03-16 00:00, 2026-03-31 00:00, 2026-04-15 00:00"],
  ["0 0 15W,28W,L-1 * *", "2026-03-16 00:00, 2026-03-27 00:00, 2026-03-30 00:00"],
  ["0 0 31W * *", "2026-03-31 00:00, 2026-05-29 00:00, 2026-07-31 00:00"],
  ["0 0 l-03,lw * *", "2026-03-28 00:00, 2026-03-31 00:00, 2026-04-27 00:00"],
  ["0 0 15W * *", "2026-03-16 00:00, 2026-04-15 00:00, 2026-05-15 00:00"],
  ["0 0 1W * *", "2026-04-01 00:00, 2026-05-01 00:00, 2026-06-01 00:00"],
  ["0 0 * * 5L", "2026-03-27 00:00, 2026-04-24 00:00, 2026-05-29 00:00"],
  ["0 0 * * friL", "2026-03-27 00:00, 2026-04-24 00:00, 2026-05-29 00:00"],
  ["0 0 * * 05L,MON#01", "2026-03-27 00:00, 2026-04-06 00:00, 2026-04-24 00:00"],
  ["0 0 * * MON#1,MON#3", "2026-03-16 00:00, 2026-04-06 00:00, 2026-04-20 00:00"],
  ["0 0 * * 7#2", "2026-04-12 00:00, 2026-05-10 00:00, 2026-06-14 00:00"],
  ["0 0 13 * FRI", "2026-03-13 00:00, 2026-03-20 00:00, 2026-03-27 00:00"],
  ["0 0 ? * 1", "2026-03-16 00:00, 2026-03-23 00:00, 2026-03-30 00:00"],
  ["0 0 29 2 *", "2028-02-29 00:00, 2032-02-29 00:00, 2036-02-29 00:00"],
  ["@hourly", "2026-03-10 13:00, 2026-03-10 14:00, 2026-03-10 15:00"],
  ["@daily", "2026-03-11 00:00, 2026-03-12 00:00, 2026-03-13 00:00"],
  ["@midnight", "2026-03-11 00:00, 2026-03-12 00:00, 2026-03-13 00:00"],
  [" @Weekly ", "2026-03-15 00:00, 2026-03-22 00:00, 2026-03-29 00:00"],
  ["@monthly", "2026-04-01 00:00, 2026-05-01 00:00, 2026-06-01 00:00"],
  ["@yearly", "2027-01-01 00:00, 2028-01-01 00:00, 2029-01-01 00:00"],
  ["@annually", "2027-01-01 00:00, 2028-01-01 00:00, 2029-01-01 00:00"],
];

for (const [expression, firstRuns] of expressions) {
  Deno.test(`cron ${JSON.stringify(expression)} has the expected runs`, () => {
    assertEquals(runs(expression, start, 3).join(", "), firstRuns);
  });
}

Deno.test("cron days match either field, or both with dayMatch", () => {
  assertEquals(
    runs((r) => r.cron("0 0 L-3 * WED", { dayMatch: "both" }), start, 2),
    ["2026-10-28 00:00", "2027-07-28 00:00"],
  );
  assertEquals(runs((r) => r.cron("0 0 1-7 * MON", { dayMatch: "both" }), start, 2), [
    "2026-04-06 00:00",
    "2026-05-04 00:00",
  ]);
});

const refusals: [expression: string, position: number][] = [
  ["", 0],
  ["* * * *", 7],
  ["* * * * * * *", 12],
  ["60 * * * *", 0],
  ["* 24 * * *", 2],
  ["* * 0 * *", 4],
  ["* * 32 * *", 4],
  ["* * * 13 *", 6],
  ["* * * * 8", 8],
  ["* * * * FRY", 8],
  ["* * * JANUARY *", 6],
  ["1,2,x * * * *", 4],
  ["1,,2 * * * *", 2],
  ["5-70 * * * *", 2],
  ["*/0 * * * *", 2],
  ["*/60 * * * *", 2],
  ["/5 * * * *", 0],
  ["* ? * * *", 2],
  ["1-2-3 * * * *", 0],
  ["* * L-31 * *", 4],
  ["* * 32W * *", 4],
  ["* * * * MON#6", 8],
  ["* * * * XYZ#1", 8],
  ["* * * * L", 8],
  ["* * * * 0-8", 10],
  ["* * * * 1,7-9", 12],
  ["* * * * */7", 10],
  ["* * 1,LX * *", 6],
  ["* * LW-1 * *", 4],
  ["* * * * FR\u0131", 8],
  ["1.5 * * * *", 0],
  ["-5 * * * *", 0],
  ["* * 30 2 *", 4],
  ["* * * 2 MON#9", 8],
  ["@reboot", 0],
  ["  @every 5m", 2],
  ["@constructor", 0],
  ["H H * * *", 0],
  ["60 60 24 32 13 8", 0],
];

for (const [expression, position] of refusals) {
  Deno.test(`cron ${JSON.stringify(expression)} is rejected at index ${position}`, () => {
    const error = assertThrows(() => toRecurrence(expression), InvalidScheduleError);
    assertEquals(error.position, position);
  });
}

Deno.test("the error for an unknown weekday lists the known ones", () => {
  const error = assertThrows(() => toRecurrence("0 9 * * 8"), InvalidScheduleError);
  assertStringIncludes(error.message, "have a day of the week from 0 to 7 or SUN to SAT");
});

Deno.test("cron expressions of numbers, ranges and steps run as in croner in UTC", () => {
  const field = (min: number, max: number) => {
    const value = fc.integer({ min, max });
    const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`);
    const step = fc.integer({ min: 2, max: max - min }).map((size) => `*/${size}`);
    const item = fc.oneof(value.map(String), range);
    return fc.oneof(
      fc.constant("*"),
      step,
      fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(",")),
    );
  };
  const expression = fc.tuple(
    field(0, 59),
    field(0, 59),
    field(0, 23),
    field(1, 28),
    field(1, 12),
    field(0, 6),
  ).map((fields) => fields.join(" "));
  const instant = fc.integer({ min: utc("1980-01-01"), max: utc("2080-01-01") });
  fc.assert(
    fc.property(expression, instant, (cron, after) => {
      const expected = new Cron(cron, { timezone: "UTC", paused: true, mode: "6-part" })
        .nextRuns(4, new Date(after)).map((date) => date.getTime());
      assertEquals(series(toRecurrence(cron), after, 4).map(show), expected.map(show));
    }),
    { numRuns: 300 },
  );
});

/** The cases in which croner differs from our rules, if the time zone is its option. */
const differences: [expression: string, zone: string, after: string, expected: string[]][] = [
  // Croner skips an interval in a gap.
  ["15 */2 * * *", "Europe/Rome", "2026-03-29 00:00", ["2026-03-29 01:00", "2026-03-29 02:15"]],
  // Croner treats a list of fixed times as an interval, and runs them in both passes.
  ["0,30 2 * * *", "Europe/Rome", "2026-10-25 00:10", ["2026-10-25 00:30", "2026-10-26 01:00"]],
];

for (const [expression, zone, after, expected] of differences) {
  Deno.test(`cron "${expression}" in ${zone} follows our rule for clock changes, not croner's`, () => {
    const theirs = new Cron(expression, { timezone: zone, paused: true })
      .nextRuns(expected.length, new Date(utc(after))).map((date) => show(date.getTime()));
    const ours = runs((r) => r.cron(expression).inTimeZone(zone), after, expected.length);
    assertEquals(ours, expected);
    assertNotEquals(theirs, expected);
  });
}

Deno.test("the working day nearest to the first or last of a month is in that month", () => {
  const daysOf = (expression: string) =>
    runs(expression, "2025-12-31 12:00", 12).map((run) => Number(run.slice(8, 10)));
  assertEquals(daysOf("0 0 1W * *"), [1, 2, 2, 1, 1, 1, 1, 3, 1, 1, 2, 1]);
  assertEquals(daysOf("0 0 LW * *"), [30, 27, 31, 30, 29, 30, 31, 31, 30, 30, 30, 31]);
});
