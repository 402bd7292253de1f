// Measures the speed of computing next occurrences, by kind of schedule: `deno bench
// bench/schedule_bench.ts`. In the first group, one iteration is 1,000 occurrences, each computed
// from the one before, as in a series. "read from its row" parses and compiles the stored JSON, and
// computes one occurrence, as a worker does for a series that is new to it. "a year later" computes
// the next run after a year of downtime.

import { type RecurringInput, toRecurrence } from "../src/schedule/builder.ts";
import { parseRecurrence } from "../src/schedule/recurrence.ts";
import { anchored, occurrenceAfter, runAfter } from "../src/schedule/series.ts";

const start = Date.UTC(2026, 0, 1);
const batch = 1_000;

const kinds: [name: string, input: RecurringInput][] = [
  ["every 5 minutes", (r) => r.every(5).minutes()],
  ["every hour at :15 in Rome", (r) => r.everyHour().atMinute(15).inTimeZone("Europe/Rome")],
  ["every day at 09:00 UTC", (r) => r.everyDay().atTime("09:00")],
  ["every day at 09:00 in Rome", (r) => r.everyDay().atTime("09:00").inTimeZone("Europe/Rome")],
  [
    "working days at two times in Rome",
    (r) => r.everyWeek().onWeekdays().atTimes("09:00", "14:00").inTimeZone("Europe/Rome"),
  ],
  ["last Friday of the month", (r) => r.everyMonth().onLast("Friday")],
  ["cron */5 * * * * in Rome", (r) => r.cron("*/5 * * * *").inTimeZone("Europe/Rome")],
  ["cron 0 9 * * MON-FRI", "0 9 * * MON-FRI"],
  ["cron 0 0 L-3 * *", "0 0 L-3 * *"],
];

for (const [name, input] of kinds) {
  const recurrence = anchored(toRecurrence(input), start);
  Deno.bench(`${name} (x${batch})`, { group: "next occurrence" }, () => {
    let next: number | null = start;
    for (let count = 0; count < batch && next !== null; count++) {
      next = occurrenceAfter(recurrence, next, start);
    }
  });
}

for (const [name, input] of kinds) {
  const row = JSON.stringify(anchored(toRecurrence(input), start));
  Deno.bench(`${name}, read from its row`, { group: "first occurrence" }, () => {
    occurrenceAfter(parseRecurrence(JSON.parse(row)), start, start);
  });
}

for (const [name, input] of kinds) {
  const recurrence = anchored(toRecurrence(input), start);
  const state = { scheduledAt: start, now: start + 365 * 86_400_000, runCount: 1 };
  Deno.bench(`${name}, a year later`, { group: "after a year of downtime" }, () => {
    runAfter(recurrence, state);
  });
}
