// Tests every method of the builder: its data, sentence, runs and errors.

import { assertEquals, assertThrows } from "@std/assert";
import { buildRecurrence, type RecurringInput, toRecurrence } from "../../src/schedule/builder.ts";
import type { BuiltRecurrence, RecurringBuilder } from "../../src/schedule/builder_stages.ts";
import { describeRecurrence } from "../../src/schedule/describe_recurrence.ts";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import { parseRecurrence } from "../../src/schedule/recurrence.ts";
import { runs } from "./support.ts";

type Configure = (r: RecurringBuilder) => BuiltRecurrence;

/** The instant of registration: Tuesday, 10 March 2026, 12:00:20 UTC. */
const registration = "2026-03-10 12:00:20";

const verbs: [configure: Configure, sentence: string, firstRuns: string][] = [
  [
    (r) => r.every(5).seconds(),
    "every 5 seconds",
    "2026-03-10 12:00:25, 2026-03-10 12:00:30, 2026-03-10 12:00:35",
  ],
  [
    (r) => r.everySecond(),
    "every second",
    "2026-03-10 12:00:21, 2026-03-10 12:00:22, 2026-03-10 12:00:23",
  ],
  [
    (r) => r.schedule().every(5).minutes(),
    "every 5 minutes",
    "2026-03-10 12:05:20, 2026-03-10 12:10:20, 2026-03-10 12:15:20",
  ],
  [
    (r) => r.everyMinute().atSecond(0),
    "every minute at second 0",
    "2026-03-10 12:01, 2026-03-10 12:02, 2026-03-10 12:03",
  ],
  [
    (r) => r.every(5).minutes().atSecond(30),
    "every 5 minutes at second 30",
    "2026-03-10 12:00:30, 2026-03-10 12:05:30, 2026-03-10 12:10:30",
  ],
  [
    (r) => r.everyHour(),
    "every hour",
    "2026-03-10 13:00:20, 2026-03-10 14:00:20, 2026-03-10 15:00:20",
  ],
  [
    (r) => r.every(2).hours().atMinute(15),
    "every 2 hours at :15",
    "2026-03-10 12:15, 2026-03-10 14:15, 2026-03-10 16:15",
  ],
  [
    (r) => r.everyHour().atMinute(0).atSecond(5),
    "every hour at :00:05",
    "2026-03-10 13:00:05, 2026-03-10 14:00:05, 2026-03-10 15:00:05",
  ],
  [
    (r) => r.everyHour().atSecond(30),
    "every hour at second 30",
    "2026-03-10 12:00:30, 2026-03-10 13:00:30, 2026-03-10 14:00:30",
  ],
  [
    (r) => r.everyDay(),
    "every day",
    "2026-03-11 12:00:20, 2026-03-12 12:00:20, 2026-03-13 12:00:20",
  ],
  [
    (r) => r.everyDay().atTime("03:00"),
    "every day at 03:00 UTC",
    "2026-03-11 03:00, 2026-03-12 03:00, 2026-03-13 03:00",
  ],
  [
    (r) => r.everyDay().atTime("14:30:15"),
    "every day at 14:30:15 UTC",
    "2026-03-10 14:30:15, 2026-03-11 14:30:15, 2026-03-12 14:30:15",
  ],
  [
    (r) => r.everyDay().atTimes("14:00", "09:00"),
    "every day at 09:00 and 14:00 UTC",
    "2026-03-10 14:00, 2026-03-11 09:00, 2026-03-11 14:00",
  ],
  [
    (r) => r.every(3).days().atTimes("09:00", "14:00"),
    "every 3 days at 09:00 and 14:00 UTC",
    "2026-03-10 14:00, 2026-03-13 09:00, 2026-03-13 14:00",
  ],
  [
    (r) => r.every(2).days().atTime("09:00"),
    "every 2 days at 09:00 UTC",
    "2026-03-11 09:00, 2026-03-13 09:00, 2026-03-15 09:00",
  ],
  [
    (r) => r.everyWeek(),
    "every week",
    "2026-03-17 12:00:20, 2026-03-24 12:00:20, 2026-03-31 12:00:20",
  ],
  [
    (r) => r.everyWeek().onDay("Friday").atTime("17:00"),
    "every week on Friday at 17:00 UTC",
    "2026-03-13 17:00, 2026-03-20 17:00, 2026-03-27 17:00",
  ],
  [
    (r) => r.every(2).weeks().onDays("Friday", "Monday"),
    "every 2 weeks on Monday and Friday",
    "2026-03-13 00:00, 2026-03-23 00:00, 2026-03-27 00:00",
  ],
  [
    (r) => r.everyWeek().onWeekdays().atTime("08:00"),
    "every week on Monday, Tuesday, Wednesday, Thursday and Friday at 08:00 UTC",
    "2026-03-11 08:00, 2026-03-12 08:00, 2026-03-13 08:00",
  ],
  [
    (r) => r.everyWeek().onWeekends(),
    "every week on Saturday and Sunday",
    "2026-03-14 00:00, 2026-03-15 00:00, 2026-03-21 00:00",
  ],
  [
    (r) => r.onDays("Monday", "Wednesday").atTimes("06:00", "18:00"),
    "every week on Monday and Wednesday at 06:00 and 18:00 UTC",
    "2026-03-11 06:00, 2026-03-11 18:00, 2026-03-16 06:00",
  ],
  [
    (r) => r.onHours(9, 12, 15),
    "every day at 09:00, 12:00 and 15:00 UTC",
    "2026-03-10 15:00, 2026-03-11 09:00, 2026-03-11 12:00",
  ],
  [
    (r) => r.onHours(12).atMinute(30).atSecond(10),
    "every day at 12:30:10 UTC",
    "2026-03-10 12:30:10, 2026-03-11 12:30:10, 2026-03-12 12:30:10",
  ],
  [
    (r) => r.everyMonth(),
    "every month",
    "2026-04-10 12:00:20, 2026-05-10 12:00:20, 2026-06-10 12:00:20",
  ],
  [
    (r) => r.everyMonth().onDay(15).atTime("06:00"),
    "every month on day 15 at 06:00 UTC",
    "2026-03-15 06:00, 2026-04-15 06:00, 2026-05-15 06:00",
  ],
  [
    (r) => r.everyMonth().onDays(15, 1),
    "every month on days 1 and 15",
    "2026-03-15 00:00, 2026-04-01 00:00, 2026-04-15 00:00",
  ],
  [
    (r) => r.every(3).months().onDay(31),
    "every 3 months on day 31",
    "2026-03-31 00:00, 2026-06-30 00:00, 2026-09-30 00:00",
  ],
  [
    (r) => r.everyMonth().onFirst("Monday").atTime("09:00"),
    "every month on the first Monday at 09:00 UTC",
    "2026-04-06 09:00, 2026-05-04 09:00, 2026-06-01 09:00",
  ],
  [
    (r) => r.everyMonth().onLast("Friday"),
    "every month on the last Friday",
    "2026-03-27 00:00, 2026-04-24 00:00, 2026-05-29 00:00",
  ],
  [
    (r) => r.everyMonth().onNth(5, "Friday"),
    "every month on the fifth Friday",
    "2026-05-29 00:00, 2026-07-31 00:00, 2026-10-30 00:00",
  ],
  [
    (r) => r.everyMonth().onFirstWeekday(),
    "every month on the first working day",
    "2026-04-01 00:00, 2026-05-01 00:00, 2026-06-01 00:00",
  ],
  [
    (r) => r.everyMonth().onLastWeekday().atTime("17:00"),
    "every month on the last working day at 17:00 UTC",
    "2026-03-31 17:00, 2026-04-30 17:00, 2026-05-29 17:00",
  ],
  [
    (r) => r.onMonths(1, 4, 7, 10).onDay(1).atTime("06:00"),
    "every January, April, July and October on day 1 at 06:00 UTC",
    "2026-04-01 06:00, 2026-07-01 06:00, 2026-10-01 06:00",
  ],
  [
    (r) => r.onMonths(12),
    "every December",
    "2026-12-01 00:00, 2027-12-01 00:00, 2028-12-01 00:00",
  ],
  [
    (r) => r.cron("*/15 9-17 * * MON-FRI"),
    'cron "*/15 9-17 * * MON-FRI" UTC',
    "2026-03-10 12:15, 2026-03-10 12:30, 2026-03-10 12:45",
  ],
  [
    (r) => r.cron("0 0 13 * FRI", { dayMatch: "both" }),
    'cron "0 0 13 * FRI" (both days must match) UTC',
    "2026-03-13 00:00, 2026-11-13 00:00, 2027-08-13 00:00",
  ],
  [
    (r) => r.runNow().andThen().every(2).hours(),
    "now, then every 2 hours",
    "2026-03-10 14:00:20, 2026-03-10 16:00:20, 2026-03-10 18:00:20",
  ],
  [
    (r) => r.runDelayed({ minutes: 10 }).andThen().everyHour(),
    "after 10 minutes, then every hour",
    "2026-03-10 12:10:20, 2026-03-10 13:10:20, 2026-03-10 14:10:20",
  ],
  [
    (r) => r.runAt("2026-03-12T00:00:00Z").andThen().everyDay().atTime("09:00"),
    "at 2026-03-12T00:00:00Z, then every day at 09:00 UTC",
    "2026-03-12 00:00, 2026-03-12 09:00, 2026-03-13 09:00",
  ],
  [
    (r) => r.everyDay().atTime("09:00").inTimeZone("Europe/Rome"),
    "every day at 09:00 Europe/Rome",
    "2026-03-11 08:00, 2026-03-12 08:00, 2026-03-13 08:00",
  ],
  [
    (r) => r.everyDay().runUntil("2026-03-13T12:00:20Z").onMisfire("once"),
    "every day, until 2026-03-13T12:00:20Z, one run for all that were missed",
    "2026-03-11 12:00:20, 2026-03-12 12:00:20",
  ],
  [
    (r) => r.everyHour().maxRuns(1).onMisfire({ all: 24 }),
    "every hour, at most 1 run, catching up on at most 24 missed runs",
    "2026-03-10 13:00:20, 2026-03-10 14:00:20, 2026-03-10 15:00:20",
  ],
];

for (const [configure, sentence, firstRuns] of verbs) {
  Deno.test(`builder: ${sentence}`, () => {
    assertEquals(runs(configure, registration, 3).join(", "), firstRuns);
    const recurrence = buildRecurrence(configure);
    assertEquals(describeRecurrence(recurrence), sentence);
    assertEquals(parseRecurrence(JSON.parse(JSON.stringify(recurrence))), recurrence);
  });
}

Deno.test("toString() of a built schedule returns its sentence", () => {
  let sentence = "";
  buildRecurrence((r) => {
    const built = r.every(2).days().atTime("09:00").inTimeZone("Europe/Rome").maxRuns(10);
    sentence = `${built}`;
    return built;
  });
  assertEquals(sentence, "every 2 days at 09:00 Europe/Rome, at most 10 runs");
});

Deno.test("no step of the builder is thenable", async () => {
  const configure = async (r: RecurringBuilder) => {
    const start = await r.runNow();
    const rhythm = await start.andThen();
    const step = await rhythm.every(2);
    return await step.hours();
  };
  let built: BuiltRecurrence | undefined;
  let pending: Promise<unknown> | undefined;
  buildRecurrence((r) => {
    pending = configure(r).then((result) => built = result);
    return r.everySecond();
  });
  await pending;
  assertEquals(`${built}`, "now, then every 2 hours");
});

Deno.test("two continuations of a step do not affect each other", () => {
  const [daily, limited] = (() => {
    let both: BuiltRecurrence[] = [];
    buildRecurrence((r) => {
      const base = r.everyDay();
      both = [base.atTime("09:00"), base.maxRuns(3)];
      return base;
    });
    return both;
  })();
  assertEquals([`${daily}`, `${limited}`], ["every day at 09:00 UTC", "every day, at most 3 runs"]);
});

Deno.test("a schedule can be given as a function, as data or as a cron expression", () => {
  const data = { kind: "cron", expression: "0 9 * * *" } as const;
  assertEquals(toRecurrence((r) => r.cron("0 9 * * *")), data);
  assertEquals(toRecurrence(data), data);
  assertEquals(toRecurrence("0 9 * * *"), data);
  assertThrows(() => toRecurrence("every day"), InvalidScheduleError);
});

Deno.test("working days are found in months that begin or end on any day of the week", () => {
  const daysOf = (input: RecurringInput) =>
    runs(input, "2025-12-31 12:00", 12).map((run) => Number(run.slice(8, 10)));
  assertEquals(
    daysOf((r) => r.everyMonth().onFirstWeekday()),
    [1, 2, 2, 1, 1, 1, 1, 3, 1, 1, 2, 1],
  );
  assertEquals(
    daysOf((r) => r.everyMonth().onLastWeekday()),
    [30, 27, 31, 30, 29, 30, 31, 31, 30, 30, 30, 31],
  );
});
