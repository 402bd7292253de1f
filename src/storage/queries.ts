// What can be read from storage, and what log lines are written to it: filters, pages, statistics.

import type { ExecutionLogRecord } from "./records.ts";
import type { TaskStatus } from "./task_status.ts";

/**
 * Which tasks to list. Absent means any, an empty list matches nothing; all that are given must
 * hold.
 */
export interface TaskFilter {
  /** In one of these statuses. */
  readonly statuses?: readonly TaskStatus[];
  /** Of one of these types. */
  readonly types?: readonly string[];
  /** In one of these queues. */
  readonly queues?: readonly string[];
  /** Only series, or only one-shots. */
  readonly recurring?: boolean;
  /** Epoch milliseconds, inclusive. */
  readonly createdFrom?: number;
  /** Epoch milliseconds, exclusive. */
  readonly createdBefore?: number;
}

/**
 * Which page. Pages go by the last id seen (keyset), so that a deep page costs no more than the
 * first.
 */
export interface PageRequest {
  /** Default 50, at most 1000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** One page of something. */
export interface Page<T> {
  /** What is on it. */
  readonly items: readonly T[];
  /** Pass as `after` to get the next page; null on the last one. */
  readonly next: string | null;
}

/** A line to be stored. The sequence number is given by storage, going on from the task's last. */
export interface NewLogLine extends Omit<ExecutionLogRecord, "sequence" | "loggedAt"> {
  /** How long ago it was logged, in milliseconds, when the line is handed to storage. */
  readonly agoMs: number;
}

/** What waits in one queue. */
export interface QueueBacklog {
  /** Its name. */
  readonly queue: string;
  /** Whether nothing is claimed from it at the moment. */
  readonly paused: boolean;
  /** Due now and unclaimed. */
  readonly due: number;
  /** Due later. */
  readonly scheduled: number;
  /** The due instant of the due task that waits longest; null when none is due. */
  readonly oldestDueAt: number | null;
}

/** What waits, by queue. */
export interface Backlog {
  /** The storage's clock. */
  readonly now: number;
  /** In no order. A queue in which nothing waits and that is not paused may be left out. */
  readonly queues: readonly QueueBacklog[];
}

/**
 * How many tasks stand where in one queue. A queue without waiting or claimed tasks that is not
 * paused may be left out.
 */
export interface QueueStatistics extends QueueBacklog {
  /** Claimed by a worker. */
  readonly claimed: number;
}

/** Figures of the whole store, for dashboards and health checks. */
export interface StorageStatistics {
  /** The storage's clock. */
  readonly now: number;
  /** How many tasks are in each status, ended ones included. */
  readonly tasksByStatus: Readonly<Record<TaskStatus, number>>;
  /** In no order. */
  readonly queues: readonly QueueStatistics[];
}

/** How large one audit table is and how fast it grows. */
export interface AuditGrowth {
  /** By upstream's names. */
  readonly table: "StatusAudit" | "RunsAudit" | "TaskExecutionLog";
  /** How many rows it has. */
  readonly rows: number;
  /** The instant of its oldest row; null when it is empty. */
  readonly firstAt: number | null;
  /** The instant of its newest row; null when it is empty. */
  readonly lastAt: number | null;
  /**
   * Rows divided by the whole days between the first and the last; null when that is less than a
   * day.
   */
  readonly averageRowsPerDay: number | null;
}
