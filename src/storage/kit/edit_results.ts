// Computes the progress of an action and the result of an operator's change.

import { checkList, isPlain } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { OperatorActionRecord, TasksEdit, TasksEdited } from "../operation_requests.ts";

/** The progress of an action with a batch. */
export type ActionProgress = Pick<OperatorActionRecord, "changed" | "skipped" | "next">;

/** The progress of an action that is complete at once. */
export const allDone: ActionProgress = { changed: 1, skipped: 0, next: null };

/**
 * Returns the progress that a change of tasks adds to its action; null if nothing is recorded.
 *
 * @param request The change.
 * @param applied Whether each task was changed, in the order of the edits.
 * @throws {InvalidArgumentError} If an argument has the wrong type.
 */
export function progressOf(
  request: TasksEdit,
  applied: readonly boolean[],
): ActionProgress | null {
  if (!isPlain(request)) throw new InvalidArgumentError("request", request, "be an object");
  checkList(applied, "applied");
  const { batch } = request;
  const changed = applied.filter((isChanged) => isChanged).length;
  if (batch !== undefined) {
    return { changed, skipped: batch.skipped + applied.length - changed, next: batch.next };
  }
  return changed === 0 ? null : { changed, skipped: 0, next: null };
}

/**
 * Returns the result of a change that is not applied.
 *
 * @throws {InvalidArgumentError} If the change has the wrong type.
 */
export function nothingEdited(request: Pick<TasksEdit, "edits">): TasksEdited {
  if (!isPlain(request)) throw new InvalidArgumentError("request", request, "be an object");
  checkList(request.edits, "request.edits");
  return { actionId: null, applied: request.edits.map(() => false) };
}
