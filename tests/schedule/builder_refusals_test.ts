// Tests that the fluent builder rejects invalid values and names them.

import { assertStringIncludes, assertThrows } from "@std/assert";
import { buildRecurrence } from "../../src/schedule/builder.ts";
import type { CompleteSchedule, RecurringBuilder } from "../../src/schedule/builder_stages.ts";

type Configure = (r: RecurringBuilder) => CompleteSchedule;

const refusals: [configure: Configure, message: string][] = [
  [(r) => r.every(0).minutes(), "every is 0"],
  [(r) => r.every(1.5).minutes(), "every is 1.5"],
  [(r) => r.every(NaN).minutes(), "every is NaN"],
  [(r) => r.everyMinute().atSecond(60), "second is 60"],
  [(r) => r.everyMinute().atSecond(-1), "second is -1"],
  [(r) => r.everyHour().atMinute(60), "minute is 60"],
  [(r) => r.everyDay().atTime("24:00"), 'times[0] is "24:00"'],
  [(r) => r.everyDay().atTime("9:00"), 'times[0] is "9:00"'],
  [(r) => r.everyDay().atTimes("09:00", "09:60"), 'times[1] is "09:60"'],
  [(r) => r.onHours(9, 24), "onHours[1] is 24"],
  [(r) => r.onHours(9).atMinute(75), "minute is 75"],
  [(r) => r.onHours(9).atMinute(0).atSecond(75), "second is 75"],
  [(r) => r.onDays("Funday" as "Sunday"), 'weekdays[0] is "Funday"'],
  [(r) => r.onMonths(13), "months[0] is 13"],
  [(r) => r.everyMonth().onDay(32), "monthDays[0] is 32"],
  [(r) => r.everyMonth().onDays(1, 0), "monthDays[1] is 0"],
  [(r) => r.everyMonth().onNth(6 as 5, "Monday"), "nth is 6"],
  [(r) => r.cron("* * * *"), 'cron expression is "* * * *"'],
  [(r) => r.everyDay().inTimeZone("Europe/Atlantis"), 'timeZone is "Europe/Atlantis"'],
  [(r) => r.everyDay().inTimeZone("+02:00"), 'timeZone is "+02:00"'],
  [(r) => r.everyDay().maxRuns(0), "maxRuns is 0"],
  [(r) => r.everyDay().onMisfire({ all: 0 }), "all is 0"],
  [(r) => r.everyDay().onMisfire("never" as "skip"), 'misfire is "never"'],
  [(r) => r.everyDay().runUntil(new Date(NaN)), "runUntil is an invalid Date"],
  [(r) => r.runAt("tomorrow").andThen().everyDay(), 'runAt is "tomorrow"'],
  [(r) => r.runDelayed(-1).andThen().everyDay(), "runDelayed is -1"],
  [(() => undefined) as unknown as Configure, "recurring is undefined"],
  [
    ((r: RecurringBuilder) => r.every(5)) as unknown as Configure,
    '"a unit, as in every(5).minutes()"',
  ],
  [((r: RecurringBuilder) => r) as unknown as Configure, '"a rhythm, as in everyDay()"'],
  [((r: RecurringBuilder) => r.schedule()) as unknown as Configure, '"a rhythm, as in everyDay()"'],
  [
    ((r: RecurringBuilder) => r.runNow()) as unknown as Configure,
    '"a rhythm, as in runNow().andThen().everyDay()"',
  ],
  [
    ((r: RecurringBuilder) => r.runNow().andThen()) as unknown as Configure,
    '"a rhythm, as in everyDay()"',
  ],
];

for (const [configure, message] of refusals) {
  Deno.test(`the builder's error names the value: ${message}`, () => {
    const error = assertThrows(() => buildRecurrence(configure), Error);
    assertStringIncludes(error.message, message);
  });
}
