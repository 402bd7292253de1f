// The part of the storage contract for changes by operators; see storage.ts.

import type { ActionFilter, OperatorActionRecord, TasksEdit, TasksEdited } from "./requests.ts";
import type { Page, PageRequest } from "./queries.ts";

/** The methods of {@linkcode Storage} for operators. */
export interface StorageOperations {
  /**
   * Changes the tasks that still have the version that the operator has seen, and records the
   * action in the same transaction. Without a batch, the action is recorded only if a task was
   * changed.
   *
   * A batch is recorded in any case. The first batch creates the action; each further one is added
   * to it. A batch that does not start at the action's `next` changes nothing, so that a repeated
   * batch is applied once.
   *
   * Notifies other processes of due tasks as {@linkcode Storage.makeDue} does, and of cancel
   * requests as {@linkcode Storage.requestCancel} does.
   */
  editTasks(request: TasksEdit): Promise<TasksEdited>;

  /** Returns the actions of operators, newest first. */
  operatorActions(
    filter?: ActionFilter,
    page?: PageRequest,
  ): Promise<Page<OperatorActionRecord>>;
}
