// Tests series: first runs, limits, misfire policies and long downtimes.

import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { buildRecurrence } from "../../src/schedule/builder.ts";
import type { BuiltRecurrence, RecurringBuilder } from "../../src/schedule/builder_stages.ts";
import { nextOccurrence, occurrences, skipTo } from "../../src/schedule/next_occurrence.ts";
import type { MisfirePolicy } from "../../src/schedule/recurrence.ts";
import { anchored, firstRun, runAfter, runDue } from "../../src/schedule/series.ts";
import { registered, show, utc } from "./support.ts";

type Configure = (r: RecurringBuilder) => BuiltRecurrence;

function first(configure: Configure, at: string): string {
  return show(firstRun(buildRecurrence(configure), utc(at)));
}

Deno.test("the first run is the first occurrence after the registration", () => {
  assertEquals(first((r) => r.every(5).minutes(), "2026-03-10 12:00"), "2026-03-10 12:05");
  assertEquals(
    first((r) => r.everyDay().atTime("12:00"), "2026-03-10 12:00"),
    "2026-03-11 12:00",
  );
  assertEquals(
    first((r) => r.everyDay().atTime("12:00"), "2026-03-10 11:59:59.999"),
    "2026-03-10 12:00",
  );
});

Deno.test("a recurrence registered at two instants has a first run for each", () => {
  const recurrence = buildRecurrence((r) => r.every(5).minutes());
  const found = ["10:00", "10:03", "10:00"].map((at) =>
    show(firstRun(recurrence, utc(`2026-03-10 ${at}`)))
  );
  assertEquals(found, ["10:05", "10:08", "10:05"].map((at) => `2026-03-10 ${at}`));
});

Deno.test("runNow, runDelayed and runAt set the first run to the millisecond", () => {
  const at = "2026-03-10 12:00:00.250";
  assertEquals(first((r) => r.runNow().andThen().everyHour(), at), "2026-03-10 12:00:00.250Z");
  assertEquals(
    first((r) => r.runDelayed(1_500).andThen().everyHour(), at),
    "2026-03-10 12:00:01.750Z",
  );
  assertEquals(
    first((r) => r.runAt("2026-03-11T00:00:00.001Z").andThen().everyHour(), at),
    "2026-03-11 00:00:00.001Z",
  );
});

Deno.test("runAt with the current instant runs at once", () => {
  const configure: Configure = (r) => r.runAt("2026-03-10T12:00:00Z").andThen().everyHour();
  assertEquals(first(configure, "2026-03-10 12:00"), "2026-03-10 12:00");
  assertEquals(first(configure, "2026-03-10 12:00:00.001"), "2026-03-10 13:00");
});

Deno.test("runAt in the past continues with the grid anchored at it", () => {
  const configure: Configure = (r) => r.runAt("2026-03-01T00:07:00Z").andThen().every(2).hours();
  assertEquals(first(configure, "2026-03-10 12:00"), "2026-03-10 12:07");
  assertEquals(first(configure, "2026-03-10 12:07"), "2026-03-10 14:07");
});

Deno.test("runUntil is exclusive, also for the first run", () => {
  const until = "2026-03-10T13:00:00Z";
  const at = "2026-03-10 12:00";
  assertEquals(first((r) => r.everyHour().runUntil(until), at), "never");
  assertEquals(first((r) => r.every(30).minutes().runUntil(until), at), "2026-03-10 12:30");
  assertEquals(first((r) => r.runAt(until).andThen().everyHour().runUntil(until), at), "never");
  assertEquals(first((r) => r.runNow().andThen().everyHour().runUntil(until), until), "never");
});

interface Case {
  readonly misfire?: MisfirePolicy;
  readonly scheduledAt: string;
  readonly now: string;
  readonly next: string;
  readonly skipped: number;
}

function hourly(misfire: MisfirePolicy = "skip") {
  return registered((r) => r.everyHour().onMisfire(misfire), "2026-03-10 00:00");
}

const afterRuns: Case[] = [
  { scheduledAt: "03:00", now: "03:00:05", next: "04:00", skipped: 0 },
  { scheduledAt: "03:00", now: "03:59:59.999", next: "04:00", skipped: 0 },
  // The run lasted longer than the interval. The next occurrence is not skipped, because the one
  // after it is not due yet.
  { scheduledAt: "03:00", now: "04:00", next: "04:00", skipped: 0 },
  { scheduledAt: "03:00", now: "04:59:59", next: "04:00", skipped: 0 },
  { scheduledAt: "03:00", now: "05:00", next: "06:00", skipped: 2 },
  { scheduledAt: "03:00", now: "09:30", next: "10:00", skipped: 6 },
  { misfire: "once", scheduledAt: "03:00", now: "09:30", next: "09:00", skipped: 5 },
  { misfire: "once", scheduledAt: "09:00", now: "09:31", next: "10:00", skipped: 0 },
  { misfire: { all: 10 }, scheduledAt: "03:00", now: "09:30", next: "04:00", skipped: 0 },
  { misfire: { all: 2 }, scheduledAt: "03:00", now: "09:30", next: "08:00", skipped: 4 },
  { misfire: { all: 2 }, scheduledAt: "08:00", now: "09:31", next: "09:00", skipped: 0 },
];

for (const { misfire, scheduledAt, now, next, skipped } of afterRuns) {
  const policy = JSON.stringify(misfire ?? "skip");
  Deno.test(`after a run planned for ${scheduledAt} that ends at ${now}, the next is ${next} (${policy})`, () => {
    const found = runAfter(hourly(misfire), {
      scheduledAt: utc(`2026-03-10 ${scheduledAt}`),
      now: utc(`2026-03-10 ${now}`),
      runCount: 1,
    });
    assertEquals([show(found.nextRunAt), found.skipped], [`2026-03-10 ${next}`, skipped]);
  });
}

const whenDue: Case[] = [
  { scheduledAt: "03:00", now: "03:00", next: "03:00", skipped: 0 },
  { scheduledAt: "03:00", now: "03:59:59", next: "03:00", skipped: 0 },
  { scheduledAt: "03:00", now: "04:00", next: "05:00", skipped: 2 },
  { scheduledAt: "03:00", now: "09:30", next: "10:00", skipped: 7 },
  { misfire: "once", scheduledAt: "03:00", now: "09:30", next: "09:00", skipped: 6 },
  { misfire: { all: 3 }, scheduledAt: "03:00", now: "09:30", next: "07:00", skipped: 4 },
  { misfire: { all: 30 }, scheduledAt: "03:00", now: "09:30", next: "03:00", skipped: 0 },
  // The planned instant is off the grid, as it can be after a change of the schedule.
  { scheduledAt: "03:10", now: "03:20", next: "03:10", skipped: 0 },
  { misfire: { all: 2 }, scheduledAt: "03:10", now: "04:20", next: "03:10", skipped: 0 },
];

for (const { misfire, scheduledAt, now, next, skipped } of whenDue) {
  const policy = JSON.stringify(misfire ?? "skip");
  Deno.test(`a run planned for ${scheduledAt} and claimed at ${now} becomes ${next} (${policy})`, () => {
    const found = runDue(hourly(misfire), {
      scheduledAt: utc(`2026-03-10 ${scheduledAt}`),
      now: utc(`2026-03-10 ${now}`),
      servedSince: utc(`2026-03-10 ${now}`),
      runCount: 0,
    });
    assertEquals([show(found.nextRunAt), found.skipped], [`2026-03-10 ${next}`, skipped]);
  });
}

// The first occurrence is planned for 00:00:01 and claimed at 00:01.
const servedSince: [since: string, next: string, skipped: number][] = [
  ["2026-03-09", "00:01", 59], // the worker ran all the time, so the latest occurrence runs
  ["2026-03-10 00:00:06", "00:01", 59], // the worker restarted within the grace period
  ["2026-03-10 00:00:06.001", "00:01:01", 60], // the worker was not running
  ["2026-03-10 00:01", "00:01:01", 60],
];
for (const [since, next, skipped] of servedSince) {
  Deno.test(`an occurrence of 00:00:01, claimed at 00:01 by a worker that has run since ${since}, becomes ${next}`, () => {
    const found = runDue(registered((r) => r.everySecond(), "2026-03-10"), {
      scheduledAt: utc("2026-03-10 00:00:01"),
      now: utc("2026-03-10 00:01"),
      servedSince: utc(since),
      runCount: 0,
    });
    assertEquals([show(found.nextRunAt), found.skipped], [`2026-03-10 ${next}`, skipped]);
  });
}

Deno.test("a busy worker never skips twice in a row, and every occurrence is run or counted", () => {
  const start = utc("2026-03-10");
  const interval = fc.integer({ min: 1, max: 90 });
  const lateness = fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 2, maxLength: 40 });
  const awayMs = fc.integer({ min: 0, max: 3_600_000 });
  fc.assert(fc.property(interval, awayMs, lateness, (seconds, awayMs, lateness) => {
    const series = registered((r) => r.every(seconds).seconds(), "2026-03-10");
    const servedSince = start + awayMs;
    let scheduledAt = start + 1_000 * seconds;
    let runs = 0;
    let skipped = 0;
    let hasSkipped = false;
    for (const lateMs of lateness) {
      const now = Math.max(scheduledAt, servedSince) + lateMs;
      const found = runDue(series, { scheduledAt, now, servedSince, runCount: runs });
      skipped += found.skipped;
      if (found.nextRunAt! <= now) {
        const next = runAfter(series, { scheduledAt: found.nextRunAt!, now, runCount: ++runs });
        skipped += next.skipped;
        scheduledAt = next.nextRunAt!;
        hasSkipped = false;
      } else {
        assert(!hasSkipped, "it was skipped before");
        scheduledAt = found.nextRunAt!;
        hasSkipped = true;
      }
    }
    assertEquals((scheduledAt - start) / (1_000 * seconds), runs + skipped + 1);
  }));
});

Deno.test("maxRuns ends the series after that number of runs", () => {
  const recurrence = registered((r) => r.everyHour().maxRuns(3), "2026-03-10");
  const state = { scheduledAt: utc("2026-03-10 02:00"), now: utc("2026-03-10 02:01") };
  assertEquals(show(runAfter(recurrence, { ...state, runCount: 2 }).nextRunAt), "2026-03-10 03:00");
  assertEquals(runAfter(recurrence, { ...state, runCount: 3 }), { nextRunAt: null, skipped: 0 });
});

Deno.test("runUntil ends the series, and there are no catch-up runs after it", () => {
  for (const misfire of ["skip", "once", { all: 5 }] as const) {
    const recurrence = registered(
      (r) => r.everyHour().runUntil("2026-03-10T05:00:00Z").onMisfire(misfire),
      "2026-03-10",
    );
    const ended = runAfter(recurrence, {
      scheduledAt: utc("2026-03-10 04:00"),
      now: utc("2026-03-10 04:01"),
      runCount: 4,
    });
    assertEquals(ended, { nextRunAt: null, skipped: 0 });
    const late = runDue(recurrence, {
      scheduledAt: utc("2026-03-10 02:00"),
      now: utc("2026-03-11"),
      servedSince: utc("2026-03-10"),
      runCount: 1,
    });
    assertEquals(late, { nextRunAt: null, skipped: 3 });
  }
});

Deno.test("an occurrence that is less than a second ahead does not end the series", () => {
  const recurrence = registered((r) => r.everyMinute().atSecond(0), "2026-03-10");
  const next = runAfter(recurrence, {
    scheduledAt: utc("2026-03-10 00:01"),
    now: utc("2026-03-10 00:01:59.999"),
    runCount: 1,
  });
  assertEquals(show(next.nextRunAt), "2026-03-10 00:02");
});

Deno.test("a first run off the grid becomes the anchor of the grid", () => {
  const recurrence = registered(
    (r) => r.runDelayed(90_000).andThen().every(10).minutes(),
    "2026-03-10",
  );
  const next = runAfter(recurrence, {
    scheduledAt: utc("2026-03-10 00:01:30"),
    now: utc("2026-03-10 00:02"),
    runCount: 1,
  });
  assertEquals(show(next.nextRunAt), "2026-03-10 00:11:30");
});

Deno.test("the anchor is the first run of runDelayed or runAt, otherwise the registration", () => {
  const at = "2026-03-10 00:03";
  assertEquals(registered((r) => r.every(7).minutes(), at).anchor, utc(at));
  assertEquals(registered((r) => r.runNow().andThen().everyHour(), at).anchor, utc(at));
  const delayed = registered((r) => r.runDelayed(60_000).andThen().everyHour(), at);
  assertEquals(delayed.anchor, utc("2026-03-10 00:04"));
  assertEquals(anchored(delayed, utc("2026-03-11")).anchor, delayed.anchor);
  const past = registered((r) => r.runAt("2026-03-01T00:00:00Z").andThen().everyHour(), at);
  assertEquals(past.anchor, utc("2026-03-01"));
});

const downtimes: [name: string, configure: Configure][] = [
  ["every second", (r) => r.everySecond()],
  ["cron every second", (r) => r.cron("* * * * * *").inTimeZone("Europe/Rome")],
  ["cron on working days", (r) => r.cron("*/10 * * * * MON-FRI").inTimeZone("America/New_York")],
  ["every day", (r) => r.everyDay().atTimes("09:00", "14:00").inTimeZone("Europe/Rome")],
];

for (const [name, configure] of downtimes) {
  Deno.test(`a year of downtime is skipped without iterating: ${name}`, () => {
    for (const misfire of ["skip", "once", { all: 1000 }] as const) {
      const recurrence = registered((r) => configure(r).onMisfire(misfire), "2025-03-10");
      const scheduledAt = firstRun(recurrence, recurrence.anchor)!;
      const state = { scheduledAt, now: utc("2026-03-10 00:00:00.5"), runCount: 1 };
      let best = Infinity;
      for (let attempt = 0; attempt < 5; attempt++) {
        const start = performance.now();
        runAfter(recurrence, state);
        best = Math.min(best, performance.now() - start);
      }
      // Iterating over the occurrences would take seconds, except for the daily series. A schedule
      // of constant intervals does not even iterate over days.
      assertLess(best, name === "every second" ? 1 : 200);
    }
  });
}

Deno.test("skipTo counts the skipped occurrences", () => {
  const everySecond = buildRecurrence((r) => r.everySecond());
  const { next, skipped } = skipTo(everySecond, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
  assertEquals([next?.toISOString(), skipped], ["2026-01-01T00:00:01.000Z", 365 * 86_400]);
  const ending = buildRecurrence((r) => r.everyHour().runUntil("2026-01-01T03:00:00Z"));
  const over = skipTo(ending, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  assertEquals(over, { next: null, skipped: 2 });
  const none = skipTo(everySecond, "2025-01-01T00:00:00Z", "2025-01-01T00:00:00.999Z");
  assertEquals(none.skipped, 0);
});

Deno.test("occurrences are generated lazily and within the limits", () => {
  const from = "2026-03-10T00:00:00Z";
  const endless = occurrences(buildRecurrence((r) => r.everyHour()), from)[Symbol.iterator]();
  assertEquals(endless.next().value?.toISOString(), "2026-03-10T01:00:00.000Z");
  const limited = buildRecurrence((r) => r.runNow().andThen().everyHour().maxRuns(2));
  assertEquals([...occurrences(limited, from)].map((date) => show(date.getTime())), [
    "2026-03-10 00:00",
    "2026-03-10 01:00",
  ]);
  assertEquals(
    nextOccurrence(buildRecurrence((r) => r.everyDay().runUntil("2026-03-11T00:00:00Z")), from),
    null,
  );
});
