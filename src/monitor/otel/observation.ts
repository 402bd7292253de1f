// Additional metrics: a counter of other task events, and observable gauges of the storage's
// statistics.

import { msSince } from "../ms_since.ts";
import { type BatchObservableResult, diag, type Meter } from "@opentelemetry/api";
import type { TaskEventKind } from "../../events/task_event.ts";
import type { Clock } from "../../time/clock.ts";
import { auditRows } from "../audit_rows.ts";
import { cached, type CacheLimits, dear } from "../cached.ts";
import { type EventLabels, knownLabels, withKnownQueues } from "../known_series.ts";
import type { EventOrigin, FigureOrigin } from "../monitored.ts";
import { workerFigures } from "../worker_figures.ts";

/** The time for which the sizes of the audit tables are cached, because they change slowly. */
const auditCacheMs = 60_000;

/**
 * The kinds of events to count: those that the spans and metrics of dispatches and executions do
 * not show, or show only as an error.
 */
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

/** The kinds whose `count` is the number of represented events. */
const aggregated: readonly TaskEventKind[] = ["rateLimitDeferred", "missed"];

/**
 * Starts to observe an instance.
 *
 * @param limits The age of cached answers of the storage, and the time to wait for them.
 * @returns A function that stops the observation.
 */
export function observe(
  everTask: EventOrigin & FigureOrigin,
  meter: Meter,
  clock: Clock,
  limits: CacheLimits,
): () => void {
  const stopCounting = countEvents(everTask, meter);
  const stopMeasuring = measureStorage(everTask, meter, clock, limits);
  return () => {
    stopCounting();
    stopMeasuring();
  };
}

function countEvents(everTask: EventOrigin & FigureOrigin, meter: Meter): () => void {
  const events = meter.createCounter("evertask.task.events", {
    description: "Unusual events of tasks, such as failures and retries",
    unit: "{event}",
  });
  const count = (kind: TaskEventKind, { type, queue }: EventLabels, times: number): void =>
    events.add(times, {
      "evertask.event.kind": kind,
      "evertask.task.type": type,
      "messaging.destination.name": queue,
    });
  for (const kind of kinds) {
    const known = kind === "workerStarved" ? [{ type: "", queue: "" }] : knownLabels(everTask);
    for (const labels of known) count(kind, labels, 0);
  }
  return everTask.events.subscribe((event) => {
    const { kind, taskType, queue } = event;
    const labels = { type: kind === "workerStarved" ? "" : taskType, queue };
    count(kind, labels, aggregated.includes(kind) ? Math.max(1, event.count) : 1);
  }, { kinds });
}

function measureStorage(
  everTask: FigureOrigin,
  meter: Meter,
  clock: Clock,
  limits: CacheLimits,
): () => void {
  const dearLimits = { ...limits, restFactor: dear };
  const backlog = cached(() => everTask.queues.backlog(), dearLimits, clock);
  const queues = cached(
    async () => await everTask.queues.list?.() ?? (await everTask.statistics()).queues,
    dearLimits,
    clock,
  );
  const workers = cached(() => everTask.workers({ includeLost: true }), limits, clock);
  const auditLimits = { ...dearLimits, ageMs: auditCacheMs };
  const audited = cached(() => auditRows(everTask), auditLimits, clock);
  const gauge = (name: string, description: string, unit: string) =>
    meter.createObservableGauge(name, { description, unit });
  const queueTasks = gauge("evertask.queue.tasks", "Unfinished tasks", "{task}");
  const oldest = gauge("evertask.queue.oldest_waiting", "Age of the longest waiting task", "s");
  const workerCount = gauge("evertask.workers", "Worker processes that are alive", "{worker}");
  const heartbeatAge = gauge(
    "evertask.worker.heartbeat_age",
    "Age of the oldest heartbeat of a registered worker",
    "s",
  );
  const auditGauge = gauge(
    "evertask.audit.rows",
    "Rows of the audit tables, estimated if they are large",
    "{row}",
  );

  const collect = async (result: BatchObservableResult): Promise<void> => {
    const observeTasks = (queue: string, state: string, count: number): void =>
      result.observe(queueTasks, count, {
        "messaging.destination.name": queue,
        "evertask.task.state": state,
      });
    const parts = await Promise.allSettled([
      backlog().then(({ now, queues }) => {
        for (const { queue, due, scheduled, oldestDueAt } of withKnownQueues(everTask, queues)) {
          observeTasks(queue, "due", due);
          observeTasks(queue, "scheduled", scheduled);
          const ageMs = msSince(oldestDueAt, now);
          result.observe(oldest, ageMs / 1000, { "messaging.destination.name": queue });
        }
      }),
      queues().then((queues) => {
        for (const { queue, claimed } of withKnownQueues(everTask, queues)) {
          observeTasks(queue, "claimed", claimed);
        }
      }),
      workers().then((list) => {
        const { alive, oldestHeartbeatMs } = workerFigures(list);
        result.observe(workerCount, alive);
        if (oldestHeartbeatMs !== null) result.observe(heartbeatAge, oldestHeartbeatMs / 1000);
      }),
      audited().then((tables) => {
        for (const { table, rows } of tables) {
          result.observe(auditGauge, rows, { "evertask.audit.table": table });
        }
      }),
    ]);
    // A failed query leaves a gap only in its own series.
    for (const part of parts) {
      if (part.status === "rejected") diag.warn("EverTask's storage does not answer", part.reason);
    }
  };
  const observables = [queueTasks, oldest, workerCount, heartbeatAge, auditGauge];
  meter.addBatchObservableCallback(collect, observables);
  return () => meter.removeBatchObservableCallback(collect, observables);
}
