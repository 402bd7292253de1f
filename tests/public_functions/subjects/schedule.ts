// Describes the functions for schedules, and the steps of the builder.

import * as schedule from "../../../src/schedule/mod.ts";
import {
  allOptional,
  duration,
  instant,
  optional,
  optionalOptions,
  options,
  type Shape,
  type Subject,
  type Subjects,
  takes,
} from "../shapes.ts";

const recurrence = options({
  kind: takes("calendar"),
  every: takes(1),
  unit: takes("months"),
  ...allOptional({
    times: takes(["09:00"]),
    monthDays: takes([1]),
    months: takes([1, 2]),
    start: options({ mode: takes("runDelayed"), delayMs: takes(5) }),
    timeZone: takes("Europe/Rome"),
    misfire: { ...options({ all: takes(5) }), kinds: new Set(["object", "text"] as const) },
    runUntil: takes(4e12),
    maxRuns: takes(5),
    anchor: takes(1e12),
  }),
});

/** Describes a method of a step of the builder. `way` makes the calls that lead to the step. */
const step = (
  method: string,
  args: readonly Shape[],
  way: (r: schedule.RecurringBuilder) => object = (r) => r,
): Subject => ({
  name: method,
  call: (...given) =>
    schedule.buildRecurrence((r) => {
      const stage = way(r);
      // deno-lint-ignore no-explicit-any -- any of the builder's stages
      const next: any = Reflect.apply(Reflect.get(stage, method), stage, given);
      if ("andThen" in next) return next.andThen().everyDay();
      return "toRecurrence" in next ? next : next.minutes();
    }),
  args,
});

const weekday = takes("Monday");
const month = (r: schedule.RecurringBuilder) => r.everyMonth();
const week = (r: schedule.RecurringBuilder) => r.everyWeek();

const steps: readonly Subject[] = [
  step("every", [takes(5)]),
  step("runDelayed", [duration]),
  step("runAt", [instant]),
  step("onHours", [takes(5), optional(takes(6))]),
  step("onDays", [weekday, optional(weekday)]),
  step("onMonths", [takes(5), optional(takes(6))]),
  step("cron", [takes("* * * * *"), optionalOptions({ dayMatch: takes("both") })]),
  step("atSecond", [takes(5)], (r) => r.everyMinute()),
  step("atMinute", [takes(5)], (r) => r.everyHour()),
  step("atTime", [takes("09:00")], (r) => r.everyDay()),
  step("atTimes", [takes("09:00"), optional(takes("10:00"))], (r) => r.everyDay()),
  step("onDay", [weekday], week),
  step("onDays", [weekday, optional(weekday)], week),
  step("onDay", [takes(5)], month),
  step("onDays", [takes(5), optional(takes(6))], month),
  step("onFirst", [weekday], month),
  step("onLast", [weekday], month),
  step("onNth", [takes(2), weekday], month),
  step("inTimeZone", [takes("Europe/Rome")], (r) => r.everyDay()),
  step("runUntil", [instant], (r) => r.everyDay()),
  step("maxRuns", [takes(5)], (r) => r.everyDay()),
  step(
    "onMisfire",
    [{ ...options({ all: takes(5) }), kinds: new Set(["object", "text"]) }],
    (r) => r.everyDay(),
  ),
];

export const scheduleSubjects: Subjects = {
  buildRecurrence: [
    {
      call: (configure) => schedule.buildRecurrence(configure),
      args: [takes((r: schedule.RecurringBuilder) => r.everyDay())],
    },
    ...steps,
  ],
  describeRecurrence: [{ call: (given) => schedule.describeRecurrence(given), args: [recurrence] }],
  parseRecurrence: [{ call: (given) => schedule.parseRecurrence(given), args: [recurrence] }],
  nextOccurrence: [{
    call: (...args) => Reflect.apply(schedule.nextOccurrence, null, args),
    args: [recurrence, instant],
  }],
  occurrences: [{
    call: (...args) => {
      for (const _ of Reflect.apply(schedule.occurrences, null, args)) break;
    },
    args: [recurrence, instant],
  }],
  skipTo: [{
    call: (...args) => Reflect.apply(schedule.skipTo, null, args),
    args: [recurrence, instant, instant],
  }],
};
