// Compares the runs of random cron expressions with independent predicates: day by day in any year,
// and minute by minute, near clock changes and far from them. Random text must be a valid
// expression, or be rejected with the position of the error.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { toRecurrence } from "../../src/schedule/builder.ts";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { TimeZone } from "../../src/schedule/time_zone.ts";
import { day, expectedRuns, isAlone, minute, readings, someChanges, walk } from "./brute_force.ts";
import { type RandomCron, randomCron } from "./random_cron.ts";
import { show, utc } from "./support.ts";

/** Returns the schedule, or undefined if the expression is rejected because no day matches. */
function scheduleOf(cron: RandomCron, timeZone: string): Recurrence | undefined {
  const { text: expression, dayMatch } = cron;
  try {
    return toRecurrence({ kind: "cron", expression, dayMatch, timeZone });
  } catch (error) {
    assertInstanceOf(error, InvalidScheduleError);
    assert(error.message.includes("have a day that occurs"), error.message);
    return undefined;
  }
}

Deno.test("a random cron expression runs on the days that match its fields, in any year", () => {
  const from = fc.integer({ min: 1970, max: 2099 }).map((year) => utc(`${year}-01-01`));
  fc.assert(
    fc.property(randomCron({ daysAlone: true }), from, (cron, start) => {
      const recurrence = scheduleOf(cron, "UTC");
      const days = recurrence === undefined ? 12 * 366 : 800;
      const expected = Array.from({ length: days }, (_, index) => start + index * day)
        .filter((at) => cron.matches(new Date(at)));
      const found = recurrence === undefined
        ? []
        : walk(recurrence, start - 1, start + (days - 1) * day);
      assertEquals(found.map(show), expected.map(show), `${cron.text} (${cron.dayMatch})`);
    }),
    { numRuns: 1_000 },
  );
});

const zones = ["Europe/Rome", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"];

Deno.test("a random cron expression runs at the minutes that match, across clock changes", () => {
  const reach = 1.5 * day;
  for (const zone of zones.map((name) => TimeZone.of(name))) {
    for (const change of someChanges(zone, 4)) {
      if (!isAlone(zone, change, 2 * reach)) continue;
      const shown = readings(zone, change.at - reach, change.at + reach);
      fc.assert(
        fc.property(randomCron(), (cron) => {
          const recurrence = scheduleOf(cron, zone.name);
          if (recurrence === undefined) return;
          const repeated = cron.isInterval ? "both" : "first";
          const matches = (reading: number) => cron.matches(new Date(reading));
          const expected = expectedRuns(shown, change, reach, repeated, matches);
          const found = walk(recurrence, change.at - reach, change.at + reach);
          const what = `${cron.text} (${cron.dayMatch}) ${zone.name} ${show(change.at)}`;
          assertEquals(found.map(show), expected.map(show), what);
        }),
        { numRuns: 25 },
      );
    }
  }
});

Deno.test("a random cron expression runs at the minutes that match, away from clock changes", () => {
  const span = 2 * day;
  const instant = fc.integer({ min: utc("2020-01-01") / minute, max: utc("2040-01-01") / minute });
  const zone = fc.constantFrom("UTC", "Asia/Kathmandu", ...zones).map((name) => TimeZone.of(name));
  fc.assert(
    fc.property(randomCron(), zone, instant, (cron, zone, minutes) => {
      const start = minutes * minute;
      fc.pre(zone.nextTransition(start - 2 * day, start + span) === undefined);
      const recurrence = scheduleOf(cron, zone.name);
      if (recurrence === undefined) return;
      const offset = zone.offsetAt(start);
      const expected = Array.from({ length: span / minute }, (_, index) => start + index * minute)
        .filter((at) => cron.matches(new Date(at + offset)));
      const found = walk(recurrence, start - 1, start + span - minute);
      assertEquals(found.map(show), expected.map(show), `${cron.text} (${cron.dayMatch})`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("any text is a valid cron expression or is rejected with the position of the error", () => {
  const item = fc.string({
    unit: fc.constantFrom(..."0123456789*/-,?#LWlwMONSUNsatJAN ı٣\t@".split("")),
    maxLength: 6,
  });
  const text = fc.array(item, { minLength: 1, maxLength: 7 }).map((items) => items.join(" "));
  const dayMatch = fc.constantFrom("either" as const, "both" as const);
  fc.assert(
    fc.property(text, dayMatch, (expression, dayMatch) => {
      try {
        toRecurrence({ kind: "cron", expression, dayMatch });
      } catch (error) {
        assertInstanceOf(error, InvalidScheduleError);
        assert(error.position !== undefined);
        assert(error.position >= 0 && error.position <= expression.length);
      }
    }),
    { numRuns: 20_000 },
  );
});
