// Makes an operator's change of one task: reads the task, decides, and applies the decision if the
// task has not changed in between.

import { parseTaskId } from "../ids/uuid_v7.ts";
import type { OperatorVerb } from "../storage/requests.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { type OperationResult, refusal } from "./refusal.ts";
import type { Decide, Decision } from "./task_decisions.ts";

/** The consequences of changes in this process. None of these functions rejects. */
export interface Consequences {
  /**
   * Called with the unclaimed tasks that were cancelled or deleted, as they were before the change.
   */
  readonly ended: (tasks: readonly TaskRecord[], verb: "cancel" | "delete") => Promise<void>;
  /** Called with tasks whose workers are asked to cancel them. */
  readonly cancelRequested: (taskIds: readonly string[]) => Promise<void>;
  /** Called when tasks may have become due. */
  readonly madeDue: () => void;
}

/** The parts of storage that changes of tasks use. */
export type OperatedStorage = Pick<Storage, "get" | "list" | "editTasks" | "operatorActions">;

/** The dependencies of {@linkcode TaskChanger}. */
export interface TaskChangerParts {
  /** Returns the storage once it is open. */
  readonly opened: () => Promise<OperatedStorage>;
  readonly consequences: Consequences;
}

/** A change of a task by an operator. */
export interface TaskChange {
  readonly verb: OperatorVerb;
  readonly taskId: string;
  readonly decide: Decide;
  readonly by: string;
  readonly reason: string | null;
  /** The version that the operator has seen; undefined for any version. */
  readonly version: string | undefined;
}

/** The maximum number of tries while other callers change the task at the same time. */
const mostTries = 10;

/** Changes tasks for operators. */
export class TaskChanger {
  readonly #parts: TaskChangerParts;

  constructor(parts: TaskChangerParts) {
    this.#parts = parts;
  }

  /** Applies a change; returns a refusal if it does not apply. */
  async change(
    { verb, taskId, decide, by, reason, version }: TaskChange,
  ): Promise<OperationResult> {
    const storage = await this.#parts.opened();
    const id = parseTaskId(taskId);
    for (let triesLeft = mostTries - 1;; triesLeft--) {
      const task = id === null ? null : await storage.get(id);
      if (task === null) return refusal("notStored");
      if (version !== undefined && task.version !== version) return refusal("changed");
      const decision = decide(task);
      if (typeof decision === "string") return refusal(decision);
      const target = { kind: "task", id: task.id } as const;
      const { change, before, after } = decision;
      const { actionId } = await storage.editTasks({
        edits: [{ taskId: task.id, version: task.version, change }],
        action: { verb, by, reason, target, before: toJson(before), after: toJson(after) },
      });
      if (actionId !== null) {
        await this.follow([{ task, decision }]);
        return { applied: true, actionId };
      }
      if (version !== undefined || triesLeft === 0) return refusal("changed");
    }
  }

  /** Triggers the consequences of applied changes. */
  async follow(
    changes: readonly { readonly task: TaskRecord; readonly decision: Decision }[],
  ): Promise<void> {
    const { ended, cancelRequested, madeDue } = this.#parts.consequences;
    const of = (isOne: (change: Decision["change"]) => boolean) =>
      changes.filter(({ decision }) => isOne(decision.change)).map(({ task }) => task);
    const cancelled = of((change) => change !== "delete" && change.status === "Cancelled");
    const deleted = of((change) => change === "delete");
    const asked = of((change) => change !== "delete" && change.cancelRequested === true);
    if (cancelled.length > 0) await ended(cancelled, "cancel");
    if (deleted.length > 0) await ended(deleted, "delete");
    if (asked.length > 0) await cancelRequested(asked.map(({ id }) => id));
    if (of((change) => change !== "delete" && change.due != null).length > 0) madeDue();
  }
}

/** Encodes the fields of an action as JSON. */
export function toJson(fields: object | null): string | null {
  return fields === null ? null : JSON.stringify(fields);
}
