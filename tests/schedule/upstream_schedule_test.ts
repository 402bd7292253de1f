// Tests reading schedules of EverTask for .NET: each is equal to the schedule that our builder
// creates with the same methods.

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { BuiltRecurrence, RecurringBuilder } from "../../src/schedule/builder_stages.ts";
import { buildRecurrence } from "../../src/schedule/builder.ts";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import { fromUpstreamSchedule, isUpstreamSchedule } from "../../src/schedule/upstream_schedule.ts";

const createdAt = Date.parse("2025-01-31T10:20:30.500Z");

/** All members of a schedule, as written by upstream. */
const empty = {
  ...{ RunNow: false, InitialDelay: null, SpecificRunTime: null, CronInterval: null },
  ...{ SecondInterval: null, MinuteInterval: null, HourInterval: null, DayInterval: null },
  ...{ WeekInterval: null, MonthInterval: null, MaxRuns: null, RunUntil: null },
};

const hour = { Interval: 1, OnMinute: null, OnSecond: null, OnHours: [] };
const daily = { Interval: 1, OnTimes: ["00:00:00"], OnDays: [] };
const monthly = {
  ...{ Interval: 1, OnDay: null, OnDays: [], OnFirst: null },
  ...{ OnTimes: ["00:00:00"], OnMonths: [] },
};

const schedules: [words: string, theirs: object, ours: (r: RecurringBuilder) => BuiltRecurrence][] =
  [
    ["EverySecond", { SecondInterval: { Interval: 1 } }, (r) => r.everySecond()],
    ["Every(30).Seconds", { SecondInterval: { Interval: 30 } }, (r) => r.every(30).seconds()],
    [
      "Every(5).Minutes",
      { MinuteInterval: { Interval: 5, OnSecond: 0 } },
      (r) => r.every(5).minutes(),
    ],
    [
      "EveryMinute.AtSecond(30)",
      { MinuteInterval: { Interval: 1, OnSecond: 30 } },
      (r) => r.everyMinute().atSecond(30),
    ],
    ["EveryHour", { HourInterval: hour }, (r) => r.everyHour()],
    [
      "Every(6).Hours.AtMinute(45).AtSecond(10)",
      { HourInterval: { ...hour, Interval: 6, OnMinute: 45, OnSecond: 10 } },
      (r) => r.every(6).hours().atMinute(45).atSecond(10),
    ],
    [
      "OnHours(6, 18).AtMinute(30)",
      { HourInterval: { ...hour, Interval: 0, OnMinute: 30, OnHours: [18, 6] } },
      (r) => r.onHours(6, 18).atMinute(30),
    ],
    [
      "EveryDay.AtTime(14:30)",
      { DayInterval: { ...daily, OnTimes: ["14:30:00"] } },
      (r) => r.everyDay().atTime("14:30"),
    ],
    [
      "Every(2).Days.AtTimes(18:00:30, 09:00)",
      { DayInterval: { ...daily, Interval: 2, OnTimes: ["09:00:00", "18:00:30.1234567"] } },
      (r) => r.every(2).days().atTimes("18:00:30", "09:00"),
    ],
    ["EveryDay", { DayInterval: daily }, (r) => r.everyDay().atTime("00:00")],
    [
      "OnDays(Monday, Wednesday).AtTime(08:00)",
      { DayInterval: { Interval: 0, OnTimes: ["08:00:00"], OnDays: [3, 1] } },
      (r) => r.onDays("Monday", "Wednesday").atTime("08:00"),
    ],
    [
      "EveryWeek.OnDay(Sunday).AtTime(23:59)",
      { WeekInterval: { Interval: 1, OnTimes: ["23:59:00"], OnDays: [0] } },
      (r) => r.everyWeek().onDay("Sunday").atTime("23:59"),
    ],
    [
      "Every(2).Weeks.OnDays(Tuesday, Saturday)",
      { WeekInterval: { Interval: 2, OnTimes: ["00:00:00"], OnDays: [2, 6] } },
      (r) => r.every(2).weeks().onDays("Tuesday", "Saturday").atTime("00:00"),
    ],
    [
      "EveryMonth.OnDay(15).AtTime(06:00)",
      { MonthInterval: { ...monthly, OnDay: 15, OnTimes: ["06:00:00"] } },
      (r) => r.everyMonth().onDay(15).atTime("06:00"),
    ],
    [
      "Every(3).Months.OnDays(1, 15, 31)",
      { MonthInterval: { ...monthly, Interval: 3, OnDays: [31, 1, 15] } },
      (r) => r.every(3).months().onDays(1, 15, 31).atTime("00:00"),
    ],
    [
      "EveryMonth.OnFirst(Monday).AtTimes(10:00, 12:00)",
      { MonthInterval: { ...monthly, OnFirst: 1, OnTimes: ["10:00:00", "12:00:00"] } },
      (r) => r.everyMonth().onFirst("Monday").atTimes("10:00", "12:00"),
    ],
    [
      "OnMonths(1, 7).OnDay(10)",
      { MonthInterval: { ...monthly, Interval: 0, OnDay: 10, OnMonths: [7, 1] } },
      (r) => r.onMonths(1, 7).onDay(10).atTime("00:00"),
    ],
    [
      "EveryMonth from the 31st",
      { MonthInterval: monthly },
      (r) => r.everyMonth().onDay(31).atTime("00:00"),
    ],
    [
      "RunDelayed(1 day).Then.EveryMonth from the 31st",
      { InitialDelay: "1.00:00:00", MonthInterval: monthly },
      (r) => r.everyMonth().onDay(1).atTime("00:00"),
    ],
    [
      "RunAt(the 5th).Then.EveryMonth",
      { SpecificRunTime: "2025-02-05T12:00:00+00:00", MonthInterval: monthly },
      (r) => r.everyMonth().onDay(5).atTime("00:00"),
    ],
    [
      "RunNow.Then.EveryHour.MaxRuns(3).RunUntil(…)",
      {
        ...{ RunNow: true, SpecificRunTime: "2025-01-31T10:20:30.5001234+00:00", MaxRuns: 3 },
        ...{ HourInterval: hour, RunUntil: "2026-01-01T01:00:00.0000000+01:00" },
      },
      (r) => r.everyHour().runUntil("2026-01-01T00:00:00Z").maxRuns(3),
    ],
    [
      "UseCron(0 3 * * 1)",
      { CronInterval: { CronExpression: "0 3 * * 1" } },
      (r) => r.cron("0 3 * * 1", { dayMatch: "both" }),
    ],
    [
      "UseCron(*/10 * * * * *), which overrides all other members",
      { CronInterval: { CronExpression: "*/10 * * * * *" }, HourInterval: hour },
      (r) => r.cron("*/10 * * * * *", { dayMatch: "both" }),
    ],
  ];

for (const [words, theirs, ours] of schedules) {
  Deno.test(`${words} is read as the same schedule of our builder`, () => {
    const expected = buildRecurrence(ours);
    const json = { ...empty, ...theirs };
    assert(isUpstreamSchedule(json));
    assertEquals(fromUpstreamSchedule(json, createdAt), expected);
    // Older versions omit empty members.
    assertEquals(fromUpstreamSchedule(theirs, createdAt), expected);
  });
}

Deno.test("names in any case, quoted numbers and names of days are read as by upstream", () => {
  const json = {
    weekinterval: { interval: "2", ONDAYS: ["monday", "5"], onTimes: ["07:00"] },
    maxRuns: "4",
  };
  assertEquals(
    fromUpstreamSchedule(json, createdAt),
    buildRecurrence((r) =>
      r.every(2).weeks().onDays("Monday", "Friday").atTime("07:00").maxRuns(4)
    ),
  );
});

const unsayable: [json: object, reason: string][] = [
  [{}, "an interval of exactly one kind"],
  [{ RunNow: true }, "an interval of exactly one kind"],
  [{ CronInterval: { CronExpression: "" } }, "an interval of exactly one kind"],
  [
    { MinuteInterval: { Interval: 5 }, HourInterval: { Interval: 1 } },
    'RecurringTask is "MinuteInterval, HourInterval"',
  ],
  [{ SecondInterval: { Interval: 0 } }, "Interval is 0"],
  [{ SecondInterval: { Interval: -1 } }, "Interval is -1"],
  [{ MinuteInterval: { Interval: 1, OnSecond: 60 } }, "OnSecond is 60"],
  [{ HourInterval: { Interval: 2, OnHours: [6] } }, "be 1 where OnHours are listed"],
  [{ HourInterval: { Interval: 1, OnHours: [24] } }, "OnHours[0] is 24"],
  [{ DayInterval: { Interval: 0 } }, "Interval is 0"],
  [{ DayInterval: { Interval: 1, OnTimes: ["25:00:00"] } }, '"25:00:00"'],
  [{ DayInterval: { OnDays: [7] } }, "OnDays[0] is 7"],
  [{ WeekInterval: { Interval: 0 } }, "Interval is 0"],
  [{ WeekInterval: 5 }, "WeekInterval is 5"],
  [{ MonthInterval: { Interval: 1, OnDay: 32 } }, "OnDay is 32"],
  [{ MonthInterval: { Interval: 1, OnDays: [1], OnFirst: 1 } }, "only one of"],
  [{ MonthInterval: { Interval: 2, OnMonths: [1] } }, "be 1 where OnMonths are listed"],
  [{ CronInterval: { CronExpression: "every hour" } }, "cron"],
  [{ HourInterval: hour, TimeZone: "Europe/Rome" }, "TimeZone"],
  [{ HourInterval: { ...hour, OnQuarter: 1 } }, "OnQuarter"],
  [{ HourInterval: hour, MaxRuns: 0 }, "MaxRuns is 0"],
  [{ HourInterval: hour, RunUntil: "soon" }, "RunUntil"],
  [{ HourInterval: hour, InitialDelay: "a day" }, "InitialDelay"],
];

for (const [json, reason] of unsayable) {
  Deno.test(`${JSON.stringify(json)} cannot be converted, and the reason names the value`, () => {
    assertThrows(() => fromUpstreamSchedule(json, createdAt), InvalidScheduleError, reason);
  });
}
