// The requests and results of changes by operators, and the records of these changes; see
// requests.ts.

import type { Due, NewSeries } from "./persist_requests.ts";
import type { TaskStatus } from "./task_status.ts";

/** The verb of an operator's action. */
export type OperatorVerb =
  | "edit"
  | "delete"
  | "retry"
  | "runNow"
  | "cancel"
  | "pauseSeries"
  | "resumeSeries"
  | "editSeries"
  | "pauseQueue"
  | "resumeQueue"
  | "drainWorker"
  | "releaseLimit"
  | "purge";

/** All verbs. */
export const operatorVerbs: readonly OperatorVerb[] = [
  "edit",
  "delete",
  "retry",
  "runNow",
  "cancel",
  "pauseSeries",
  "resumeSeries",
  "editSeries",
  "pauseQueue",
  "resumeQueue",
  "drainWorker",
  "releaseLimit",
  "purge",
];

/**
 * The target of an action: one task or series, a queue, a worker, a rate limit (by the type of its
 * tasks), all tasks that match a filter, or the history of all tasks.
 */
export type ActionTarget =
  | { readonly kind: "task" | "queue" | "worker" | "limit"; readonly id: string }
  | { readonly kind: "tasks" | "history"; readonly id: null };

/** The fields of an operator action that the caller knows. */
export interface NewOperatorAction {
  /** The verb. */
  readonly verb: OperatorVerb;
  /** The operator, up to 200 characters. */
  readonly by: string;
  /** The reason; null if none was given. */
  readonly reason: string | null;
  /** The target. */
  readonly target: ActionTarget;
  /** The fields before the change, as JSON text. */
  readonly before: string | null;
  /** The fields after the change, as JSON text. */
  readonly after: string | null;
}

/** One action of an operator. */
export interface OperatorActionRecord extends NewOperatorAction {
  /** The id. Later actions have larger numbers. */
  readonly id: string;
  /** The instant of the action, or of its first batch. */
  readonly doneAt: number;
  /**
   * The number of changed tasks; 1 for a queue, worker or limit; the number of deleted rows for a
   * purge.
   */
  readonly changed: number;
  /** The number of matching tasks that were left unchanged. */
  readonly skipped: number;
  /** The start of the next batch; null if the action is complete. */
  readonly next: string | null;
}

/** Selects actions. An action must match all given properties. */
export interface ActionFilter {
  /** The operator. */
  readonly by?: string;
  /** One of these verbs. */
  readonly verbs?: readonly OperatorVerb[];
  /** The id of a task or a series. */
  readonly taskId?: string;
  /** The name of a queue. */
  readonly queue?: string;
}

/** The change of a task's row. Absent fields stay unchanged. */
export interface RowEdit {
  /** The payload, as JSON text. */
  readonly payload?: string;
  /** The queue. */
  readonly queue?: string;
  /** The priority. */
  readonly priority?: number;
  /**
   * The new status. Setting it also clears the exception, and writes a status audit row if the
   * task's audit level requires one.
   */
  readonly status?: TaskStatus;
  /**
   * Starts a new cycle: sets attempt and lost count to 0, and removes the rate limit slot and a
   * cancel request.
   */
  readonly startsAnew?: true;
  /**
   * The due instant; null if the task can no longer be claimed. `soonest` makes it due now, or
   * keeps the position of a task that is already due.
   */
  readonly due?: Due | "soonest" | null;
  /** Whether the worker that holds the task, or claims it next, must cancel it. */
  readonly cancelRequested?: boolean;
  /** The new schedule of a series. The run count stays unchanged. */
  readonly series?: NewSeries;
  /** Ends a series: it has no next run. */
  readonly endsSeries?: true;
  /**
   * Pauses or resumes a series. When a run of a paused series ends, the series gets no due instant,
   * unless its cancellation was requested.
   */
  readonly paused?: boolean;
}

/** A change of one task, applied only to the version that the operator has seen. */
export interface TaskEdit {
  /** The task. */
  readonly taskId: string;
  /** The `version` that was seen. If the task has another version, nothing changes. */
  readonly version: string;
  /** The change; `delete` removes the row, its audit and its log. */
  readonly change: RowEdit | "delete";
}

/** One of several batches that form one action. */
export interface ActionBatch {
  /** The action to continue, and its `next`; null to start an action. */
  readonly continues: { readonly actionId: string; readonly next: string } | null;
  /**
   * The number of tasks in this batch for which the caller makes no edit. The storage adds the
   * number of edits that it does not apply because a task has another version.
   */
  readonly skipped: number;
  /** The start of the next batch; null if this is the last batch. */
  readonly next: string | null;
}

/** A change of tasks by an operator. */
export interface TasksEdit {
  /** The edits; at most one per task. */
  readonly edits: readonly TaskEdit[];
  /** The action to record. */
  readonly action: NewOperatorAction;
  /**
   * The position of this change in an action of several batches; absent if the action has only one
   * batch.
   */
  readonly batch?: ActionBatch;
}

/** The result of a change of tasks. */
export interface TasksEdited {
  /** The id of the recorded action; null if no action was recorded. Then no task was changed. */
  readonly actionId: string | null;
  /** Whether each task was changed, in the order of the edits. */
  readonly applied: readonly boolean[];
}
