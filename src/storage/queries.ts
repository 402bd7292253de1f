// The types of reads from storage (filters, pages, statistics) and of log lines to write.

import type { ExecutionLogRecord, TaskRecord } from "./records.ts";
import type { TaskStatus } from "./task_status.ts";

/**
 * The conditions of a search. A task matches if it meets all conditions. An absent property matches
 * every task; an empty array matches none. Instants are epoch milliseconds. A range includes its
 * begin and excludes its end.
 */
export interface TaskFilter {
  /** Tasks with one of these ids, at most 1000. */
  readonly ids?: readonly string[];
  /** Tasks in one of these statuses. */
  readonly statuses?: readonly TaskStatus[];
  /** Tasks of one of these types. */
  readonly types?: readonly string[];
  /** Tasks in one of these queues. */
  readonly queues?: readonly string[];
  /**
   * Tasks with all of these tags, at most 20. A search reads all tasks with the first tag, so pass
   * the rarest first. An empty array matches every task.
   */
  readonly tags?: readonly string[];
  /** True for recurring tasks only, false for one-shot tasks only. */
  readonly recurring?: boolean;
  /** The task with this key. */
  readonly taskKey?: string;
  /** Tasks whose key begins with this string. */
  readonly taskKeyPrefix?: string;
  /** Tasks whose exception contains this string; case-sensitive. */
  readonly exceptionContains?: string;
  /**
   * Tasks whose payload has a value at a path. No index finds them, so a search reads all tasks
   * that the other members leave.
   */
  readonly payload?: PayloadFilter;
  /** Tasks stored at or after this instant. */
  readonly createdFrom?: number;
  /** Tasks stored before this instant. */
  readonly createdBefore?: number;
  /** Tasks due at or after this instant. Claimed and ended tasks are not due. */
  readonly dueFrom?: number;
  /** Tasks due before this instant. */
  readonly dueBefore?: number;
  /**
   * Tasks with a last execution ({@linkcode TaskRecord.lastExecutionAt}) at or after this instant.
   */
  readonly executedFrom?: number;
  /** Tasks with a last execution before this instant. */
  readonly executedBefore?: number;
}

/** Selects tasks by a value in their payload. */
export interface PayloadFilter {
  /**
   * The names of properties, separated by dots, such as `customer.id`; the number of an item in an
   * array is a name, too. At most 200 characters.
   */
  readonly path: string;
  /** The value; a text has at most 1000 characters. */
  readonly equals: string | number | boolean | null;
}

/**
 * The request for a page. A page begins after the last item of the previous one (keyset paging), so
 * a later page costs the same as the first.
 */
export interface PageRequest {
  /** The maximum number of items, at most 1000. @default 50 */
  readonly limit?: number;
  /** The `next` of the previous page. @default the first page */
  readonly after?: string;
}

/** The request for a page of a task's history. */
export interface HistoryPageRequest extends PageRequest {
  /**
   * Whether the rows that were written first, or those that were written last, come first.
   *
   * @default "oldest"
   */
  readonly order?: "oldest" | "newest";
}

/** The request for a page of tasks. */
export interface TaskPageRequest extends PageRequest {
  /** The order of tasks. @default "newest" */
  readonly order?: TaskOrder;
}

/**
 * The order of tasks: `newest` or `oldest` first, by id and therefore by time of creation; or
 * `due`, which finds only waiting tasks, earliest due instant first.
 */
export type TaskOrder = "newest" | "oldest" | "due";

/** One page of items. */
export interface Page<T> {
  /** The items of the page. */
  readonly items: readonly T[];
  /** The `after` of the request for the next page; null on the last page. */
  readonly next: string | null;
}

/** One page of tasks. */
export interface TaskPage extends Page<TaskRecord> {
  /**
   * Whether the search stopped before the page was full, because one call reads a limited number of
   * rows. The next pages hold the other matches.
   * @default false
   */
  readonly incomplete?: boolean;
}

/** The request for a count of tasks. */
export interface CountRequest {
  /** The maximum count, at most 10,000. */
  readonly cap: number;
  /** The `next` of the previous count. */
  readonly after?: string;
}

/** A count of tasks, which may be continued. */
export interface PartialCount {
  /** The number of tasks, at most the cap. */
  readonly count: number;
  /** The `after` of the request that continues the count; null if all tasks were counted. */
  readonly next: string | null;
}

/**
 * A log line to store. The storage assigns the next sequence number of the task.
 */
export interface NewLogLine extends Omit<ExecutionLogRecord, "sequence" | "loggedAt"> {
  /** The age of the line when it is passed to storage, in milliseconds. */
  readonly agoMs: number;
}

/** The waiting tasks of one queue. */
export interface QueueBacklog {
  /** The queue's name. */
  readonly queue: string;
  /** Whether the queue is paused. Nothing is claimed from a paused queue. */
  readonly paused: boolean;
  /** The number of tasks that are due and unclaimed. */
  readonly due: number;
  /** The number of tasks that are due later. */
  readonly scheduled: number;
  /** The due instant of the task that has been due longest; null if none is due. */
  readonly oldestDueAt: number | null;
}

/** The waiting tasks by queue. */
export interface Backlog {
  /** The storage's clock. */
  readonly now: number;
  /**
   * The queues, in no particular order. A queue may be left out if it is not paused and no task
   * waits in it.
   */
  readonly queues: readonly QueueBacklog[];
}

/** The tasks of one queue that one worker holds. */
export interface HeldTasks {
  /** The id of the worker. */
  readonly workerId: string;
  /** The name of the queue. */
  readonly queue: string;
  /** The number of the tasks, at least 1. */
  readonly count: number;
}

/**
 * The maximum number of rows that {@linkcode Storage.heldTasks} reads. Workers seldom hold as many
 * tasks.
 */
export const mostHeldRead = 20_000;

/**
 * The numbers of tasks in one queue, by state. A queue may be left out if it is not paused and has
 * no waiting or claimed tasks.
 */
export interface QueueStatistics extends QueueBacklog {
  /** The number of tasks claimed by a worker. */
  readonly claimed: number;
}

/** Options of {@linkcode Storage.statistics} and {@linkcode Storage.auditGrowth}. */
export interface StatisticsOptions {
  /**
   * Whether to count every row, even if that reads millions.
   * @default false
   */
  readonly exact?: boolean;
}

/** Statistics of the whole store, for dashboards and health checks. */
export interface StorageStatistics {
  /** The storage's clock. */
  readonly now: number;
  /** The number of tasks in each status, including ended tasks. */
  readonly tasksByStatus: Readonly<Record<TaskStatus, number>>;
  /**
   * The statuses whose numbers are estimates; empty if all tasks were counted. A status that few
   * tasks have may be estimated as 0.
   */
  readonly estimated: readonly TaskStatus[];
  /** The queues, in no particular order. Their numbers are counted, never estimated. */
  readonly queues: readonly QueueStatistics[];
}

/** The size and growth of one audit table. */
export interface AuditGrowth {
  /** The table's name, as upstream calls it. */
  readonly table: "StatusAudit" | "RunsAudit" | "TaskExecutionLog";
  /** The number of its rows. */
  readonly rows: number;
  /** Whether the numbers and instants are estimates, as for large tables. */
  readonly isEstimate: boolean;
  /** The instant of its oldest row; null if it is empty. */
  readonly firstAt: number | null;
  /** The instant of its newest row; null if it is empty. */
  readonly lastAt: number | null;
  /**
   * The number of rows divided by the whole days between the oldest and the newest row; null if
   * these two rows are less than a day apart.
   */
  readonly averageRowsPerDay: number | null;
}

/** The budget of a rate limit key. */
export interface RateLimitRecord {
  /** The name of the budget. */
  readonly key: string;
  /**
   * The instant from which the whole budget is free of reservations. Each reserved slot moves it by
   * the emission interval. Epoch milliseconds; may be fractional or past.
   */
  readonly reservedUntilAt: number;
  /**
   * The instant from which the whole budget is free of runs. Epoch milliseconds; may be fractional
   * or past.
   */
  readonly startedUntilAt: number;
  /**
   * The {@linkcode RateSlotRequest.emissionIntervalMs} of the last request that changed the budget;
   * null if that request came from version 0.2 or earlier.
   */
  readonly emissionIntervalMs: number | null;
  /** The {@linkcode RateSlotRequest.burst} of that request; null if unknown. */
  readonly burst: number | null;
  /** The number of slots later than now that were given back and not yet taken again. */
  readonly returnedSlots: number;
  /** The earliest such slot; null if there is none. */
  readonly firstReturnedAt: number | null;
}
