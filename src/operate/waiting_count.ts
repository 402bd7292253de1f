// Counts waiting tasks up to a limit, because a queue may have millions.

import type { TaskCount } from "./task_search.ts";

/** The maximum count of the due tasks of a queue, and of its scheduled tasks. */
const mostWaiting = 5_000;

/** The cap with which storage is asked, so that {@linkcode waitingCount} knows of further tasks. */
export const waitingCap = mostWaiting + 1;

/** Converts a count of storage. */
export function waitingCount(counted: number): TaskCount {
  return { count: Math.min(counted, mostWaiting), exact: counted <= mostWaiting };
}
