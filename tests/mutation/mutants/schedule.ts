// Schedules: grids, clock changes, cron and the life of series.

import { type Mutant, mutantsOf } from "../mutant.ts";

const grid = "src/schedule/grid.ts";
const gridTests = ["tests/schedule/grid_test.ts"];
const series = "src/schedule/series.ts";
const seriesTests = ["tests/schedule/series_test.ts"];
const pinnedGrid = "src/schedule/pinned_grid.ts";
const pinnedGridTests = ["tests/schedule/grid_test.ts", "tests/schedule/daylight_saving_test.ts"];
const wallClockGrid = "src/schedule/wall_clock_grid.ts";
const wallClockGridTests = ["tests/schedule/daylight_saving_test.ts"];
const calendarDays = "src/schedule/calendar_days.ts";
const calendarDaysTests = [
  "tests/schedule/builder_test.ts",
  "tests/schedule/plain_reading_test.ts",
];
const timesOfDay = "src/schedule/times_of_day.ts";
const timesOfDayTests = [
  "tests/schedule/random_cron_test.ts",
  "tests/schedule/plain_reading_test.ts",
];
const cronExpression = "src/schedule/cron_expression.ts";
const cronExpressionTests = ["tests/schedule/cron_test.ts"];
const cronFields = "src/schedule/cron_fields.ts";
const cronFieldsTests = ["tests/schedule/cron_test.ts"];
const cronSpecials = "src/schedule/cron_specials.ts";
const cronSpecialsTests = ["tests/schedule/cron_test.ts"];
const cronDays = "src/schedule/cron_days.ts";
const cronDaysTests = ["tests/schedule/cron_test.ts"];
const compile = "src/schedule/compile.ts";
const compileTests = ["tests/schedule/builder_test.ts", "tests/schedule/plain_reading_test.ts"];
const timeZone = "src/schedule/time_zone.ts";
const timeZoneTests = [
  "tests/schedule/time_zone_test.ts",
  "tests/schedule/daylight_saving_test.ts",
];
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
    ["if (wasSetBack) this.#provenOffset = -Infinity;", ""],
    ["setBackMs > readingErrorMs", "setBackMs > 0"],
    ["this.#provenOffset - (storageNow - askedAt)", "this.#provenOffset - this.#offset"],
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
    equivalent: "It looks again from there, and finds the same instant.",
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
    file: calendarDays,
    original: "modulo(this.#phase - current, this.#every)",
    replacement: "0",
    tests: calendarDaysTests,
  },
  {
    file: calendarDays,
    original: "found <= last ? [found] : []",
    replacement: "[found]",
    tests: calendarDaysTests,
  },
  {
    file: calendarDays,
    original: "weekday < 5 ? first",
    replacement: "weekday <= 5 ? first",
    tests: calendarDaysTests,
  },
  {
    file: calendarDays,
    original: "Math.max(0, weekdayOf(last) - 4)",
    replacement: "Math.max(0, weekdayOf(last) - 5)",
    tests: calendarDaysTests,
  },
  {
    file: calendarDays,
    original: "Math.min(first + date - 1, last)",
    replacement: "first + date - 1",
    tests: calendarDaysTests,
  },
  {
    file: calendarDays,
    original: "this.#phase = this.#periods.indexOf(first ?? notBefore);",
    replacement: "this.#phase = this.#periods.indexOf(notBefore);",
    tests: calendarDaysTests,
  },
  {
    file: timesOfDay,
    original: "if (!this.#minutes.has(m)) return count;",
    replacement: "",
    tests: ["tests/schedule/times_of_day_test.ts"],
  },
  {
    file: timesOfDay,
    original: "this.#minutes.atOrAfter(m + 1)",
    replacement: "this.#minutes.atOrAfter(m)",
    tests: timesOfDayTests,
  },
  {
    file: timesOfDay,
    original: `(candidate) => candidate >= time);
  }`,
    replacement: `(candidate) => candidate > time);
  }`,
    tests: timesOfDayTests,
  },
  {
    file: cronExpression,
    original: "if (known.size >= maximumKnown) known.clear();",
    replacement: "",
    tests: cronExpressionTests,
    equivalent: "It bounds memory; what is computed is the same.",
  },
  {
    file: cronExpression,
    original: `isInterval ? "both" : "first"`,
    replacement: `"first"`,
    tests: ["tests/schedule/daylight_saving_test.ts"],
  },
  {
    file: cronExpression,
    original: "`${dayMatch} ${expression}`",
    replacement: "expression",
    tests: cronExpressionTests,
  },
  {
    file: cronFields,
    original: "if (high < low) high += size;",
    replacement: "",
    tests: cronFieldsTests,
  },
  {
    file: cronFields,
    original: "step < 1 || step > span",
    replacement: "step < 1",
    tests: cronFieldsTests,
  },
  {
    file: cronFields,
    original: "else if (stepText !== undefined) high = max;",
    replacement: "",
    tests: cronFieldsTests,
  },
  {
    file: cronSpecials,
    original: "return date > 1 ? date - 1 : date + 2;",
    replacement: "return date - 1;",
    tests: cronSpecialsTests,
  },
  {
    file: cronSpecials,
    original: "return date < month.length ? date + 1 : date - 2;",
    replacement: "return date + 1;",
    tests: cronSpecialsTests,
  },
  {
    file: cronSpecials,
    original: `date <= month.length ? date : undefined;
  };`,
    replacement: `date;
  };`,
    tests: cronSpecialsTests,
    equivalent: "A date that the month does not have is looked for in no month.",
  },
  {
    file: cronDays,
    original: `dayMatch === "either" && !dates.isEvery && !weekdays.isEvery`,
    replacement: `dayMatch === "either"`,
    tests: cronDaysTests,
  },
  {
    file: compile,
    original: `pinsDay(recurrence) ? ["00:00"] : undefined`,
    replacement: "undefined",
    tests: compileTests,
  },
  {
    file: compile,
    original: "recurrence.minute === undefined ? minute : hour",
    replacement: "hour",
    tests: compileTests,
  },
  {
    file: compile,
    original: ".dayAfter(anchor - 1)",
    replacement: ".dayAfter(anchor)",
    tests: [
      "tests/schedule/builder_test.ts",
      "tests/schedule/series_test.ts",
      "tests/schedule/plain_reading_test.ts",
    ],
  },
  {
    file: timeZone,
    original: "if (transition.at > instant) break;",
    replacement: "if (transition.at >= instant) break;",
    tests: timeZoneTests,
  },
  {
    file: timeZone,
    original: "if (transition.at > after) return transition;",
    replacement: "if (transition.at >= after) return transition;",
    tests: ["tests/schedule/time_zone_test.ts"],
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
