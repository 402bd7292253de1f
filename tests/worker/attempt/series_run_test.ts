// Tests which occurrence a claimed series runs, and when it runs next, with tables.

import { assertEquals } from "@std/assert";
import type { ClaimedTask, SeriesRecord } from "../../../src/storage/records.ts";
import {
  nextAfterRun,
  type OccurrencePlan,
  planOccurrence,
} from "../../../src/worker/attempt/series_run.ts";
import { claimedTask } from "../../support/claimed_task.ts";

const minute = 60_000;
const planned = Date.UTC(2026, 2, 10, 12);

const series: SeriesRecord = {
  schedule: JSON.stringify({ kind: "interval", every: 1, unit: "hours" }),
  info: "every hour",
  anchorAt: planned - 60 * minute,
  maxRuns: null,
  runUntil: null,
  nextRunAt: planned,
  runCount: 0,
};

const claimed = claimedTask({ status: "WaitingQueue", dueAt: planned, series });

type SeriesLimits = Partial<Pick<SeriesRecord, "maxRuns">>;

const asPlanned: OccurrencePlan = { kind: "run", scheduledAt: planned, skipped: 0 };
const skipped: OccurrencePlan = {
  kind: "skip",
  next: { nextRunAt: planned + 180 * minute, skipped: 3 },
};

const cases: [what: string, task: Partial<ClaimedTask>, nowMin: number, plan: OccurrencePlan][] = [
  ["due at its planned instant", {}, 0, asPlanned],
  ["claimed a little early, by a process whose clock is behind", {}, -1, asPlanned],
  [
    "due early, because an extra run was requested",
    { dueAt: planned - 20 * minute, status: "Completed" },
    -20,
    { kind: "run", scheduledAt: planned - 20 * minute, skipped: 0 },
  ],
  [
    "due early, because the clock of the process that planned an immediate first run is ahead",
    { dueAt: planned - minute, status: "Queued" },
    -1,
    asPlanned,
  ],
  ["late, with later occurrences also due", {}, 150, skipped],
  ["late, but already attempted", { attempt: 2 }, 150, asPlanned],
  ["late, but already waiting for a retry", { status: "Pending" }, 150, asPlanned],
  ["late, but already interrupted", { status: "ServiceStopped" }, 150, asPlanned],
  ["late, but already holding a rate limit slot", { rateSlotAt: planned }, 150, asPlanned],
];
for (const [what, task, nowMin, plan] of cases) {
  Deno.test(`an occurrence that is ${what} is planned correctly`, () => {
    const now = planned + nowMin * minute;
    const found = planOccurrence({ ...claimed, ...task }, series, now, now);
    assertEquals(found, plan);
  });
}

Deno.test("a worker that was running all the time runs the latest due occurrence, unless the first has begun", () => {
  const now = planned + 150 * minute;
  const servedSince = planned - 60 * minute;
  assertEquals(planOccurrence(claimed, series, now, servedSince), {
    kind: "run",
    scheduledAt: planned + 120 * minute,
    skipped: 2,
  });
  const begun = { ...claimed, attempt: 2 };
  assertEquals(planOccurrence(begun, series, now, servedSince), asPlanned);
});

const hour = 60 * minute;
/** `at` and `now` are in minutes from the planned instant, and `nextRunAt` is in milliseconds. */
const ends: [
  what: string,
  SeriesLimits,
  at: number,
  now: number,
  nextRunAt: number | null,
  skipped: number,
][] = [
  ["a planned run", {}, 0, 1, hour, 0],
  ["a planned run that lasted until two more were due", {}, 0, 150, 3 * hour, 2],
  ["the last run", { maxRuns: 1 }, 0, 1, null, 0],
  ["the second last run", { maxRuns: 2 }, 0, 1, hour, 0],
  ["a run in which a clock was set back by less than an interval", {}, 0, -40, hour, 0],
  ["an extra run", {}, -20, -19, 0, 0],
  ["an extra run that lasted until the planned one was due", {}, -20, 20, 0, 0],
  ["an extra run that lasted until two were due", {}, -20, 80, 2 * hour, 2],
  ["an extra run that was the last one", { maxRuns: 1 }, -20, -19, null, 0],
  ["an extra run that was the second last", { maxRuns: 2 }, -20, -19, 0, 0],
];
for (const [what, limits, at, now, nextRunAt, skipped] of ends) {
  Deno.test(`after ${what} a series continues by the table`, () => {
    const found = nextAfterRun(
      { ...series, ...limits },
      planned + at * minute,
      planned + now * minute,
      true,
    );
    assertEquals(found, { nextRunAt: nextRunAt === null ? null : planned + nextRunAt, skipped });
  });
}
