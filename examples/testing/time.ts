// Tests delays, retries and series without waiting, with a clock that only the test advances.

import assert from "node:assert/strict";
import { defineTask, linearRetry } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { assertDispatched, createTestEverTask, FakeClock } from "@evertask/evertask/testing";

// ---- the application: a trial of 14 days with a reminder, and a report every Monday ----

const notes: string[] = [];
const note = (text: string) => void notes.push(`${new Date(clock.now()).toISOString()} ${text}`);

const remind = defineTask<{ user: string }>({
  type: "remind",
  handle: ({ user }) => note(`remind ${user}`),
});

const endTrial = defineTask<{ user: string }>({
  type: "end-trial",
  retry: linearRetry(1, { hours: 1 }),
  handle({ user }, { attempt }) {
    note(`end the trial of ${user}`);
    if (attempt === 1) throw new Error("The billing system is down.");
  },
});

const report = defineTask({
  type: "report",
  handle: (_, { run }) => note(`report ${run!.number}`),
});

async function beginTrial(user: string): Promise<void> {
  await everTask.dispatch(remind, { user }, { delay: { days: 11 } });
  await everTask.dispatch(endTrial, { user }, { delay: { days: 14 } });
}

// ---- its tests ----

// The instance and its storage use the same clock.
const clock = new FakeClock("2026-03-02T09:00:00Z"); // a Monday
const everTask = createTestEverTask({
  storage: memoryStorage({ clock }),
  clock,
  tasks: [remind, endTrial, report],
});

await beginTrial("ada");
await assertDispatched(everTask, remind, { delay: { days: 11 } });
await assertDispatched(everTask, endTrial, { at: "2026-03-16T09:00:00Z" });

// Nothing is due now. Then the clock advances, each task runs at its instant, and a failed one
// again after its delay.
assert.equal((await everTask.drain()).attempts, 0);
const { completed, retried } = await everTask.drain({ withScheduled: true });
assert.deepEqual({ completed, retried }, { completed: 2, retried: 1 });
assert.deepEqual(notes.splice(0), [
  "2026-03-13T09:00:00.000Z remind ada",
  "2026-03-16T09:00:00.000Z end the trial of ada",
  "2026-03-16T10:00:00.000Z end the trial of ada",
]);

// A series has no end, so limit the time by `advance`.
await everTask.dispatch(report, undefined, {
  recurring: (r) => r.everyWeek().onDays("Monday").atTime("08:00"),
});
await everTask.drain({ advance: { days: 14 } });
assert.deepEqual(notes, [
  "2026-03-23T08:00:00.000Z report 1",
  "2026-03-30T08:00:00.000Z report 2",
]);

await everTask.stop();
console.log("Four weeks have gone by.");
