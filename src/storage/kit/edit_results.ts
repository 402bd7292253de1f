// What follows from a change by an operator: what is noted, and what is answered.

import { checkList, isPlain } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import type { OperatorActionRecord, TasksEdit, TasksEdited } from "../operation_requests.ts";

/** How far an action has come with a batch. */
export type ActionProgress = Pick<OperatorActionRecord, "changed" | "skipped" | "next">;

/** What is noted of an action that is done at once. */
export const allDone: ActionProgress = { changed: 1, skipped: 0, next: null };

/**
 * What a change of tasks adds to its action; null if nothing is to be noted.
 *
 * @param request The change.
 * @param applied Whether each task was changed, in the order of the edits.
 * @throws {InvalidArgumentError} If an argument is of another kind.
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
 * The answer to a change that is not done.
 *
 * @throws {InvalidArgumentError} If the change is of another kind.
 */
export function nothingEdited(request: Pick<TasksEdit, "edits">): TasksEdited {
  if (!isPlain(request)) throw new InvalidArgumentError("request", request, "be an object");
  checkList(request.edits, "request.edits");
  return { actionId: null, applied: request.edits.map(() => false) };
}
