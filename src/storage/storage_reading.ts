// The part of the storage contract that reads; see storage.ts.

import type {
  AuditGrowth,
  Backlog,
  CountRequest,
  HeldTasks,
  HistoryPageRequest,
  Page,
  PageRequest,
  PartialCount,
  RateLimitRecord,
  StatisticsOptions,
  StorageStatistics,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "./queries.ts";
import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
  WorkerRecord,
} from "./records.ts";

import type { TableSize } from "./table_sizes.ts";

/** The methods of {@linkcode Storage} that read. */
export interface StorageReading {
  /** Returns a task, or null if it does not exist. */
  get(taskId: string): Promise<TaskRecord | null>;
  /** Returns the task that holds a key, or null. */
  getByTaskKey(taskKey: string): Promise<TaskRecord | null>;
  /**
   * Returns the tasks that match a filter, by default newest first (by id, which is by time of
   * creation). The order `due` finds only tasks that wait, by due instant and then by id. A call
   * reads at most about 5,000 rows. If the page is not full by then, it is `incomplete`, and the
   * next page continues there.
   *
   * @throws {InvalidArgumentError} If the page's `limit` is not an integer from 1 to 1000, or
   * `after` is not the `next` of a previous page. The same holds for all methods that return pages.
   */
  list(filter?: TaskFilter, page?: TaskPageRequest): Promise<TaskPage>;
  /**
   * Counts the tasks that match a filter, newest first, up to `cap`. A call reads at most about
   * 5,000 rows. If there may be more matches, `next` is the position at which to continue.
   *
   * @throws {InvalidArgumentError} If the cap is not an integer from 1 to 10,000, or `after` is not
   * the `next` of a previous count.
   */
  count(filter: TaskFilter, request: CountRequest): Promise<PartialCount>;
  /**
   * Returns a task's audited status changes, by default in the order in which they were written.
   */
  statusAudit(taskId: string, page?: HistoryPageRequest): Promise<Page<StatusAuditRecord>>;
  /**
   * Returns a recurring task's audited runs, by default in the order in which they were written.
   */
  runsAudit(taskId: string, page?: HistoryPageRequest): Promise<Page<RunsAuditRecord>>;
  /** Returns a task's log lines, by default in the order of their sequence numbers. */
  executionLogs(taskId: string, page?: HistoryPageRequest): Promise<Page<ExecutionLogRecord>>;
  /**
   * Counts the log lines of a run among the task's last `limit` log lines. The cost depends only on
   * the limit, not on the number of lines of previous runs.
   */
  countExecutionLogs(taskId: string, run: number, limit: number): Promise<number>;
  /**
   * Returns the registered workers, oldest first. Includes workers whose heartbeat is late, until
   * {@linkcode Storage.releaseLost} removes them.
   */
  workers(): Promise<readonly WorkerRecord[]>;
  /**
   * Returns the waiting tasks by queue. The cost depends on the number of waiting tasks, not of
   * ended tasks.
   *
   * @param cap The maximum number of due tasks, and of scheduled tasks, to count in each queue. The
   * cost then depends on the number of queues, not of waiting tasks. By default, all are counted.
   * @throws {InvalidArgumentError} If the cap is not a positive integer.
   */
  backlog(cap?: number): Promise<Backlog>;
  /**
   * Counts the tasks that workers hold, by worker and queue, in no particular order. Includes
   * workers that are no longer registered. A call reads at most about 20,000 rows. Returns null if
   * it would have to read more.
   */
  heldTasks(): Promise<readonly HeldTasks[] | null>;
  /** Returns the rate limit keys whose budget is or recently was in use, sorted by key. */
  rateLimits(page?: PageRequest): Promise<Page<RateLimitRecord>>;
  /**
   * Counts the tasks by status and queue. A store with many tasks may estimate the numbers of ended
   * tasks from a sample, so that the cost depends on the number of unfinished tasks only; see
   * {@linkcode StorageStatistics.estimated}. With `exact`, all tasks are counted: 1,000,000 tasks
   * take some tenths of a second. On SQLite, that count pauses for other work of the process, so
   * tasks may change while it runs.
   */
  statistics(options?: StatisticsOptions): Promise<StorageStatistics>;
  /**
   * Returns the size and growth of the two audit tables and the execution log, always three rows in
   * this order. A store with large tables may estimate them from its own statistics or a sample of
   * rows. With `exact`, reads the whole tables: 1,000,000 rows take some tenths of a second.
   */
  auditGrowth(options?: StatisticsOptions): Promise<readonly AuditGrowth[]>;
  /**
   * Returns the size of each table. Reads a limited number of rows and pages, so the numbers of
   * large tables are estimates.
   */
  tableSizes(): Promise<readonly TableSize[]>;
}
