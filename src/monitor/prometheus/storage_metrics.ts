// What the storage says of the whole system, as gauges: every process that shares the storage reports the same.

import { Gauge, type Registry } from "prom-client";
import type { Logger } from "../../log/logger.ts";
import type { Clock } from "../../time/clock.ts";
import { cached, dear } from "../cached.ts";
import type { FigureOrigin } from "../monitored.ts";
import { BoundedLabel } from "./bounded_label.ts";

/** What the gauges of the storage are made with. */
export interface StorageMetricsOptions {
  readonly registry: Registry;
  readonly prefix: string;
  readonly everTask: FigureOrigin;
  readonly cacheMs: number;
  readonly auditCacheMs: number;
  readonly maxQueues: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Registers the gauges; they ask the storage when they are collected. */
export function registerStorageMetrics(options: StorageMetricsOptions): void {
  const { registry, prefix, everTask, clock, logger } = options;
  const queueLabel = new BoundedLabel(options.maxQueues);
  const backlog = cached(() => everTask.queues.backlog(), options.cacheMs, clock);
  const statistics = cached(() => everTask.statistics(), options.cacheMs, clock, dear);
  const workers = cached(() => everTask.workers(), options.cacheMs, clock);
  const auditGrowth = cached(() => everTask.audit.growth(), options.auditCacheMs, clock, dear);

  /** A gauge without values when the storage cannot be asked: better none than old ones. */
  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: (add: (labels: Record<Label, string>, value: number) => void) => Promise<void>,
  ): void {
    new Gauge<Label>({
      name: prefix + name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        // Put in at once after all was read: scrapes may overlap.
        const series: [labels: Record<Label, string>, value: number][] = [];
        try {
          await read((labels, value) => series.push([labels, value]));
        } catch (error) {
          series.length = 0;
          logger.warn("Metric {name} could not be read from storage: {error}", { name, error });
        }
        this.reset();
        for (const [labels, value] of series) this.inc(labels, value);
      },
    });
  }

  gauge("storage_up", "Whether the storage could be asked (1) or not (0)", [], async (add) => {
    add({}, await backlog().then(() => 1, () => 0));
  });
  gauge("tasks", "Stored tasks by status", ["status"], async (add) => {
    const { tasksByStatus } = await statistics();
    for (const [status, count] of Object.entries(tasksByStatus)) add({ status }, count);
  });
  gauge("queue_tasks", "Unfinished tasks by queue and state", ["queue", "state"], async (add) => {
    for (const { queue, due, scheduled } of (await backlog()).queues) {
      const label = queueLabel.valueFor(queue);
      add({ queue: label, state: "due" }, due);
      add({ queue: label, state: "scheduled" }, scheduled);
    }
    for (const { queue, claimed } of (await statistics()).queues) {
      add({ queue: queueLabel.valueFor(queue), state: "claimed" }, claimed);
    }
  });
  gauge("queues_paused", "Queues that are paused", [], async (add) => {
    add({}, (await backlog()).queues.filter(({ paused }) => paused).length);
  });
  gauge(
    "oldest_waiting_seconds",
    "How long the longest waiting due task has waited",
    ["queue"],
    async (add) => {
      const { now, queues } = await backlog();
      const ages = new Map<string, number>();
      for (const { queue, oldestDueAt } of queues) {
        const label = queueLabel.valueFor(queue);
        const age = oldestDueAt === null ? 0 : Math.max(0, now - oldestDueAt);
        ages.set(label, Math.max(ages.get(label) ?? 0, age));
      }
      for (const [queue, age] of ages) add({ queue }, age / 1000);
    },
  );
  gauge("workers", "Registered worker processes", [], async (add) => {
    add({}, (await workers()).length);
  });
  gauge("audit_rows", "Rows of the audit tables and the execution log", ["table"], async (add) => {
    for (const { table, rows } of await auditGrowth()) add({ table }, rows);
  });
}
