// The part of the storage contract for copying a whole store; see storage.ts.

import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
} from "./records.ts";
import type { OperatorActionRecord } from "./requests.ts";
import type { FailureGroup } from "./work_reports.ts";

/**
 * A task as it is copied. A task that a worker holds is copied as a due task, because no worker of
 * the other store holds it. Versions are not copied.
 */
export type CopiedTask = Omit<TaskRecord, "workerId" | "version">;

/** A task and its whole history, in the order in which it was written. */
export interface TaskWithHistory {
  /** The task. */
  readonly task: CopiedTask;
  /** Its status changes. */
  readonly statusAudit: readonly Omit<StatusAuditRecord, "taskId">[];
  /** Its runs, if it is a series. */
  readonly runsAudit: readonly Omit<RunsAuditRecord, "taskId">[];
  /** The lines that its handler logged. */
  readonly executionLogs: readonly Omit<ExecutionLogRecord, "taskId">[];
}

/** The used budget of a rate limit key. */
export interface CopiedRateLimit {
  /** The key, which includes the type of the tasks. */
  readonly key: string;
  /** The theoretical arrival time after all reservations, in epoch milliseconds; null for none. */
  readonly reservedTatMs: number | null;
  /** The theoretical arrival time after all starts, in epoch milliseconds; null for none. */
  readonly startedTatMs: number | null;
  /** The emission interval of the last request, in milliseconds; null if unknown. */
  readonly emissionIntervalMs: number | null;
  /** The burst of the last request; null if unknown. */
  readonly burst: number | null;
  /** The reserved slots that cancelled tasks gave back, in epoch milliseconds, ascending. */
  readonly returnedSlots: readonly number[];
}

/** What a store holds besides tasks. The lists are sorted by name, key or id. */
export interface StoreSettings {
  /** The names of the paused queues. */
  readonly pausedQueues: readonly string[];
  /** The rate limits whose budget is in use. */
  readonly rateLimits: readonly CopiedRateLimit[];
  /** The actions of operators, oldest first. */
  readonly actions: readonly Omit<OperatorActionRecord, "id">[];
  /** The groups of failures, with their counts of all hours. */
  readonly failureGroups: readonly FailureGroup[];
}

/** A range of task ids, for {@linkcode StorageCopying.exportTasks}. */
export interface TaskRange {
  /** The id after which the range starts; null for the first task. */
  readonly after: string | null;
  /** The last id of the range; null for no end. */
  readonly upTo: string | null;
  /** The maximum number of tasks to return. */
  readonly limit: number;
}

/** The methods of a storage whose store can be copied; see {@linkcode Storage.copying}. */
export interface StorageCopying {
  /** Returns the tasks of a range with their history, by ascending id. */
  exportTasks(range: TaskRange): Promise<readonly TaskWithHistory[]>;
  /**
   * Stores tasks with their history in one transaction. Replaces tasks that are already stored, and
   * deletes the tasks whose ids are in `removed`. Notifies no worker.
   *
   * @param tasks The tasks, by ascending id.
   */
  importTasks(tasks: readonly TaskWithHistory[], removed: readonly string[]): Promise<void>;
  /** Returns the paused queues, rate limits, actions and groups of failures. */
  exportSettings(): Promise<StoreSettings>;
  /**
   * Replaces the paused queues, rate limits, actions and groups of failures, in one transaction.
   */
  importSettings(settings: StoreSettings): Promise<void>;
}
