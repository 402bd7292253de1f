// Tests the instants of grids: before the first one, at the edges of ranges, and counted across
// clock changes.

import { assert, assertEquals } from "@std/assert";
import { countedBack, EvenGrid, type Grid } from "../../src/schedule/grid.ts";
import { gridOf } from "../../src/schedule/compile.ts";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { utc } from "./support.ts";

/** Returns the instants of a grid in the interval (after, upTo], found one by one. */
function walk(grid: Grid, after: number, upTo: number): number[] {
  const found: number[] = [];
  for (let next = grid.next(after); next !== undefined && next <= upTo; next = grid.next(next)) {
    found.push(next);
  }
  return found;
}

Deno.test("the first instant of an even grid is its origin", () => {
  const grid = new EvenGrid(1_000, 100);
  assertEquals([-5_000, 0, 999, 1_000, 1_001].map((at) => grid.next(at)), [
    1_000,
    1_000,
    1_000,
    1_100,
    1_100,
  ]);
  const counts: [after: number, upTo: number, count: number][] = [
    [-5_000, 999, 0],
    [-5_000, 1_000, 1],
    [999, 1_200, 3],
    [1_000, 1_200, 2],
    [1_000, 1_000, 0],
    [1_200, 1_000, 0],
  ];
  for (const [after, upTo, count] of counts) assertEquals(grid.count(after, upTo), count);
});

Deno.test("countedBack() returns the n-th last instant of a range", () => {
  const grid = new EvenGrid(0, 1_000);
  const found = [1, 2, 3, 10].map((count) => countedBack(grid, count, -1, 9_500));
  assertEquals(found, [9_000, 8_000, 7_000, 0]);
  assertEquals(countedBack(grid, 1, -1, 9_000), 9_000);
});

const rome = { timeZone: "Europe/Rome" } as const;
const days = { kind: "calendar", every: 1, unit: "days", ...rome } as const;
const recurrences: [what: string, recurrence: Recurrence][] = [
  ["every hour", { kind: "interval", every: 1, unit: "hours", minute: 0, ...rome }],
  ["every minute", { kind: "interval", every: 1, unit: "minutes", second: 0, ...rome }],
  ["every day in the gap and after it", { ...days, times: ["02:30", "03:00"] }],
  ["every day at the end of the gap", { ...days, times: ["03:00"] }],
  ["every day in the repeated hour", { ...days, times: ["02:00", "02:30"] }],
  ["by cron, each half hour", { kind: "cron", expression: "*/30 * * * *", ...rome }],
  ["by cron, at fixed times", { kind: "cron", expression: "0,30 2,3 * * *", ...rome }],
];
const changes: [what: string, from: string, at: string, to: string][] = [
  ["forwards", "2026-03-28 22:00", "2026-03-29 01:00", "2026-03-29 04:00"],
  ["back", "2026-10-24 22:00", "2026-10-25 01:00", "2026-10-25 04:00"],
];
for (const [what, recurrence] of recurrences) {
  for (const [direction, from, at, to] of changes) {
    Deno.test(`count() agrees with next() for ${what} while the clocks are set ${direction}`, () => {
      const grid = gridOf(recurrence, utc(from));
      const edges = [from, at, to].flatMap((text) => [-1, 0, 1].map((ms) => utc(text) + ms));
      for (const after of edges) {
        for (const upTo of edges) {
          assertEquals(
            grid.count(after, upTo),
            walk(grid, after, upTo).length,
            `${after} to ${upTo}`,
          );
        }
      }
    });
  }
}

Deno.test("a clock change of half an hour neither doubles nor drops a run of a schedule every n hours", () => {
  const timeZone = "Australia/Lord_Howe";
  const hour = 3_600_000;
  const day = 24 * hour;
  for (const registered of ["2026-01-01 00:07", "2026-06-01 00:07"]) {
    for (const change of ["2026-04-04 15:00", "2026-10-03 15:30", "2027-04-03 15:00"].map(utc)) {
      if (change < utc(registered)) continue;
      for (let every = 2; every <= 25; every++) {
        for (let minute = 0; minute < 60; minute += 5) {
          const recurrence = { kind: "interval", every, unit: "hours", minute, timeZone } as const;
          const grid = gridOf(recurrence, utc(registered));
          const runs = walk(grid, change - 2 * day, change + 3 * day);
          const what = `${registered}, every ${every} hours at ${minute}, ${new Date(change)}`;
          for (const [index, run] of runs.slice(1).entries()) {
            const late = run - runs[index]! - every * hour;
            assert(Math.abs(late) <= hour, `${what}: ${late} ms late`);
          }
          assertEquals(grid.count(change - 2 * day, change + 3 * day), runs.length, what);
        }
      }
    }
  }
});
