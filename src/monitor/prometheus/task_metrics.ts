// Metrics from task events: counters by kind, and histograms of waiting and run times. Names are
// upstream's for the metrics that upstream has; units and suffixes follow
// https://prometheus.io/docs/practices/naming/.

import { Counter, Histogram, type Metric } from "prom-client";
import type { TaskEvent, TaskEventKind } from "../../events/task_event.ts";
import type { EventLabels } from "../known_series.ts";
import { BoundedLabel } from "./bounded_label.ts";

const countersByKind: Readonly<Record<TaskEventKind, readonly [name: string, help: string]>> = {
  dispatched: ["tasks_dispatched_total", "Tasks stored by a dispatch"],
  started: ["tasks_started_total", "Executions started"],
  completed: ["tasks_completed_total", "Tasks (or runs of recurring tasks) that completed"],
  failed: ["tasks_failed_total", "Tasks (or runs) that failed after their last attempt"],
  retrying: ["tasks_retried_total", "Attempts that failed and are followed by another"],
  cancelled: ["tasks_cancelled_total", "Tasks that were cancelled"],
  timeout: ["tasks_timed_out_total", "Attempts that exceeded their timeout"],
  recurringScheduled: ["recurring_scheduled_total", "Next runs of recurring tasks that were set"],
  missed: ["occurrences_skipped_total", "Occurrences of recurring tasks missed"],
  lost: ["tasks_lost_total", "Tasks whose worker was lost"],
  stuck: ["tasks_stuck_total", "Handlers that did not end after they were asked to"],
  leaseLost: ["tasks_lease_lost_total", "Executions whose lease another worker has taken over"],
  rateLimitDeferred: ["tasks_rate_limit_deferred_total", "Executions deferred by a rate limit"],
  rateLimitRejected: ["tasks_rate_limit_rejected_total", "Executions rejected by a rate limit"],
  workerStarved: ["worker_starved_total", "Times that the event loop was blocked for too long"],
};

/** The kinds whose `count` is the number of represented events. */
const aggregated: readonly TaskEventKind[] = ["rateLimitDeferred", "missed"];

/**
 * The kinds that end an execution. A timeout does not end an execution: a retry, a failure or a
 * cancellation follows it.
 */
const endings: readonly TaskEventKind[] = ["completed", "failed", "retrying", "cancelled"];

const labelNames = ["task_type", "queue"] as const;
type Labels = (typeof labelNames)[number];

const noTask = { task_type: "", queue: "" };

/** The options of the metrics of events. */
export interface TaskMetricsOptions {
  readonly prefix: string;
  readonly buckets: readonly number[];
  readonly maxTaskTypes: number;
  readonly maxQueues: number;
}

/** Counts events. */
export class TaskMetrics {
  readonly #counters: Readonly<Record<TaskEventKind, Counter<Labels>>>;
  readonly #duration: Histogram<Labels>;
  readonly #wait: Histogram<Labels>;
  readonly #types: BoundedLabel;
  readonly #queues: BoundedLabel;
  /** The types, by queue, whose counters exist. */
  readonly #begun = new Map<string, Set<string>>();

  /** Creates the metrics without registering them. */
  constructor({ prefix, buckets, maxTaskTypes, maxQueues }: TaskMetricsOptions) {
    const counter = (name: string, help: string): Counter<Labels> =>
      new Counter({ name: prefix + name, help, labelNames, registers: [] });
    const histogram = (name: string, help: string): Histogram<Labels> =>
      new Histogram({
        name: prefix + name,
        help,
        labelNames,
        registers: [],
        buckets: [...buckets],
      });
    this.#counters = mapValues(countersByKind, ([name, help]) => counter(name, help));
    this.#duration = histogram("task_duration_seconds", "How long executions took");
    this.#wait = histogram(
      "task_wait_seconds",
      "Time from the due instant of tasks to their start",
    );
    this.#types = new BoundedLabel(maxTaskTypes);
    this.#queues = new BoundedLabel(maxQueues);
    this.#counters.workerStarved.inc(noTask, 0);
  }

  /** All metrics, with their registered names. */
  get metrics(): readonly Metric[] {
    return [...Object.values(this.#counters), this.#duration, this.#wait];
  }

  /** Creates the counters of a type and a queue with 0, so that the first event is an increase. */
  begin({ type, queue }: EventLabels): void {
    this.#begin(this.#labels(type, queue));
  }

  /** Counts one event. */
  record(event: TaskEvent): void {
    const { kind, count, durationMs, waitMs } = event;
    // A blocked event loop cannot be attributed to one task: the event names all types that were
    // running.
    const labels = this.#labels(kind === "workerStarved" ? "" : event.taskType, event.queue);
    this.#begin(labels);
    this.#counters[kind].inc(labels, aggregated.includes(kind) ? Math.max(1, count) : 1);
    if (waitMs !== null) this.#wait.observe(labels, waitMs / 1000);
    if (durationMs !== null && endings.includes(kind)) {
      this.#duration.observe(labels, durationMs / 1000);
    }
  }

  #labels(type: string, queue: string): Record<Labels, string> {
    return {
      task_type: type && this.#types.valueFor(type),
      queue: queue && this.#queues.valueFor(queue),
    };
  }

  #begin(labels: Record<Labels, string>): void {
    const types = this.#begun.get(labels.queue) ?? new Set();
    if (labels.task_type === "" || types.has(labels.task_type)) return;
    this.#begun.set(labels.queue, types.add(labels.task_type));
    const { workerStarved: _, ...counters } = this.#counters;
    for (const counter of Object.values(counters)) counter.inc(labels, 0);
  }
}

function mapValues<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  map: (value: From) => To,
): Record<Key, To> {
  const entries = Object.entries<From>(record).map(([key, value]) => [key, map(value)]);
  return Object.fromEntries(entries) as Record<Key, To>;
}
