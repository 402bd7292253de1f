// What operators ask for in a drawn scenario.

import type { Recurrence } from "../../schedule/recurrence.ts";
import type { Play } from "./play.ts";

/** The fields of an edit, at least one. */
export interface EditPlan {
  readonly queue?: "default" | "narrow";
  readonly priority?: number;
  /** The new delay, in milliseconds. */
  readonly delayMs?: number;
}

/** A change of one task by an operator. */
export type TaskOperation =
  | { readonly verb: "edit"; readonly edit: EditPlan & { readonly payload?: Play } }
  | { readonly verb: "retry"; readonly payload: Play | null }
  | { readonly verb: "delete" | "runNow" | "cancel" | "pauseSeries" | "resumeSeries" }
  | { readonly verb: "editSeries"; readonly recurring: Recurrence };

/** A change of all tasks of a queue by an operator. */
export type BulkOperation =
  | { readonly verb: "edit"; readonly edit: EditPlan }
  | { readonly verb: "delete" | "retry" | "runNow" | "cancel" };

/** A call for an operator. */
export type OperationDeed =
  | {
    readonly kind: "operate";
    /** The number of the dispatch of the task. */
    readonly number: number;
    /** Whether the operator names the version that was last seen. */
    readonly names: "version" | "nothing";
    readonly operation: TaskOperation;
  }
  | {
    readonly kind: "operateAll";
    readonly queue: string;
    /** The maximum number of tasks of a batch. */
    readonly limit: number;
    readonly operation: BulkOperation;
  }
  | { readonly kind: "operateQueue"; readonly queue: string; readonly paused: boolean };
