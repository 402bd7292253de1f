// Groups of statuses.

import type { TaskStatus } from "./answers.ts";

/** The statuses of tasks that wait. */
export const waitingStatuses: readonly TaskStatus[] = [
  "WaitingQueue",
  "Queued",
  "Pending",
  "ServiceStopped",
];

/** The statuses of tasks that have ended. */
export const endedStatuses: readonly TaskStatus[] = ["Completed", "Failed", "Cancelled"];
