// The part of the storage contract by which operators change things; see storage.ts.

import type { ActionFilter, OperatorActionRecord, TasksEdit, TasksEdited } from "./requests.ts";
import type { Page, PageRequest } from "./queries.ts";

/** The verbs of {@linkcode Storage} for operators. */
export interface StorageOperations {
  /**
   * Changes tasks whose version is still the one that the operator has seen, and notes the action
   * in the same transaction. Without a batch, the action is noted if a task was changed.
   *
   * A batch notes an action in any case: the first one begins it, each further one adds to it. A
   * batch that continues an action at another place than its `next` changes nothing, so that a
   * batch which is repeated is done once.
   *
   * A task that has become due is notified as by {@linkcode Storage.makeDue}, and a cancel request
   * as by {@linkcode Storage.requestCancel}.
   */
  editTasks(request: TasksEdit): Promise<TasksEdited>;

  /** What operators did, newest first. */
  operatorActions(
    filter?: ActionFilter,
    page?: PageRequest,
  ): Promise<Page<OperatorActionRecord>>;
}
