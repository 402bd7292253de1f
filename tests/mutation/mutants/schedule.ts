// Schedules: grids, clock changes and the life of series.

import { type Mutant, mutantsOf } from "../mutant.ts";

const grid = "src/schedule/grid.ts";
const gridTests = ["tests/schedule/grid_test.ts"];
const series = "src/schedule/series.ts";
const seriesTests = ["tests/schedule/series_test.ts"];
const pinnedGrid = "src/schedule/pinned_grid.ts";
const pinnedGridTests = ["tests/schedule/grid_test.ts", "tests/schedule/daylight_saving_test.ts"];
const wallClockGrid = "src/schedule/wall_clock_grid.ts";
const wallClockGridTests = ["tests/schedule/daylight_saving_test.ts"];
const recurring = "src/application/recurring.ts";
const recurringTests = [
  "tests/schedule/engine/registration_test.ts",
  "tests/schedule/engine/extra_run_test.ts",
];

export const schedule: readonly Mutant[] = [
  ...mutantsOf({
    file: "src/schedule/clock_set_back.ts",
    tests: ["tests/schedule/clock_set_back_test.ts"],
  }, [
    ["nextRunAt <= latestNow || now < earliestPresent", "nextRunAt <= latestNow"],
    ["registrationOf(recurrence) > latestNow", "recurrence.anchor > latestNow"],
    ['if (start?.mode === "runAt") return -Infinity;', ""],
    ["latest === null || nextRunAt <= latest", "nextRunAt <= now"],
    ["aheadMs ?? 2 * (first - now)", "aheadMs ?? 0"],
    ["isSecond && wasAheadMs + readingErrorMs < nextRunAt - first", "isSecond"],
    ["hasStarted ? withoutStart(recurrence) : recurrence", "recurrence"],
    ["nextRunAt: first, anchorAt: recurrence.anchor", "nextRunAt: first, anchorAt: now"],
  ]),
  ...mutantsOf({
    file: "src/time/storage_clock.ts",
    tests: ["tests/time/storage_clock_test.ts"],
  }, [
    ["if (wasSetBack) this.#provenOffset = -Infinity;", "if (wasSetBack) void most;"],
    ["setBackMs > readingErrorMs", "setBackMs > 0"],
    ["this.#provenOffset - most", "this.#provenOffset - this.#offset"],
    ["else if (isPrompt)", "else"],
    ["this.#provenOffset = Math.min(this.#provenOffset, most);", "void most;"],
    ["this.#offset = isLate ?", "this.#offset = now < 0 ?"],
  ]),
  ...mutantsOf({
    file: "src/worker/lease/set_back_corrector.ts",
    tests: ["tests/schedule/engine/clock_set_back_test.ts"],
    filter: "memory",
  }, [
    ["this.#looksLeft--;", ""],
    ["#looksLeft = 1;", "#looksLeft = 0;"],
    ["this.#looksLeft = Math.max(this.#looksLeft, 1);", ""],
    ["this.#looksLeft = looksAfterSetBack;", ""],
    ["this.#nextLookAt = -Infinity;", "this.#nextLookAt = Infinity;"],
    ["if (times === null && latestDueAt >= dueAt) return null;", ""],
    ['if (status === "Queued" || status === "ServiceStopped") return now;', ""],
    ["now + (dueAt - lastExecutionAt)", "now"],
    ["latestNow < lastExecutionAt && lastExecutionAt <= dueAt", "false"],
  ]),
  {
    file: grid,
    original: "Math.max(0, Math.floor((instant - this.#origin) / this.#step) + 1)",
    replacement: "Math.floor((instant - this.#origin) / this.#step) + 1",
    tests: gridTests,
  },
  {
    file: grid,
    original: "upTo <= after ? 0 : ",
    replacement: "",
    tests: gridTests,
  },
  {
    file: grid,
    original: "if (grid.count(middle, upTo) >= count) early = middle;",
    replacement: "if (grid.count(middle, upTo) > count) early = middle;",
    tests: gridTests,
  },
  {
    file: series,
    original: "state.scheduledAt >= state.servedSince - restartMs",
    replacement: "state.scheduledAt > state.servedSince - restartMs",
    tests: seriesTests,
  },
  {
    file: series,
    original: "if (runCount >= maxRuns) return",
    replacement: "if (runCount > maxRuns) return",
    tests: seriesTests,
  },
  {
    file: series,
    original: "next >= runUntil || next > latestInstant",
    replacement: "next > runUntil || next > latestInstant",
    tests: seriesTests,
  },
  {
    file: series,
    original: "if (due <= 1) return",
    replacement: "if (due < 1) return",
    tests: seriesTests,
  },
  {
    file: series,
    original: "Math.min(policy.all, due)",
    replacement: "policy.all",
    tests: seriesTests,
  },
  {
    file: series,
    original: "(recurrence.runUntil ?? Infinity) - 1",
    replacement: "recurrence.runUntil ?? Infinity",
    tests: ["tests/schedule/series_test.ts", "tests/schedule/recurrence_test.ts"],
  },
  {
    file: series,
    original: "start.at >= registeredAt",
    replacement: "start.at > registeredAt",
    tests: seriesTests,
  },
  {
    file: series,
    original: `misfire === "skip" && isDelayed ? "once" : misfire`,
    replacement: "misfire",
    tests: seriesTests,
  },
  {
    file: series,
    original: "next > latestInstant ? null",
    replacement: "false ? null",
    tests: ["tests/schedule/last_year_test.ts"],
  },
  {
    file: pinnedGrid,
    original: "from = change.at - 1;",
    replacement: "from = change.at;",
    tests: pinnedGridTests,
  },
  {
    file: pinnedGrid,
    original: "while (this.#at(index) <= after) index++;",
    replacement: "index++;",
    tests: pinnedGridTests,
  },
  {
    file: pinnedGrid,
    original: "this.#at(index) <= instant ? index + 1 : index",
    replacement: "index + 1",
    tests: pinnedGridTests,
  },
  {
    file: wallClockGrid,
    original: `this.#repeated === "both" ? Math.min(offsetBefore, offsetAfter) : offsetBefore`,
    replacement: "Math.min(offsetBefore, offsetAfter)",
    tests: wallClockGridTests,
  },
  {
    file: wallClockGrid,
    original: "if (resumed <= change.at + change.offsetAfter) return change.at;",
    replacement: "if (resumed < change.at + change.offsetAfter) return change.at;",
    tests: wallClockGridTests,
    equivalent: "The search continues after the change, and finds the same instant.",
  },
  {
    file: wallClockGrid,
    original: "from = Math.max(from, change.at + change.offsetBefore);",
    replacement: "from = change.at + change.offsetBefore;",
    tests: ["tests/schedule/daylight_saving_test.ts", "tests/schedule/plain_reading_test.ts"],
  },
  {
    file: wallClockGrid,
    original: `total++;
        from = firstShown + second;`,
    replacement: "total++;",
    tests: ["tests/schedule/grid_test.ts"],
  },
  {
    file: recurring,
    original: "if (due) this.#refresh();",
    replacement: "",
    tests: recurringTests,
  },
  {
    file: recurring,
    original: "lastExecutionAt === null ? null : new Date(lastExecutionAt)",
    replacement: "nextRunAt === null ? null : new Date(nextRunAt)",
    tests: recurringTests,
  },
];
