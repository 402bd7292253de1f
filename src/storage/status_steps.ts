// What all drivers read from the steps of a change.

import { InvalidArgumentError } from "../errors.ts";
import type { StatusChange, StatusStep } from "./requests.ts";
import { isTaskStatus, isWaiting, taskStatuses } from "./task_status.ts";

/**
 * Returns the step that says how a task stands after a change or a run.
 *
 * @throws {InvalidArgumentError} If there is no step, or the status of one does not exist.
 */
export function lastStep({ taskId, steps }: Pick<StatusChange, "taskId" | "steps">): StatusStep {
  for (const { status } of steps) {
    if (isTaskStatus(status)) continue;
    const remedy = `be one of ${taskStatuses.join(", ")}`;
    throw new InvalidArgumentError(`status of task ${taskId}`, status, remedy);
  }
  const step = steps[steps.length - 1];
  if (step !== undefined) return step;
  throw new InvalidArgumentError(`steps of task ${taskId}`, steps, "have at least one step");
}

/**
 * Whether a change puts its task in line: it comes from nobody who holds the task, and says nothing
 * of a due instant.
 */
export function putsInLine({ lease, dueInMs, steps }: StatusChange): boolean {
  if (lease !== undefined || dueInMs !== undefined) return false;
  return isWaiting(steps[steps.length - 1]!.status);
}
