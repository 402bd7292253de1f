// Gauges of the storage's statistics about the whole system. Every process that shares the storage
// reports the same values.

import { msSince } from "../ms_since.ts";
import { Gauge } from "prom-client";
import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../time/clock.ts";
import { auditRows } from "../audit_rows.ts";
import { cached, dear } from "../cached.ts";
import { withKnownQueues } from "../known_series.ts";
import type { FigureOrigin } from "../monitored.ts";
import { workerFigures } from "../worker_figures.ts";
import { BoundedLabel } from "./bounded_label.ts";

/** The options of the storage's gauges. */
export interface StorageMetricsOptions {
  readonly prefix: string;
  readonly everTask: FigureOrigin;
  readonly cacheMs: number;
  readonly auditCacheMs: number;
  readonly timeoutMs: number;
  readonly maxQueues: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Add<Label extends string> = (labels: Record<Label, string>, value: number) => void;

/** Creates the gauges without registering them. They query the storage when they are collected. */
export function storageMetrics(options: StorageMetricsOptions): readonly Gauge[] {
  const { prefix, everTask, clock, logger, timeoutMs, cacheMs: ageMs, auditCacheMs } = options;
  const queueLabel = new BoundedLabel(options.maxQueues);
  const limits = { ageMs, timeoutMs };
  const dearLimits = { ...limits, restFactor: dear };
  const backlog = cached(() => everTask.queues.backlog(), dearLimits, clock);
  const statistics = cached(() => everTask.statistics(), dearLimits, clock);
  const workers = cached(() => everTask.workers({ includeLost: true }), limits, clock);
  const audited = cached(
    () => auditRows(everTask),
    { ...dearLimits, ageMs: auditCacheMs },
    clock,
  );
  const gauges: Gauge[] = [];

  /**
   * Creates a gauge. If the storage cannot be queried, the gauge has no values instead of old
   * values.
   */
  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (add: Add<Label>) => Promise<unknown>,
    aggregator: "max" | "min" = "max",
  ): void {
    let isFailing = false;
    gauges.push(
      new Gauge<Label>({
        name: prefix + name,
        help,
        labelNames,
        // The processes of a cluster report the same storage, so their values must not be added.
        aggregator,
        registers: [],
        async collect() {
          // The values are set together after all were read, because scrapes may overlap.
          const series: [labels: Record<Label, string>, value: number][] = [];
          try {
            await read((labels, value) => series.push([labels, value]));
            isFailing = false;
          } catch (error) {
            if (!isFailing) {
              logger.warn("Metric {name} cannot be read from storage: {error}", { name, error });
            }
            isFailing = true;
          }
          this.reset();
          // A gauge without labels would otherwise be 0.
          if (labelNames.length === 0) this.remove();
          for (const [labels, value] of series) this.inc(labels, value);
        },
      }) as Gauge,
    );
  }

  gauge(
    "storage_up",
    "Whether the storage has answered (1) or not (0)",
    [],
    async (add) => add({}, await workers().then(() => 1, () => 0)),
    "min",
  );
  gauge(
    "tasks",
    "Stored tasks by status, ended ones estimated if there are many",
    ["status"],
    async (add) => {
      const { tasksByStatus } = await statistics();
      for (const [status, count] of Object.entries(tasksByStatus)) add({ status }, count);
    },
  );
  gauge("queue_tasks", "Unfinished tasks by queue and state", ["queue", "state"], async (add) => {
    await allOf([
      backlog().then(({ queues }) => {
        for (const { queue, due, scheduled } of withKnownQueues(everTask, queues)) {
          const label = queueLabel.valueFor(queue);
          add({ queue: label, state: "due" }, due);
          add({ queue: label, state: "scheduled" }, scheduled);
        }
      }),
      statistics().then(({ queues }) => {
        for (const { queue, claimed } of withKnownQueues(everTask, queues)) {
          add({ queue: queueLabel.valueFor(queue), state: "claimed" }, claimed);
        }
      }),
    ]);
  });
  gauge("queues_paused", "Queues that are paused", [], async (add) => {
    add({}, (await backlog()).queues.filter(({ paused }) => paused).length);
  });
  gauge(
    "oldest_waiting_seconds",
    "Time for which the longest due task has waited",
    ["queue"],
    async (add) => {
      const { now, queues } = await backlog();
      const ages = new Map<string, number>();
      for (const { queue, oldestDueAt } of withKnownQueues(everTask, queues)) {
        const label = queueLabel.valueFor(queue);
        const age = msSince(oldestDueAt, now);
        ages.set(label, Math.max(ages.get(label) ?? 0, age));
      }
      for (const [queue, age] of ages) add({ queue }, age / 1000);
    },
  );
  gauge("workers", "Worker processes that are alive", [], async (add) => {
    add({}, workerFigures(await workers()).alive);
  });
  gauge(
    "heartbeat_age_seconds",
    "Age of the oldest heartbeat of a registered worker",
    [],
    async (add) => {
      const { oldestHeartbeatMs } = workerFigures(await workers());
      if (oldestHeartbeatMs !== null) add({}, oldestHeartbeatMs / 1000);
    },
  );
  gauge(
    "audit_rows",
    "Rows of the audit tables and the execution log, estimated if they are large",
    ["table"],
    async (add) => {
      for (const { table, rows } of await audited()) add({ table }, rows);
    },
  );
  return gauges;
}

/** Waits for all promises. Rejects with the first error, but only after all have settled. */
async function allOf(parts: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(parts)) {
    if (result.status === "rejected") throw result.reason;
  }
}
