// Tests properties of schedules in every time zone of the runtime, around real clock changes: no
// run is doubled, no day is lost, and every run is on the grid and later than the reference. The
// expected instants are found by brute force, minute by minute.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { toRecurrence } from "../../src/schedule/builder.ts";
import { formatTimeOfDay } from "../../src/schedule/time_text.ts";
import { TimeZone } from "../../src/schedule/time_zone.ts";
import { anchored, countOccurrences, occurrenceAfter } from "../../src/schedule/series.ts";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { day, expectedRuns, isAlone, minute, readings, someChanges, walk } from "./brute_force.ts";
import { show, utc } from "./support.ts";

const zones = Intl.supportedValuesOf("timeZone").map((name) => TimeZone.of(name));

Deno.test("fixed times run once each around a clock change, in every zone", () => {
  const reach = 0.75 * day;
  for (const zone of zones) {
    for (const change of someChanges(zone, 1)) {
      if (!isAlone(zone, change, reach)) continue;
      const shown = readings(zone, change.at - reach, change.at + reach);
      // Times within two hours of the change: in the gap, in the repeated hour, and outside.
      const near = fc.integer({ min: -120, max: 120 }).map((minutes) => {
        const reading = change.at + change.offsetBefore + minutes * minute;
        return ((reading % day) + day) % day;
      });
      const times = fc.uniqueArray(near, { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(times, (chosen) => {
          const schedule = toRecurrence({
            kind: "calendar",
            every: 1,
            unit: "days",
            timeZone: zone.name,
            times: chosen.map((time) => {
              const minutes = Math.round(time / minute);
              return formatTimeOfDay(Math.floor(minutes / 60), minutes % 60, 0);
            }),
          });
          const matches = (reading: number) => chosen.includes(((reading % day) + day) % day);
          const found = walk(schedule, change.at - reach, change.at + reach);
          const expected = expectedRuns(shown, change, reach, "first", matches);
          assertEquals(found.map(show), expected.map(show), `${zone.name} ${show(change.at)}`);
          // The next run does not depend on the reference, even in the second pass.
          for (let minutes = -130; minutes <= 130; minutes += 13) {
            const after = change.at + minutes * minute;
            const next = expected.find((run) => run > after);
            if (next === undefined) break;
            assertEquals(occurrenceAfter(schedule, after, after), next);
          }
        }),
        { numRuns: 2 },
      );
    }
  }
});

Deno.test("cron intervals run in both passes and at the end of a gap, in every zone", () => {
  const reach = 0.5 * day;
  for (const zone of zones) {
    const [change] = someChanges(zone, 1);
    if (change === undefined || !isAlone(zone, change, 2 * day)) continue;
    const shown = readings(zone, change.at - reach, change.at + reach);
    const every = fc.sample(fc.integer({ min: 2, max: 59 }), 1)[0]!;
    const recurrence = toRecurrence({
      kind: "cron",
      expression: `*/${every} * * * *`,
      timeZone: zone.name,
    });
    const matches = (reading: number) =>
      new Date(reading).getUTCMinutes() % every === 0 && reading % minute === 0;
    const found = walk(recurrence, change.at - reach, change.at + reach);
    const expected = expectedRuns(shown, change, reach, "both", matches);
    assertEquals(found.map(show), expected.map(show), `${zone.name} every ${every} min`);
  }
});

Deno.test("every run is at the pinned minute of the wall clock, in every zone", () => {
  for (const zone of zones) {
    for (const change of someChanges(zone, 1)) {
      const registration = fc.integer({ min: -150, max: 30 }).map((at) => change.at + at * minute);
      const pinned = fc.integer({ min: 0, max: 59 });
      fc.assert(
        fc.property(registration, pinned, fc.integer({ min: 1, max: 5 }), (at, minutes, every) => {
          const shows = (instant: number) =>
            new Date(instant + zone.offsetAt(instant)).getUTCMinutes();
          const recurrence = toRecurrence((r) =>
            r.every(every).hours().atMinute(minutes).inTimeZone(zone.name)
          );
          let first = at + minute;
          while (shows(first) !== minutes) first += minute;
          const runs = walk(anchored(recurrence, at + 1), at + 1, at + day);
          assertEquals(runs.slice(0, 1), [first], `${zone.name} ${show(at)} :${minutes}`);
          assertEquals(new Set(runs.map(shows)), new Set([minutes]));
        }),
        { numRuns: 5 },
      );
    }
  }
});

/**
 * Returns the number of days whose run coincides with that of the day before. This requires a gap
 * of a whole day: Kiritimati had no 31 December 1994, so the run at that midnight moved to the next
 * midnight.
 */
function mergedRuns(zone: TimeZone, from: number, to: number, time: number): number {
  let merged = 0;
  let change = zone.nextTransition(from, to);
  while (change !== undefined) {
    const { at, offsetBefore, offsetAfter } = change;
    const inGap = Math.floor((at + offsetAfter - time) / day) -
      Math.floor((at + offsetBefore - 1 - time) / day);
    merged += Math.max(0, inGap - 1);
    change = zone.nextTransition(at, to);
  }
  return merged;
}

Deno.test("a daily schedule has one run a day over three years, in every zone", () => {
  for (const zone of zones) {
    const start = fc.integer({ min: 1975, max: 2035 }).map((year) => utc(`${year}-01-01`));
    const minuteOfDay = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(start, minuteOfDay, (from, minutes) => {
        const time = formatTimeOfDay(Math.floor(minutes / 60), minutes % 60, 0);
        const recurrence = toRecurrence((r) => r.everyDay().atTime(time).inTimeZone(zone.name));
        const to = from + 3 * 365 * day;
        const runs = walk(recurrence, from, to);
        // The first and last wall-clock day of the span. Each day in between has a run.
        const local = (instant: number) => instant + zone.offsetAt(instant) - minutes * minute;
        const days = Math.floor(local(to) / day) - Math.floor(local(from) / day);
        const expected = days - mergedRuns(zone, from, to, minutes * minute);
        assertEquals(runs.length, expected, `${zone.name} ${show(from)} ${time}`);
        for (const run of runs) {
          const late = ((local(run) % day) + day) % day;
          if (late === 0) continue;
          // A run at another time is correct only if a clock change skipped its time.
          assertEquals(zone.nextTransition(run - 1, run)?.at, run, `${zone.name} ${show(run)}`);
        }
        assertEquals(countOccurrences(recurrence, from, to, from), runs.length);
      }),
      { numRuns: 1 },
    );
  }
});

const schedules: fc.Arbitrary<string | Recurrence> = fc.oneof(
  fc.constantFrom(
    "*/7 * * * *",
    "15,45 1-3 * * *",
    "30 2 * * *",
    "0 0,12 1,15 * *",
    "0 9 * * MON-FRI",
    "0 2 L * *",
    "*/20 30 2 * * SUN",
  ),
  fc.constantFrom<Recurrence>(
    { kind: "interval", every: 45, unit: "minutes" },
    { kind: "interval", every: 5, unit: "hours", minute: 20 },
    { kind: "calendar", every: 2, unit: "days", times: ["02:30", "14:00"] },
    { kind: "calendar", every: 3, unit: "weeks", weekdays: ["Sunday", "Tuesday"] },
    { kind: "calendar", every: 2, unit: "months" },
    { kind: "calendar", every: 1, unit: "months", monthDays: [15, 31], times: ["01:30"] },
  ),
);

Deno.test("countOccurrences agrees with iteration, and occurrences are strictly increasing", () => {
  fc.assert(
    fc.property(
      schedules,
      fc.constantFrom(...zones),
      fc.integer({ min: utc("1975-01-01"), max: utc("2035-01-01") }),
      fc.integer({ min: 0, max: 120 * day }),
      fc.integer({ min: 0, max: 40 * day }),
      (schedule, zone, anchor, delay, span) => {
        const plain = toRecurrence(schedule);
        const recurrence = anchored({ ...plain, timeZone: zone.name }, anchor);
        const after = anchor + delay;
        const runs = walk(recurrence, after, after + span);
        assertEquals(countOccurrences(recurrence, after, after + span, anchor), runs.length);
        assert(runs.every((run) => run % 1_000 === 0), "whole seconds");
        // The grid does not depend on the reference instant.
        for (const [index, run] of runs.entries()) {
          const next = runs[index + 1];
          if (next === undefined) break;
          const between = run + Math.floor((next - run) / 2);
          assertEquals(occurrenceAfter(recurrence, between, anchor), next);
        }
      },
    ),
    { numRuns: 1_500 },
  );
});
