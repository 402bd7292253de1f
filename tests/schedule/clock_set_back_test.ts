// Tests the correction of next runs that were planned while the clock was ahead.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type RecurringInput, toRecurrence } from "../../src/schedule/builder.ts";
import { timesFromNow } from "../../src/schedule/clock_set_back.ts";
import {
  anchored,
  type AnchoredRecurrence,
  firstRun,
  occurrenceAfter,
  runAfter,
} from "../../src/schedule/series.ts";
import { readingErrorMs } from "../../src/time/storage_clock.ts";
import { registered, show, utc } from "./support.ts";

interface Case {
  readonly schedule: RecurringInput;
  readonly registeredAt: string;
  readonly nextRunAt: string;
  readonly now: string;
  /** How far the clock was ahead, in minutes. Undefined if unknown. */
  readonly ahead?: number;
  /** The expected next run and anchor; undefined if they do not change. */
  readonly expected?: [nextRunAt: string, anchorAt: string];
}

const cases: Record<string, Case> = {
  "a daily run tomorrow, after today's": {
    schedule: (r) => r.everyDay().atTime("09:00"),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-11 09:00",
    now: "2026-03-10 09:00:01",
  },
  "an overdue run": {
    schedule: (r) => r.everyHour(),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-10 09:00",
    now: "2026-03-10 12:30",
  },
  "a daily run in two days, with tomorrow's still to come": {
    schedule: (r) => r.everyDay().atTime("09:00"),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-12 09:00",
    now: "2026-03-10 20:00",
    expected: ["2026-03-11 09:00", "2026-03-01"],
  },
  "the second run from now, if the clock was ahead by less than an interval": {
    schedule: (r) => r.every(10).minutes(),
    registeredAt: "2026-03-10",
    nextRunAt: "2026-03-10 00:20",
    now: "2026-03-10 00:01",
    ahead: 9,
  },
  "the second run from now, if the clock was ahead by an interval": {
    schedule: (r) => r.every(10).minutes(),
    registeredAt: "2026-03-10",
    nextRunAt: "2026-03-10 00:20",
    now: "2026-03-10 00:09",
    ahead: 10,
    expected: ["2026-03-10 00:10", "2026-03-10"],
  },
  "the second run from now, if the first is near": {
    schedule: (r) => r.everyDay().atTime("09:00"),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-11 09:00",
    now: "2026-03-10 08:50",
  },
  "the third run from now, if the first is near": {
    schedule: (r) => r.everyDay().atTime("09:00"),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-12 09:00",
    now: "2026-03-10 08:50",
    expected: ["2026-03-10 09:00", "2026-03-01"],
  },
  "every second, planned by a clock that was a day ahead": {
    schedule: (r) => r.everySecond(),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-11 12:00:01",
    now: "2026-03-10 12:00:00.5",
    expected: ["2026-03-10 12:00:01.000Z", "2026-03-01"],
  },
  "every second, planned by a clock that was ahead by at most the reading error": {
    schedule: (r) => r.everySecond(),
    registeredAt: "2026-03-01",
    nextRunAt: "2026-03-10 12:00:06",
    now: "2026-03-10 12:00:00.5",
  },
  "a series whose registration is a day in the future": {
    schedule: (r) => r.every(10).minutes(),
    registeredAt: "2026-03-11 12:00",
    nextRunAt: "2026-03-11 12:10",
    now: "2026-03-10 12:03",
    expected: ["2026-03-10 12:13", "2026-03-10 12:03"],
  },
  "a future registration with runNow, before the first run": {
    schedule: (r) => r.runNow().andThen().every(10).minutes(),
    registeredAt: "2026-03-11 12:00",
    nextRunAt: "2026-03-11 12:00",
    now: "2026-03-10 12:03",
    expected: ["2026-03-10 12:03", "2026-03-10 12:03"],
  },
  "a future registration with runNow, after the first run": {
    schedule: (r) => r.runNow().andThen().every(10).minutes(),
    registeredAt: "2026-03-11 12:00",
    nextRunAt: "2026-03-11 12:10",
    now: "2026-03-10 12:03",
    expected: ["2026-03-10 12:13", "2026-03-10 12:03"],
  },
  "a future registration with runDelayed, before the first run": {
    schedule: (r) => r.runDelayed(3_600_000).andThen().everyDay(),
    registeredAt: "2026-03-11 12:00",
    nextRunAt: "2026-03-11 13:00",
    now: "2026-03-10 12:03",
    expected: ["2026-03-10 13:03", "2026-03-10 13:03"],
  },
  "a future registration with runDelayed, after the first run": {
    schedule: (r) => r.runDelayed(3_600_000).andThen().every(10).minutes(),
    registeredAt: "2026-03-11 12:00",
    nextRunAt: "2026-03-11 13:10",
    now: "2026-03-10 12:03",
    expected: ["2026-03-10 12:13", "2026-03-10 12:03"],
  },
  "a first run a week after the registration": {
    schedule: (r) => r.runDelayed(7 * 86_400_000).andThen().everyHour(),
    registeredAt: "2026-03-10",
    nextRunAt: "2026-03-17",
    now: "2026-03-10 00:00:01",
  },
  "a first run at an instant next year": {
    schedule: (r) => r.runAt("2027-01-01T00:00:00Z").andThen().everyHour(),
    registeredAt: "2026-03-10",
    nextRunAt: "2027-01-01",
    now: "2026-03-10 00:00:01",
  },
  "a series that ends before it could run again": {
    schedule: (r) => r.every(10).minutes().runUntil("2026-03-10T12:05:00Z"),
    registeredAt: "2026-03-10 11:00",
    nextRunAt: "2026-03-10 12:04",
    now: "2026-03-10 12:01",
  },
  "a clock that has not been set yet": {
    schedule: (r) => r.everyHour(),
    registeredAt: "2026-03-10",
    nextRunAt: "2026-03-10 01:00",
    now: "1970-01-01 00:00:30",
  },
};

for (const [name, each] of Object.entries(cases)) {
  const { schedule, registeredAt, nextRunAt, now, ahead, expected } = each;
  const outcome = expected === undefined ? "is kept" : "is moved back";
  Deno.test(`the next run ${outcome}: ${name}`, () => {
    const recurrence = registered(schedule, registeredAt);
    const times = timesFromNow(recurrence, utc(nextRunAt), utc(now), ahead && ahead * 60_000);
    const shown = times && [show(times.nextRunAt), show(times.anchorAt)];
    assertEquals(shown, expected?.map((instant) => show(utc(instant))) ?? null);
  });
}

const schedules: readonly RecurringInput[] = [
  (r) => r.everySecond(),
  (r) => r.every(7).minutes(),
  (r) => r.every(5).hours().atMinute(20).inTimeZone("Asia/Kathmandu"),
  (r) => r.every(2).days().atTimes("02:30", "14:00").inTimeZone("Europe/Rome"),
  (r) => r.every(3).months().onDay(31),
  (r) => r.cron("*/20 1-3 * * MON").inTimeZone("Australia/Lord_Howe"),
  (r) => r.runNow().andThen().every(90).seconds(),
  (r) => r.runDelayed(5_000_000).andThen().everyDay(),
  (r) => r.runAt("2026-06-01T10:00:00Z").andThen().every(11).hours(),
];
const registration = fc.integer({ min: utc("2025-01-01"), max: utc("2027-01-01") });
const day = 86_400_000;

Deno.test("no next run is corrected while the clock advances", () => {
  const readings = fc.array(fc.integer({ min: 0, max: 40 * day }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...schedules), registration, readings, (input, at, pauses) => {
      const recurrence = anchored(toRecurrence(input), at);
      let scheduledAt = firstRun(recurrence, at)!;
      let now = at;
      for (const pause of pauses) {
        assertEquals(timesFromNow(recurrence, scheduledAt, now), null);
        now += pause;
        assertEquals(timesFromNow(recurrence, scheduledAt, now), null);
        if (scheduledAt > now) continue;
        scheduledAt = runAfter(recurrence, { scheduledAt, now, runCount: 1 }).nextRunAt!;
      }
    }),
  );
});

Deno.test("for any lead of the clock, the corrected series follows its schedule from then on", () => {
  const ahead = fc.integer({ min: readingErrorMs, max: 1_000 * day });
  fc.assert(
    fc.property(fc.constantFrom(...schedules), registration, ahead, fc.boolean(), (...picked) => {
      const [input, now, aheadMs, wasRegisteredAhead] = picked;
      const anchoredAt = wasRegisteredAhead ? now + aheadMs : now - day;
      const recurrence = anchored(toRecurrence(input), anchoredAt);
      const planned = occurrenceAfter(recurrence, now + aheadMs, now + aheadMs)!;
      const times = timesFromNow(recurrence, planned, now, aheadMs);
      const { nextRunAt, anchorAt } = times ?? { nextRunAt: planned, anchorAt: recurrence.anchor };
      const healed: AnchoredRecurrence = { ...recurrence, anchor: anchorAt };
      assert(nextRunAt >= now);
      const first = occurrenceAfter(healed, now + readingErrorMs, now)!;
      const second = occurrenceAfter(healed, first, now)!;
      assert(nextRunAt <= first || (nextRunAt === second && aheadMs < second - first));
      assertEquals(timesFromNow(healed, nextRunAt, now, aheadMs), null);
    }),
  );
});
