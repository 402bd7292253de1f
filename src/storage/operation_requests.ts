// The requests and results of changes by operators, and the record of each; see requests.ts.

import type { Due, NewSeries } from "./persist_requests.ts";
import type { TaskStatus } from "./task_status.ts";

/** What an operator does. */
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
  | "resumeQueue";

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
];

/** What an operator changes: one task or series, a queue, or all tasks that match a filter. */
export type ActionTarget =
  | { readonly kind: "task" | "queue"; readonly id: string }
  | { readonly kind: "tasks"; readonly id: null };

/** The fields of an operator action that the caller knows. */
export interface NewOperatorAction {
  /** What was done. */
  readonly verb: OperatorVerb;
  /** Who did it, up to 200 characters. */
  readonly by: string;
  /** Why; null: not told. */
  readonly reason: string | null;
  /** On what. */
  readonly target: ActionTarget;
  /** The fields as they were, as JSON text. */
  readonly before: string | null;
  /** The fields as they are since then, as JSON text. */
  readonly after: string | null;
}

/** One thing that an operator did. */
export interface OperatorActionRecord extends NewOperatorAction {
  /** Later actions have larger numbers. */
  readonly id: string;
  /** When it happened; of many batches, the first. */
  readonly doneAt: number;
  /** How many tasks it has changed; 1 for a queue. */
  readonly changed: number;
  /** How many tasks matched its filter and were left unchanged. */
  readonly skipped: number;
  /** Where its next batch begins; null: it is complete. */
  readonly next: string | null;
}

/** Which actions to list. Absent means any; all that are given must hold. */
export interface ActionFilter {
  /** Who did it. */
  readonly by?: string;
  /** One of these verbs. */
  readonly verbs?: readonly OperatorVerb[];
  /** The id of a task or a series. */
  readonly taskId?: string;
  /** The name of a queue. */
  readonly queue?: string;
}

/** How a task's row changes. What is absent stays unchanged. */
export interface RowEdit {
  /** The payload, as JSON text. */
  readonly payload?: string;
  /** The queue. */
  readonly queue?: string;
  /** The priority. */
  readonly priority?: number;
  /**
   * The status. Clears the exception, and writes a status audit row as the task's own level asks.
   */
  readonly status?: TaskStatus;
  /**
   * Begins a new cycle: attempt and lost count are 0, and there is no rate limit slot and no cancel
   * request.
   */
  readonly startsAnew?: true;
  /** When it can be claimed; null: not at all. `soonest`: now, and a due task keeps its place. */
  readonly due?: Due | "soonest" | null;
  /** Whether the worker that holds the task, or claims it next, is to cancel it. */
  readonly cancelRequested?: boolean;
  /** Another schedule of a series. Its run count stays. */
  readonly series?: NewSeries;
  /** Ends a series: it has no next run. */
  readonly endsSeries?: true;
  /** Pauses a series, or resumes it: a run that ends leaves a paused series without due instant. */
  readonly paused?: boolean;
}

/** A change of one task, for the one who has seen it. */
export interface TaskEdit {
  /** The task. */
  readonly taskId: string;
  /** The `version` of the record that was seen: nothing changes if it is another one by now. */
  readonly version: string;
  /** What changes; `delete` removes the row, its audit and its log. */
  readonly change: RowEdit | "delete";
}

/** One batch of many, which together are one action. */
export interface ActionBatch {
  /** The action that it continues, and the `next` of that action; null: it begins one. */
  readonly continues: { readonly actionId: string; readonly next: string } | null;
  /** How many tasks were left unchanged in this batch, without those whose version is another. */
  readonly skipped: number;
  /** Where the next batch begins; null: it is the last one. */
  readonly next: string | null;
}

/** A change of tasks by an operator. */
export interface TasksEdit {
  /** A task appears at most once. */
  readonly edits: readonly TaskEdit[];
  /** What to note. */
  readonly action: NewOperatorAction;
  /** One of many batches; absent: this is all. */
  readonly batch?: ActionBatch;
}

/** What became of a change of tasks. */
export interface TasksEdited {
  /** The action that was noted; null: none was, and nothing has changed. */
  readonly actionId: string | null;
  /** Whether each task was changed, in the order of the edits. */
  readonly applied: readonly boolean[];
}
