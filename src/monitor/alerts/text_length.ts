// Estimates the memory of an event by its texts, which may be large.

import type { TaskEvent } from "../../events/task_event.ts";

/** The maximum total length of the texts of all waiting events, in characters: about 20 MB. */
export const mostText = 10_000_000;

/** Returns the total length of an event's unlimited texts, in characters. */
export function textLength({ taskParameters, message, exception }: TaskEvent): number {
  return taskParameters.length + message.length + (exception?.length ?? 0);
}
