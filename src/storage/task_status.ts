// The statuses of a task, by upstream's names.

/**
 * The status of a task.
 *
 * - `WaitingQueue`: stored, and due at a later instant.
 * - `Queued`: due, waiting for a worker or in a worker's local queue.
 * - `InProgress`: its handler is running.
 * - `Pending`: an attempt failed or was deferred; the next attempt has a due instant.
 * - `Completed`, `Failed`: ended. A recurring series also has one of these statuses between its
 *   runs, and then has a next run.
 * - `Cancelled`: ended by {@linkcode EverTask.cancel}.
 * - `ServiceStopped`: its worker stopped or was lost while the task was claimed; it is due again.
 */
export type TaskStatus =
  | "WaitingQueue"
  | "Queued"
  | "InProgress"
  | "Pending"
  | "Cancelled"
  | "Completed"
  | "Failed"
  | "ServiceStopped";

/** All statuses. */
export const taskStatuses: readonly TaskStatus[] = [
  "WaitingQueue",
  "Queued",
  "InProgress",
  "Pending",
  "Cancelled",
  "Completed",
  "Failed",
  "ServiceStopped",
];

/** The statuses of tasks that have ended. Recurring series also have them between their runs. */
export const endedStatuses: readonly TaskStatus[] = ["Completed", "Failed", "Cancelled"];

/** The statuses of tasks whose handler is not running. */
export const statusesNotInProgress: readonly TaskStatus[] = taskStatuses.filter((status) =>
  status !== "InProgress"
);

const knownStatuses: ReadonlySet<string> = new Set(taskStatuses);

/** Reports whether a value is the name of a status. */
export function isTaskStatus(text: unknown): text is TaskStatus {
  return knownStatuses.has(text as string);
}

/** Reports whether a task of this status waits for a worker. */
export function isWaiting(status: TaskStatus | undefined): boolean {
  return status === "Queued" || status === "WaitingQueue" || status === "Pending";
}
