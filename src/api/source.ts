// The parts of an instance that the API uses.

import type { Operate } from "../operate/operate.ts";
import type { HistoryReaders } from "../operate/history_readers.ts";
import type { AuditGrowth, StatisticsOptions, StorageStatistics } from "../storage/queries.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { PurgeResult, RetentionPolicy } from "../storage/retention.ts";
import type { AnyTask } from "../task/task.ts";
import type { DispatchOptions, DispatchResult } from "../task/dispatch_options.ts";
import type { TaskEventSource } from "../events/task_event.ts";
import type { Operator } from "../operate/operator.ts";
import type { Dated } from "../time/dated.ts";

/** A task as an instance returns it. */
export type ApiTask = Dated<TaskRecord>;

/** The parts of an instance that summarize the whole store. */
export interface StoreSource {
  /** The instance's view of all processes. */
  readonly operate: Operate;
  /** Growth and retention of the audit tables. */
  readonly audit: {
    growth(options?: StatisticsOptions): Promise<readonly Dated<AuditGrowth>[]>;
    purge(policy: RetentionPolicy, options: { readonly dryRun: true }): Promise<PurgeResult>;
  };
  /** Counts by status and queue. */
  statistics(options?: StatisticsOptions): Promise<Dated<StorageStatistics>>;
}

/** The parts of an instance that the API uses; every `EverTask` has them. */
export interface ApiSource extends StoreSource, HistoryReaders {
  /** The tasks of this process. */
  readonly tasks: readonly AnyTask[];
  /** The events of tasks. */
  readonly events: TaskEventSource;
  /** Pauses and resumes queues. */
  readonly queues: {
    /** The names of the queues of this process. */
    readonly names: readonly string[];
    pause(queue: string, operator: Operator): Promise<void>;
    resume(queue: string, operator: Operator): Promise<void>;
  };
  /** Dispatches a task. */
  dispatch(task: AnyTask, payload: unknown, options: DispatchOptions): Promise<DispatchResult>;
  /** Returns a task, or null if it does not exist. */
  get(taskId: string): Promise<ApiTask | null>;
}
