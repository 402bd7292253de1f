// How much memory an event holds on to: its texts are what can be large.

import type { TaskEvent } from "../../events/task_event.ts";

/**
 * How many characters the texts of all events that wait in one place may have together: some 20 MB.
 */
export const mostText = 10_000_000;

/** How many characters the texts of an event have that know no measure. */
export function textLength({ taskParameters, message, exception }: TaskEvent): number {
  return taskParameters.length + message.length + (exception?.length ?? 0);
}
