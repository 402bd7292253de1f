// Schedules: days, times of day, cron and time zones.

import type { Mutant } from "../mutant.ts";

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

export const calendars: readonly Mutant[] = [
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
    equivalent: "It bounds memory; the results are the same.",
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
    equivalent: "A date beyond the month's end equals no date of the month.",
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
];
