// `evertask status`: the store at a glance.

import type { Command } from "../frame/command.ts";
import type { OperatedStore } from "../frame/operated_store.ts";
import { instantText, manyWords, numberWords } from "../text/words.ts";
import { queueColumns } from "./queues.ts";

/** Sums up the activity of the last hour. */
async function lastHour({ operate }: OperatedStore, now: number) {
  const from = new Date(now - 3_600_000);
  const steps = await operate.activity({ step: "minute", from, to: new Date(now) });
  const sum = { completed: 0, failed: 0, retried: 0, lost: 0 };
  for (const step of steps) {
    sum.completed += step.completed;
    sum.failed += step.failed;
    sum.retried += step.retried;
    sum.lost += step.lost;
  }
  return sum;
}

export const status: Command = {
  name: "status",
  summary: "Show the store at a glance: queues, workers, activity, failures",
  about: "The exit code is 1 if tasks are due and no live worker serves their queue.",
  examples: ["status --storage sqlite:app.db", "status --api https://ops.example.org --json"],
  async run({ print, store, host }) {
    const opened = await store();
    const { operate } = opened;
    const now = host.clock.now();
    const [queues, workers, hour, failures] = await Promise.all([
      operate.queues(),
      operate.workers(),
      lastHour(opened, now),
      operate.failures.list({ limit: 1 }),
    ]);
    const live = workers.filter(({ alive }) => alive).length;
    const stuck = queues.filter(({ due, paused, workerIds }) =>
      due > 0 && !paused && workerIds.length === 0
    );
    // Workers of version 0.1 do not report what they serve.
    const unserved = workers.some(({ alive, serves }) => alive && serves === null) ? [] : stuck;
    const due = queues.reduce((sum, queue) => sum + queue.due, 0);
    const scheduled = queues.reduce((sum, queue) => sum + queue.scheduled, 0);
    const dueExact = queues.every((queue) => queue.dueExact);
    const scheduledExact = queues.every((queue) => queue.scheduledExact);
    const [last = null] = failures.items;
    if (print.isJson) {
      await print.json({
        due,
        dueExact,
        scheduled,
        scheduledExact,
        workers: { live, lost: workers.length - live },
        lastHour: hour,
        lastFailure: last,
        queues,
        unservedQueues: unserved.map(({ queue }) => queue),
      });
    } else {
      const lost = workers.length - live;
      await print.fields([
        ["Due", manyWords(due, "task", dueExact)],
        ["Later", manyWords(scheduled, "task", scheduledExact)],
        [
          "Workers",
          `${numberWords(live)} live${lost === 0 ? "" : `, ${numberWords(lost)} lost`}`,
          live === 0 && due > 0 ? "red" : undefined,
        ],
        [
          "Last hour",
          `${numberWords(hour.completed)} completed, ${numberWords(hour.failed)} failed, ` +
          `${numberWords(hour.retried)} retried, ${numberWords(hour.lost)} lost`,
        ],
        [
          "Last failure",
          last && `${instantText(last.lastAt)} ${last.type}: ${last.summary.split("\n", 1)[0]}`,
        ],
      ]);
      await print.title("");
      await print.items(queueColumns(print.isForPerson, now), [queues]);
      for (const { queue, due, dueExact } of unserved) {
        await print.warn(
          `No live worker serves queue ${queue}, where ${manyWords(due, "task", dueExact)} wait.`,
        );
      }
    }
    return unserved.length > 0 ? 1 : 0;
  },
};
