// Properties of schedules over every time zone that the runtime knows, around real clock changes: no doubled run, no lost
// day, always later than the reference, always on the grid. What must come out is found by brute force, minute by minute.

import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { toRecurrence } from "../../src/schedule/builder.ts";
import { formatTimeOfDay } from "../../src/schedule/time_text.ts";
import { TimeZone, type Transition } from "../../src/schedule/time_zone.ts";
import { anchored, countOccurrences, occurrenceAfter } from "../../src/schedule/series.ts";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { show, utc } from "./support.ts";

const minute = 60_000;
const day = 86_400_000;

const zones = Intl.supportedValuesOf("timeZone").map((name) => TimeZone.of(name));

/** Some clock changes of a zone, without those by seconds that ended local mean times. */
function someChanges(zone: TimeZone, count: number): Transition[] {
  const found: Transition[] = [];
  let change = zone.nextTransition(utc("2007-01-01"), utc("2030-01-01"));
  while (change !== undefined) {
    if (change.offsetBefore % minute === 0 && change.offsetAfter % minute === 0) found.push(change);
    change = zone.nextTransition(change.at, utc("2030-01-01"));
  }
  const size = Math.min(count, found.length);
  return fc.sample(fc.shuffledSubarray(found, { minLength: size, maxLength: size }), 1)[0]!;
}

/** All occurrences after one instant and not after another, one by one. */
function walk(recurrence: Recurrence, after: number, upTo: number): number[] {
  const found: number[] = [];
  let next = occurrenceAfter(recurrence, after, after);
  while (next !== null && next <= upTo) {
    assertGreater(next, found.at(-1) ?? after);
    found.push(next);
    next = occurrenceAfter(recurrence, next, after);
  }
  return found;
}

/** What the wall clocks of a zone show, minute by minute: each reading with the instants at which they show it. */
function readings(zone: TimeZone, from: number, to: number): Map<number, number[]> {
  const shown = new Map<number, number[]>();
  for (let instant = from; instant <= to; instant += minute) {
    const reading = instant + zone.offsetAt(instant);
    const instants = shown.get(reading);
    if (instants === undefined) shown.set(reading, [instant]);
    else instants.push(instant);
  }
  return shown;
}

/** The instants of a schedule by the rules for clock changes, around one change. */
function expectedRuns(
  shown: Map<number, number[]>,
  change: Transition,
  reach: number,
  repeated: "first" | "both",
  matches: (reading: number) => boolean,
): number[] {
  const from = change.at - reach;
  const to = change.at + reach;
  const runs = new Set<number>();
  const last = to + change.offsetAfter;
  for (let reading = from + change.offsetBefore; reading <= last; reading += minute) {
    if (!matches(reading)) continue;
    const instants = shown.get(reading);
    if (instants === undefined) {
      // In the gap: the first instant whose reading is later.
      runs.add(change.at);
    } else if (repeated === "both") instants.forEach((instant) => runs.add(instant));
    else runs.add(instants[0]!);
  }
  return [...runs].filter((run) => run > from && run <= to).sort((a, b) => a - b);
}

/** A change alone in its surroundings, so that the brute force above stays simple. */
function isAlone(zone: TimeZone, change: Transition, reach: number): boolean {
  return zone.nextTransition(change.at - reach, change.at - 1) === undefined &&
    zone.nextTransition(change.at, change.at + reach) === undefined;
}

Deno.test("fixed times run once each around a clock change, in every zone", () => {
  const reach = 0.75 * day;
  for (const zone of zones) {
    for (const change of someChanges(zone, 1)) {
      if (!isAlone(zone, change, reach)) continue;
      const shown = readings(zone, change.at - reach, change.at + reach);
      // Times from two hours before the change to two hours after it: in the gap, repeated, and beside both.
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
          // From any instant, in the second pass too, the next run is the same.
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

/**
 * How many days share a run with the day before. It takes a gap of a whole day: Kiritimati had no 31 December 1994, so that
 * what was planned for its midnight ran at the next one, together with what was planned for that.
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

Deno.test("a daily schedule loses no day and doubles none over three years, in every zone", () => {
  for (const zone of zones) {
    const start = fc.integer({ min: 1975, max: 2035 }).map((year) => utc(`${year}-01-01`));
    const minuteOfDay = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(start, minuteOfDay, (from, minutes) => {
        const time = formatTimeOfDay(Math.floor(minutes / 60), minutes % 60, 0);
        const recurrence = toRecurrence((r) => r.everyDay().atTime(time).inTimeZone(zone.name));
        const to = from + 3 * 365 * day;
        const runs = walk(recurrence, from, to);
        // The wall-clock days that begin the span and end it; each day in between has its run.
        const local = (instant: number) => instant + zone.offsetAt(instant) - minutes * minute;
        const days = Math.floor(local(to) / day) - Math.floor(local(from) / day);
        const expected = days - mergedRuns(zone, from, to, minutes * minute);
        assertEquals(runs.length, expected, `${zone.name} ${show(from)} ${time}`);
        for (const run of runs) {
          const late = ((local(run) % day) + day) % day;
          if (late === 0) continue;
          // Not at its time: then the time was skipped, and the clocks have just been changed.
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

Deno.test("counting finds as many occurrences as walking, and every one is later than the last", () => {
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
        // The grid does not depend on where one looks from.
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
