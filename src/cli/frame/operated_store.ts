// The interface of the store that a command works on, which is a database or a REST API.

import type { Operate } from "../../operate/operate.ts";
import type { Operator } from "../../operate/operator.ts";
import type { TaskEvent, TaskEventFilter } from "../../events/task_event.ts";
import type { HistoryReaders } from "../../operate/history_readers.ts";
import type {
  AuditGrowth,
  Page,
  StatisticsOptions,
  StorageStatistics,
} from "../../storage/queries.ts";
import type { TaskRecord } from "../../storage/records.ts";
import type { PurgeResult, RetentionPolicy } from "../../storage/retention.ts";
import type { DispatchOptions, DispatchResult } from "../../task/dispatch_options.ts";
import type { Dated } from "../../time/dated.ts";

/** A task as a command sees it. Over a REST API, the payload may be hidden from the user. */
export type SeenTask = Omit<Dated<TaskRecord>, "payload"> & { readonly payload: string | null };

/** One page of tasks. */
export interface SeenTaskPage extends Page<SeenTask> {
  readonly incomplete?: boolean;
}

/** Options of {@linkcode OperatedStore.dispatch}. */
export interface CheckedDispatchOptions extends DispatchOptions {
  /** Whether to store a payload although no validator for its type is known. */
  readonly unchecked: boolean;
}

/** The verbs of changes of tasks. */
export type TaskVerb = "retry" | "runNow" | "cancel" | "delete";

/** The part of `everTask.operate` that commands use. */
export interface Operations
  extends
    Pick<Operate, "explain" | "nextRuns" | "workers" | "queues" | "activity" | "limits">,
    Pick<Operate, "drainWorker" | "releaseLimit" | "purge"> {
  readonly tasks: Pick<Operate["tasks"], "count" | TaskVerb> & {
    search(...args: Parameters<Operate["tasks"]["search"]>): Promise<SeenTaskPage>;
  };
  readonly bulk: Pick<Operate["bulk"], TaskVerb>;
  readonly series: Pick<Operate["series"], "pause" | "resume">;
  readonly actions: Pick<Operate["actions"], "list">;
  readonly failures: Pick<Operate["failures"], "list">;
}

/** The store that a command works on. */
export interface OperatedStore extends HistoryReaders, AsyncDisposable {
  readonly operate: Operations;
  /** Returns a task, or null if it does not exist. */
  get(taskId: string): Promise<SeenTask | null>;
  /** Returns the counts of tasks by status and queue; see {@linkcode StorageStatistics.estimated}. */
  statistics(): Promise<Dated<StorageStatistics>>;
  /** Dispatches a task of a type. */
  dispatch(
    type: string,
    payload: unknown,
    options: CheckedDispatchOptions,
  ): Promise<DispatchResult>;
  /** Pauses or resumes a queue. */
  changeQueue(verb: "pause" | "resume", queue: string, operator: Operator): Promise<void>;
  /** Calls the handler for the events of all processes until the signal aborts. */
  follow(
    handler: (event: TaskEvent) => Promise<void>,
    filter: TaskEventFilter,
    signal: AbortSignal,
  ): Promise<void>;
  /** Returns the size and growth of the audit tables. */
  auditGrowth(options: StatisticsOptions): Promise<readonly Dated<AuditGrowth>[]>;
  /** Returns the counts of what a purge with this policy would delete. */
  previewPurge(policy: RetentionPolicy): Promise<Omit<PurgeResult, "done" | "busy" | "actionId">>;
}
