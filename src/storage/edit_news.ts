// Determines the notifications to other processes after an operator's change.

import type { TasksEdit, TasksEdited } from "./operation_requests.ts";

/** Reports whether a change has made a task due, or may have. */
export function makesDue({ edits }: TasksEdit, { applied }: TasksEdited): boolean {
  return edits.some(({ change }, index) =>
    applied[index] && change !== "delete" && (change.due ?? change.queue) != null
  );
}

/** Returns the ids of the tasks whose workers are asked to cancel them. */
export function cancelsAsked({ edits }: TasksEdit, { applied }: TasksEdited): string[] {
  return edits.filter(({ change }, index) =>
    applied[index] && change !== "delete" && change.cancelRequested
  ).map(({ taskId }) => taskId);
}
