// Recurring tasks: schedules from the builder, as a cron expression and as data; and a preview of
// their runs.

import { buildRecurrence, describeRecurrence, occurrences } from "@evertask/evertask/schedule";
import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const report = defineTask<{ to: string }>({
  type: "report",
  handle({ to }, { run }) {
    console.log(`run ${run!.number} for ${to}, planned for ${run!.scheduledAt.toISOString()}`);
  },
});

// A schedule is plain data, and can be examined before anything is stored.
const payday = buildRecurrence((r) =>
  r.everyMonth().onLastWeekday().atTime("09:00").inTimeZone("Europe/Rome")
);
console.log(describeRecurrence(payday));
for (const date of occurrences(payday, "2026-02-01T00:00:00Z")) {
  console.log(`  ${date.toISOString()}`); // 09:00 in Rome: 08:00 UTC in winter, 07:00 in summer
  if (date.getUTCMonth() === 3) break;
}

const everTask = createEverTask({ storage: memoryStorage(), tasks: [report] });
const bothEnded = Promise.withResolvers<void>();
let runsLeft = 5;
everTask.events.subscribe(() => {
  if (--runsLeft === 0) bothEnded.resolve();
}, { kinds: ["completed"] });
await everTask.start();

// Because of the task key, there is one series, even if the program starts several times.
await everTask.dispatch(report, { to: "Ada" }, {
  recurring: (r) => r.runNow().andThen().everySecond().maxRuns(3),
  taskKey: "report-for-ada",
});
await everTask.dispatch(report, { to: "Bob" }, {
  recurring: (r) => r.cron("* * * * * *").maxRuns(2),
  taskKey: "report-for-bob",
});
await everTask.dispatch(report, { to: "the office" }, {
  recurring: "0 9 * * MON-FRI",
  taskKey: "report-for-office",
});
await everTask.dispatch(report, { to: "everybody" }, {
  recurring: payday,
  taskKey: "payday",
});

await bothEnded.promise;
for (const { taskKey, info, runCount, nextRun } of (await everTask.recurring.list()).items) {
  const next = nextRun === null ? "it has ended" : `next on ${nextRun.toISOString()}`;
  console.log(`${taskKey}: ${info}; ${runCount} runs, ${next}`);
}
await everTask.stop();
