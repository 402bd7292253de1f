// The part of the storage contract for changes by operators; see storage.ts.

import type { ActionFilter, OperatorActionRecord, TasksEdit, TasksEdited } from "./requests.ts";
import type { Page, PageRequest } from "./queries.ts";

/** The methods of {@linkcode Storage} for operators. */
export interface StorageOperations {
  /**
   * Changes the tasks that still have the version that the operator has seen, and records the
   * action in the same transaction. If `request.batch` is absent, the action is recorded only if a
   * task was changed. If it is present, the action is always recorded: the first batch creates the
   * record, and the counts of each later batch are added to it. A batch is ignored if its
   * `continues.next` differs from the `next` of the recorded action, so a batch that is sent twice
   * is applied once.
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
