// What a history tells of operators: the versions that they saw, their changes, and the record of
// each.

import type { OperatorVerb } from "../../storage/requests.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import type { StoredSeries } from "./stored_series.ts";

/** The change of a task's row. Absent fields stay unchanged. */
export interface EditedFields {
  /** The number in the new payload. */
  readonly dispatch?: number;
  readonly queue?: string;
  readonly priority?: number;
  readonly status?: TaskStatus;
  readonly startsAnew?: true;
  /** In milliseconds from the start; null: not due any more. */
  readonly dueAt?: number | "soonest" | null;
  readonly cancelRequested?: boolean;
  readonly series?: StoredSeries;
  readonly endsSeries?: true;
  readonly paused?: boolean;
}

/** An operation of the store for an operator. */
export type OperatorEntry =
  | {
    /** The store has returned a task in this version. */
    readonly kind: "seen";
    readonly task: string;
    readonly version: string;
  }
  | {
    /** The store was asked to change tasks: one or a batch. Its changes follow. */
    readonly kind: "acted";
    readonly by: string;
    readonly verb: OperatorVerb;
    /** Whether it was recorded. */
    readonly recorded: boolean;
    /** Whether it continues an action with another batch. */
    readonly continues: boolean;
    /** Whether it is a batch, which is recorded even if it changes nothing. */
    readonly isBatch: boolean;
    readonly changed: number;
    readonly skipped: number;
  }
  | {
    readonly kind: "edited";
    readonly by: string;
    readonly task: string;
    /** The version that was read for the change. */
    readonly version: string;
    /** The version that the operator has named; null: any. */
    readonly named: string | null;
    readonly applied: boolean;
    readonly change: EditedFields | "delete";
  };

/** The record of an action as the store holds it at the end. */
export interface FinalAction {
  readonly by: string;
  readonly verb: OperatorVerb;
  readonly changed: number;
  readonly skipped: number;
}
