// The part of the storage contract that reads; see storage.ts.

import type {
  AuditGrowth,
  Backlog,
  CountRequest,
  Page,
  PageRequest,
  PartialCount,
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

/** The verbs of {@linkcode Storage} that read. */
export interface StorageReading {
  /** One task, or null. */
  get(taskId: string): Promise<TaskRecord | null>;
  /** The task that holds a key, or null. */
  getByTaskKey(taskKey: string): Promise<TaskRecord | null>;
  /**
   * Tasks that match a filter, newest first by default (by id, which is by time). A call reads some
   * 10,000 rows at most: if the page is not full by then it is `incomplete`, and the next one
   * continues from there.
   *
   * @throws {InvalidArgumentError} Here and below, if the page's `limit` is not an integer from 1
   * to 1000, or `after` is not the `next` of a page before it.
   */
  list(filter?: TaskFilter, page?: TaskPageRequest): Promise<TaskPage>;
  /**
   * Counts the tasks that match a filter, newest first, up to `cap`. A call reads some 10,000 rows
   * at most; `next` is where to continue if there may be more.
   *
   * @throws {InvalidArgumentError} If the cap is not an integer from 1 to 10,000, or `after` is not
   * what a count before it gave as `next`.
   */
  count(filter: TaskFilter, request: CountRequest): Promise<PartialCount>;
  /** A task's audited status changes, in the order in which they were written. */
  statusAudit(taskId: string, page?: PageRequest): Promise<Page<StatusAuditRecord>>;
  /** A recurring task's audited runs, in the order in which they were written. */
  runsAudit(taskId: string, page?: PageRequest): Promise<Page<RunsAuditRecord>>;
  /** A task's log lines by sequence number. */
  executionLogs(taskId: string, page?: PageRequest): Promise<Page<ExecutionLogRecord>>;
  /**
   * How many of a task's last `limit` log lines are of this run. Its cost grows with the limit
   * alone, however many lines the runs before have left.
   */
  countExecutionLogs(taskId: string, run: number, limit: number): Promise<number>;
  /**
   * The registered workers, oldest first; also those whose heartbeat is old, until {@linkcode
   * Storage.releaseLost}.
   */
  workers(): Promise<readonly WorkerRecord[]>;
  /**
   * Returns the waiting tasks by queue. The cost depends on the number of waiting tasks, not of
   * ended ones.
   */
  backlog(): Promise<Backlog>;
  /**
   * Counts by status and queue. Reads all tasks, ended ones too: 1,000,000 take some tenths of a
   * second. In SQLite it lets other work of the process run meanwhile, and so is not a snapshot.
   */
  statistics(): Promise<StorageStatistics>;
  /**
   * The size and growth of the audit tables and the execution log: always three rows, in this
   * order. Reads them whole, as {@linkcode Storage.statistics} does.
   */
  auditGrowth(): Promise<readonly AuditGrowth[]>;
}
