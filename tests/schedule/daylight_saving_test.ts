// Tests the rules for clock changes with real changes. Times in a gap run once, at its end. Fixed
// times that occur twice run at the first occurrence. Cron intervals run in both passes of a
// repeated hour. Intervals of elapsed time do not change.

import { assertEquals } from "@std/assert";
import type { RecurringInput } from "../../src/schedule/builder.ts";
import { runs } from "./support.ts";

interface Change {
  readonly fact: string;
  readonly schedule: RecurringInput;
  readonly registered: string;
  readonly expected: readonly string[];
}

const changes: readonly Change[] = [
  {
    fact: "Rome, spring: 02:30 is skipped and runs at 03:00 summer time",
    schedule: (r) => r.everyDay().atTime("02:30").inTimeZone("Europe/Rome"),
    registered: "2026-03-28",
    expected: ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"],
  },
  {
    fact: "Rome, spring: several skipped times are one run",
    schedule: (r) =>
      r.everyDay().atTimes("02:00", "02:15", "02:45", "03:00").inTimeZone("Europe/Rome"),
    registered: "2026-03-28 12:00",
    expected: ["2026-03-29 01:00", "2026-03-30 00:00", "2026-03-30 00:15"],
  },
  {
    fact: "Rome, autumn: 02:30 occurs twice and runs the first time",
    schedule: (r) => r.everyDay().atTime("02:30").inTimeZone("Europe/Rome"),
    registered: "2026-10-24 12:00",
    expected: ["2026-10-25 00:30", "2026-10-26 01:30"],
  },
  {
    fact: "Rome, autumn: a series registered in the second pass of 02:30 waits for tomorrow",
    schedule: (r) => r.everyDay().atTime("02:30").inTimeZone("Europe/Rome"),
    registered: "2026-10-25 01:10",
    expected: ["2026-10-26 01:30", "2026-10-27 01:30"],
  },
  {
    fact: "Rome: an unpinned daily schedule keeps its local time over the change",
    schedule: (r) => r.everyDay().inTimeZone("Europe/Rome"),
    registered: "2026-03-27 09:00",
    expected: ["2026-03-28 09:00", "2026-03-29 08:00", "2026-03-30 08:00"],
  },
  {
    fact: "Rome: a daily time that a gap moves is unchanged the next day",
    schedule: (r) => r.everyDay().inTimeZone("Europe/Rome"),
    registered: "2026-03-28 01:30",
    expected: ["2026-03-29 01:00", "2026-03-30 00:30"],
  },
  {
    fact: "Rome, spring: intervals of elapsed time do not change",
    schedule: (r) => r.every(90).minutes().inTimeZone("Europe/Rome"),
    registered: "2026-03-29 00:00",
    expected: ["2026-03-29 01:30", "2026-03-29 03:00", "2026-03-29 04:30"],
  },
  {
    fact: "Rome, autumn: every 2 hours at :15 stays every 2 hours",
    schedule: (r) => r.every(2).hours().atMinute(15).inTimeZone("Europe/Rome"),
    registered: "2026-10-24 22:00",
    expected: ["2026-10-24 22:15", "2026-10-25 00:15", "2026-10-25 02:15"],
  },
  {
    fact: "New York, spring: weekly on Sunday at 02:30 runs at 03:00",
    schedule: (r) => r.everyWeek().onDay("Sunday").atTime("02:30").inTimeZone("America/New_York"),
    registered: "2026-03-05",
    expected: ["2026-03-08 07:00", "2026-03-15 06:30"],
  },
  {
    fact: "New York, autumn: monthly on the first Sunday at 01:30 runs once",
    schedule: (r) =>
      r.everyMonth().onFirst("Sunday").atTime("01:30").inTimeZone("America/New_York"),
    registered: "2026-10-10",
    expected: ["2026-11-01 05:30", "2026-12-06 06:30"],
  },
  {
    fact: "New York: a fixed cron time that is skipped runs at the end of the gap",
    schedule: (r) => r.cron("30 2 * * *").inTimeZone("America/New_York"),
    registered: "2026-03-07",
    expected: ["2026-03-07 07:30", "2026-03-08 07:00", "2026-03-09 06:30"],
  },
  {
    fact: "New York: a fixed cron list runs once in a repeated hour",
    schedule: (r) => r.cron("0,30 1 * * *").inTimeZone("America/New_York"),
    registered: "2026-11-01",
    expected: ["2026-11-01 05:00", "2026-11-01 05:30", "2026-11-02 06:00"],
  },
  {
    fact: "New York: cron intervals run in both passes of a repeated hour",
    schedule: (r) => r.cron("*/30 1 * * *").inTimeZone("America/New_York"),
    registered: "2026-11-01",
    expected: [
      "2026-11-01 05:00",
      "2026-11-01 05:30",
      "2026-11-01 06:00",
      "2026-11-01 06:30",
      "2026-11-02 06:00",
    ],
  },
  {
    fact: "New York: a cron range of hours is an interval, and runs in both passes",
    schedule: (r) => r.cron("45 0-1 * * *").inTimeZone("America/New_York"),
    registered: "2026-11-01",
    expected: ["2026-11-01 04:45", "2026-11-01 05:45", "2026-11-01 06:45", "2026-11-02 05:45"],
  },
  {
    fact: "New York: a cron interval that falls into a gap runs at its end",
    schedule: (r) => r.cron("15 */2 * * *").inTimeZone("America/New_York"),
    registered: "2026-03-08 05:30",
    expected: ["2026-03-08 07:00", "2026-03-08 08:15", "2026-03-08 10:15"],
  },
  {
    fact: "Lord Howe, autumn: the half hour from 01:30 is repeated, and 01:45 runs once",
    schedule: (r) => r.everyDay().atTime("01:45").inTimeZone("Australia/Lord_Howe"),
    registered: "2026-04-03",
    expected: ["2026-04-03 14:45", "2026-04-04 14:45", "2026-04-05 15:15"],
  },
  {
    fact: "Lord Howe, spring: 02:15 is skipped and runs at 02:30",
    schedule: (r) => r.everyDay().atTime("02:15").inTimeZone("Australia/Lord_Howe"),
    registered: "2026-10-02",
    expected: ["2026-10-02 15:45", "2026-10-03 15:30", "2026-10-04 15:15"],
  },
  {
    fact: "Lord Howe, autumn: a cron interval runs in both passes of the half hour",
    schedule: (r) => r.cron("*/15 1 * * *").inTimeZone("Australia/Lord_Howe"),
    registered: "2026-04-04 14:05",
    expected: [
      "2026-04-04 14:15",
      "2026-04-04 14:30",
      "2026-04-04 14:45",
      "2026-04-04 15:00",
      "2026-04-04 15:15",
      "2026-04-05 14:30",
    ],
  },
  {
    fact:
      "Lord Howe: every hour at :10 stays at :10 on the clocks, though they change by half an hour",
    schedule: (r) => r.everyHour().atMinute(10).inTimeZone("Australia/Lord_Howe"),
    registered: "2026-04-04 13:00",
    expected: ["2026-04-04 13:10", "2026-04-04 14:10", "2026-04-04 15:40", "2026-04-04 16:40"],
  },
  {
    fact:
      "Lord Howe, spring: a series registered before the change begins at the pinned minute after it",
    schedule: (r) => r.everyHour().atMinute(15).inTimeZone("Australia/Lord_Howe"),
    registered: "2026-10-03 15:10",
    expected: ["2026-10-03 16:15", "2026-10-03 17:15", "2026-10-03 18:15"],
  },
  {
    fact:
      "Lord Howe, autumn: a series registered before the change begins at the pinned minute after it",
    schedule: (r) => r.everyHour().atMinute(15).inTimeZone("Australia/Lord_Howe"),
    registered: "2026-04-04 14:20",
    expected: ["2026-04-04 15:45", "2026-04-04 16:45", "2026-04-04 17:45"],
  },
  {
    fact: "Lord Howe, spring: every 8 hours does not run twice within half an hour",
    schedule: (r) => r.every(8).hours().atMinute(55).inTimeZone("Australia/Lord_Howe"),
    registered: "2026-10-03 15:00",
    expected: ["2026-10-03 15:25", "2026-10-03 23:55", "2026-10-04 07:55"],
  },
  {
    fact:
      "Rome, autumn: a schedule of 2 days registered in the second pass of 02:30 begins tomorrow",
    schedule: (r) => r.every(2).days().atTime("02:30").inTimeZone("Europe/Rome"),
    registered: "2026-10-25 01:10",
    expected: ["2026-10-26 01:30", "2026-10-28 01:30"],
  },
  {
    fact:
      "Rome, autumn: an unpinned schedule of 2 days is counted from its registration in the second pass",
    schedule: (r) => r.every(2).days().inTimeZone("Europe/Rome"),
    registered: "2026-10-25 01:10",
    expected: ["2026-10-27 01:10", "2026-10-29 01:10"],
  },
  {
    fact: "Monrovia 1972: every minute at second 0 stays there, though the clocks move by 44:30",
    schedule: (r) => r.everyMinute().atSecond(0).inTimeZone("Africa/Monrovia"),
    registered: "1972-01-07 00:42:40",
    expected: ["1972-01-07 00:43:30", "1972-01-07 00:45", "1972-01-07 00:46"],
  },
  {
    fact: "São Paulo 2018: midnight is skipped and runs at 01:00",
    schedule: (r) => r.everyDay().atTime("00:00").inTimeZone("America/Sao_Paulo"),
    registered: "2018-11-03 00:00",
    expected: ["2018-11-03 03:00", "2018-11-04 03:00", "2018-11-05 02:00"],
  },
  {
    fact: "São Paulo 2018: 23:30 before the change back occurs twice and runs once",
    schedule: (r) => r.everyDay().atTime("23:30").inTimeZone("America/Sao_Paulo"),
    registered: "2018-02-17 00:00",
    expected: ["2018-02-17 01:30", "2018-02-18 01:30", "2018-02-19 02:30"],
  },
  {
    fact: "São Paulo 2025: midnight does not move, because there is no daylight saving",
    schedule: (r) => r.everyDay().atTime("00:00").inTimeZone("America/Sao_Paulo"),
    registered: "2025-11-01 12:00",
    expected: ["2025-11-02 03:00", "2025-11-03 03:00"],
  },
  {
    fact: "Casablanca: the clocks go back for Ramadan and forward after it",
    schedule: (r) => r.everyDay().atTime("02:30").inTimeZone("Africa/Casablanca"),
    registered: "2025-02-22 12:00",
    // The offset is +01:00, and +00:00 from 23 February at 03:00: 02:30 occurs twice.
    expected: ["2025-02-23 01:30", "2025-02-24 02:30", "2025-02-25 02:30"],
  },
  {
    fact: "Casablanca: an hour is skipped after Ramadan, and 02:30 runs at its end",
    schedule: (r) => r.everyDay().atTime("02:30").inTimeZone("Africa/Casablanca"),
    registered: "2025-04-05 00:00",
    expected: ["2025-04-05 02:30", "2025-04-06 02:00", "2025-04-07 01:30"],
  },
  {
    fact: "Apia 2011: the skipped 30 December runs as the 31st begins",
    schedule: (r) => r.everyDay().atTime("09:00").inTimeZone("Pacific/Apia"),
    registered: "2011-12-29 00:00",
    expected: ["2011-12-29 19:00", "2011-12-30 10:00", "2011-12-30 19:00", "2011-12-31 19:00"],
  },
  {
    fact:
      "Apia 2011: a cron expression for Fridays runs as the 31st begins, because the 30th is a Friday",
    schedule: (r) => r.cron("0 9 * * FRI").inTimeZone("Pacific/Apia"),
    registered: "2011-12-29 00:00",
    expected: ["2011-12-30 10:00", "2012-01-05 19:00"],
  },
  {
    fact: "Kiritimati 1994: midnight of the skipped 31 December and of 1 January are one run",
    schedule: (r) => r.everyDay().atTime("00:00").inTimeZone("Pacific/Kiritimati"),
    registered: "1994-12-30 00:00",
    expected: ["1994-12-30 10:00", "1994-12-31 10:00", "1995-01-01 10:00"],
  },
];

for (const { fact, schedule, registered, expected } of changes) {
  Deno.test(`clock change in ${fact}`, () => {
    assertEquals(runs(schedule, registered, expected.length), expected);
  });
}
