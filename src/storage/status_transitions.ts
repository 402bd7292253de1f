// Reads the transitions of a change, for all drivers.

import { InvalidArgumentError } from "../guards/errors.ts";
import type { StatusChange, StatusTransition } from "./requests.ts";
import { isTaskStatus, isWaiting, taskStatuses } from "./task_status.ts";

/**
 * Returns the transition that decides the status of a task after a change or a run.
 *
 * @throws {InvalidArgumentError} If there is no transition, or one has an unknown status.
 */
export function lastTransition(
  change: Pick<StatusChange, "taskId" | "transitions">,
): StatusTransition {
  const transitions = transitionsOf(change);
  const { taskId } = change;
  for (const transition of transitions) {
    const status = transition?.status;
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

/**
 * Reports whether a change makes its task wait. Such a change has neither a lease nor a due
 * instant, and its last status is one in which a task waits.
 *
 * @throws {InvalidArgumentError} If its transitions are not an array.
 */
export function putsInLine(change: StatusChange): boolean {
  const transitions = transitionsOf(change);
  if (change.lease !== undefined || change.dueInMs !== undefined) return false;
  return isWaiting(transitions[transitions.length - 1]?.status);
}

/**
 * Reports whether a change is the report of a worker that an attempt has started. It has no effect
 * if the task is `InProgress` already.
 *
 * @throws {InvalidArgumentError} If its transitions are not an array.
 */
export function reportsStart(change: StatusChange): boolean {
  const transitions = transitionsOf(change);
  if (change.lease === undefined || change.dueInMs !== undefined) return false;
  return transitions[transitions.length - 1]?.status === "InProgress";
}

function transitionsOf(change: Pick<StatusChange, "transitions">): StatusChange["transitions"] {
  const transitions = change?.transitions;
  if (Array.isArray(transitions)) return transitions;
  throw new InvalidArgumentError("transitions", transitions, "be an array");
}
