// What all drivers read from the transitions of a change.

import { InvalidArgumentError } from "../guards/errors.ts";
import type { StatusChange, StatusTransition } from "./requests.ts";
import { isTaskStatus, isWaiting, taskStatuses } from "./task_status.ts";

/**
 * Returns the transition that decides the status of a task after a change or a run.
 *
 * @throws {InvalidArgumentError} If there is no transition, or the status of one does not exist.
 */
export function lastTransition(
  { taskId, transitions }: Pick<StatusChange, "taskId" | "transitions">,
): StatusTransition {
  for (const { status } of transitions) {
    if (isTaskStatus(status)) continue;
    const remedy = `be one of ${taskStatuses.join(", ")}`;
    throw new InvalidArgumentError(`status of task ${taskId}`, status, remedy);
  }
  const transition = transitions[transitions.length - 1];
  if (transition !== undefined) return transition;
  throw new InvalidArgumentError(
    `transitions of task ${taskId}`,
    transitions,
    "have at least one transition",
  );
}

/** Reports whether a change puts its task in line: it has neither a lease nor a due instant. */
export function putsInLine({ lease, dueInMs, transitions }: StatusChange): boolean {
  if (lease !== undefined || dueInMs !== undefined) return false;
  return isWaiting(transitions[transitions.length - 1]!.status);
}
