// What is not part of a dispatch or an execution: what became of tasks otherwise, as a counter, and the figures of the
// storage, as observable gauges.

import type { BatchObservableResult, Meter } from "@opentelemetry/api";
import type { TaskEventKind } from "../../events/task_event.ts";
import type { Clock } from "../../time/clock.ts";
import { cached, dear } from "../cached.ts";
import type { EventOrigin, FigureOrigin } from "../monitored.ts";

/** For how long the sizes of the audit tables serve; counting them may take the database a while. */
const auditCacheMs = 60_000;

/** Kinds that the spans and metrics of dispatches and executions do not show, or not as what they are. */
const kinds: readonly TaskEventKind[] = [
  "failed",
  "retrying",
  "cancelled",
  "timeout",
  "missed",
  "lost",
  "stuck",
  "leaseLost",
  "rateLimitDeferred",
  "rateLimitRejected",
  "workerStarved",
];

/** Kinds whose `count` says of how many they tell. */
const aggregated: readonly TaskEventKind[] = ["rateLimitDeferred", "missed"];

/**
 * Starts to observe an instance.
 *
 * @returns A function that ends it.
 */
export function observe(
  everTask: EventOrigin & FigureOrigin,
  meter: Meter,
  clock: Clock,
  cacheMs: number,
): () => void {
  const events = meter.createCounter("evertask.task.events", {
    description: "What became of tasks, but for normal life",
    unit: "{event}",
  });
  const unsubscribe = everTask.events.subscribe(({ kind, taskType, queue, count }) => {
    events.add(aggregated.includes(kind) ? Math.max(1, count) : 1, {
      "evertask.event.kind": kind,
      "evertask.task.type": kind === "workerStarved" ? "" : taskType,
      "messaging.destination.name": queue,
    });
  }, { kinds });

  const backlog = cached(() => everTask.queues.backlog(), cacheMs, clock);
  const statistics = cached(() => everTask.statistics(), cacheMs, clock, dear);
  const workers = cached(() => everTask.workers(), cacheMs, clock);
  const growth = cached(() => everTask.audit.growth(), auditCacheMs, clock, dear);
  const gauge = (name: string, description: string, unit: string) =>
    meter.createObservableGauge(name, { description, unit });
  const queueTasks = gauge("evertask.queue.tasks", "Unfinished tasks", "{task}");
  const oldest = gauge("evertask.queue.oldest_waiting", "Age of the longest waiting task", "s");
  const workerCount = gauge("evertask.workers", "Registered worker processes", "{worker}");
  const auditRows = gauge("evertask.audit.rows", "Rows of the audit tables", "{row}");

  // A storage that cannot be asked leaves a gap in the series; the SDK reports the error.
  const collect = async (result: BatchObservableResult): Promise<void> => {
    const [{ now, queues: waiting }, { queues }, workerList, tables] = await Promise.all([
      backlog(),
      statistics(),
      workers(),
      growth(),
    ]);
    const observeTasks = (queue: string, state: string, count: number): void =>
      result.observe(queueTasks, count, {
        "messaging.destination.name": queue,
        "evertask.task.state": state,
      });
    for (const { queue, due, scheduled, oldestDueAt } of waiting) {
      observeTasks(queue, "due", due);
      observeTasks(queue, "scheduled", scheduled);
      const ageMs = oldestDueAt === null ? 0 : Math.max(0, now - oldestDueAt);
      result.observe(oldest, ageMs / 1000, { "messaging.destination.name": queue });
    }
    for (const { queue, claimed } of queues) observeTasks(queue, "claimed", claimed);
    result.observe(workerCount, workerList.length);
    for (const { table, rows } of tables) {
      result.observe(auditRows, rows, { "evertask.audit.table": table });
    }
  };
  const observables = [queueTasks, oldest, workerCount, auditRows];
  meter.addBatchObservableCallback(collect, observables);
  return () => {
    unsubscribe();
    meter.removeBatchObservableCallback(collect, observables);
  };
}
