// Histories that violate the rules for series.

import type { FinalTask, HistoryEntry } from "../../../src/testing/checker/history.ts";
import type { FinalAction } from "../../../src/testing/checker/operator_entries.ts";
import type { Rule } from "../../../src/testing/checker/rule.ts";
import * as series from "../../../src/testing/checker/series_rules.ts";
import { claimed, run, runEnded, started, storedSeries } from "./histories.ts";

/**
 * A rule, and a history that violates it: a description, the entries, the final tasks, and the
 * records of operators.
 */
export type Broken = readonly [
  rule: Rule,
  what: string,
  entries: readonly HistoryEntry[],
  tasks?: readonly FinalTask[],
  actions?: readonly FinalAction[],
];

/** Violations of the rules for series. */
export const brokenSeries: readonly Broken[] = [
  [series.runsOnGrid, "a run between two instants of the schedule", [
    storedSeries(),
    ...run(1, { at: 1_600, plannedAt: 1_500, nextRunAt: 2_000 }),
  ]],
  [series.runsOnce, "a second run of an occurrence", [
    storedSeries(),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: 1_000 }),
    ...run(2, { at: 1_100, plannedAt: 1_000, nextRunAt: 2_000 }),
  ]],
  [series.misfiresAsAllowed, "an occurrence that is dropped without a reason", [
    storedSeries({ misfire: { all: 100 } }),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: 3_000 }),
    ...run(2, { at: 3_000, plannedAt: 3_000, nextRunAt: 4_000 }),
  ]],
  [series.misfiresAsAllowed, "a late occurrence that is dropped although no other is due", [
    storedSeries({ every: 5 }, { dueAt: 5_000 }, { nextRunAt: 5_000, runUntil: 30_000 }),
    ...run(1, { at: 5_000, plannedAt: 5_000, nextRunAt: 15_000 }),
    ...run(2, { at: 10_001, plannedAt: 15_000, nextRunAt: 20_000 }),
  ]],
  [series.misfiresAsAllowed, "a missing catch-up run", [
    storedSeries({ misfire: "once" }),
    ...run(1, { at: 5_500, plannedAt: 1_000, nextRunAt: 7_000 }),
    ...run(2, { at: 5_600, plannedAt: 7_000, nextRunAt: 8_000 }),
  ]],
  [series.catchUpsAsAllowed, "catch-up runs for all missed occurrences", [
    storedSeries({ misfire: "once" }),
    ...run(1, { at: 9_500, plannedAt: 1_000, nextRunAt: 2_000 }),
    ...run(2, { at: 9_500, plannedAt: 2_000, nextRunAt: 3_000 }),
  ]],
  [series.seriesEndInTime, "an end before the limit", [
    storedSeries(),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: null }),
  ]],
  [series.seriesEndInTime, "an end before the last run", [
    storedSeries({}, {}, { runUntil: null, maxRuns: 2 }),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: null }),
  ]],
  [series.seriesEndInTime, "a run too many", [
    storedSeries({}, {}, { maxRuns: 1 }),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: 2_000 }),
  ]],
  [series.runsNumbered, "a run number that is used twice", [
    storedSeries(),
    ...run(1, { at: 1_000, plannedAt: 1_000, nextRunAt: 2_000 }),
    claimed({ at: 2_000, token: 2 }),
    started({ at: 2_000, run: 1, plannedAt: 2_000 }),
    runEnded({ at: 2_000, token: 2, nextRunAt: 3_000 }),
  ]],
  [series.plannedRight, "a correction while the store's clock is right", [
    storedSeries(),
    { at: 0, instance: "p1", kind: "corrected", task: "t1", applied: true },
  ]],
];
