// What can be read from storage, and what log lines are written to it: filters, pages, statistics.

import type { ExecutionLogRecord, TaskRecord } from "./records.ts";
import type { TaskStatus } from "./task_status.ts";

/**
 * Which tasks to list. Absent means any, an empty list matches nothing; all that are given must
 * hold. Instants are epoch milliseconds; a range is inclusive at its begin, exclusive at its end.
 */
export interface TaskFilter {
  /** One of these tasks: at most 1000. */
  readonly ids?: readonly string[];
  /** In one of these statuses. */
  readonly statuses?: readonly TaskStatus[];
  /** Of one of these types. */
  readonly types?: readonly string[];
  /** In one of these queues. */
  readonly queues?: readonly string[];
  /** Only series, or only one-shots. */
  readonly recurring?: boolean;
  /** The task with this key. */
  readonly taskKey?: string;
  /** The tasks whose key begins with this text. */
  readonly taskKeyPrefix?: string;
  /** The tasks whose exception contains this text; case matters. */
  readonly exceptionContains?: string;
  /** Stored at or after this instant. */
  readonly createdFrom?: number;
  /** Stored before this instant. */
  readonly createdBefore?: number;
  /** Due at or after this instant. Tasks that a worker holds, or that have ended, are not due. */
  readonly dueFrom?: number;
  /** Due before this instant. */
  readonly dueBefore?: number;
  /** With a last execution ({@linkcode TaskRecord.lastExecutionAt}) at or after this instant. */
  readonly executedFrom?: number;
  /** With a last execution before this instant. */
  readonly executedBefore?: number;
}

/**
 * Which page. Pages go by the last id seen (keyset), so that a deep page costs the same as the
 * first.
 */
export interface PageRequest {
  /** Default 50, at most 1000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Which page of tasks. */
export interface TaskPageRequest extends PageRequest {
  /** Tasks are ordered by id, which is by time. @default "newest" */
  readonly order?: TaskOrder;
}

/** The order: newest or oldest tasks first. */
export type TaskOrder = "newest" | "oldest";

/** One page of something. */
export interface Page<T> {
  /** The items of the page. */
  readonly items: readonly T[];
  /** Pass as `after` to get the next page; null on the last one. */
  readonly next: string | null;
}

/** One page of tasks. */
export interface TaskPage extends Page<TaskRecord> {
  /**
   * Whether the search stopped before the page was full, since it had read as many rows as one call
   * may: what else matches is on the next pages. @default false
   */
  readonly incomplete?: boolean;
}

/** Which tasks to count. */
export interface CountRequest {
  /** Where to stop: at most 10,000. */
  readonly cap: number;
  /** `next` of the count before. */
  readonly after?: string;
}

/** How many tasks were counted. */
export interface PartialCount {
  /** How many, at most the cap. */
  readonly count: number;
  /** Pass as `after` to count the rest; null: these are all. */
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

/** The waiting tasks by queue. */
export interface Backlog {
  /** The storage's clock. */
  readonly now: number;
  /** In no order. A queue in which nothing waits and that is not paused may be left out. */
  readonly queues: readonly QueueBacklog[];
}

/**
 * The numbers of tasks in one queue, by state. A queue without waiting or claimed tasks that is not
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
