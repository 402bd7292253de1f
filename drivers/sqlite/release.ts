// Implements release and releaseUnknown, which give back claimed tasks that have not started.

import type { ReleasedTask } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";

const releaseTask = "UPDATE queued_tasks SET worker_id = NULL, attempt = max(attempt - 1, 0), " +
  "due_at_utc = iif(cancel_requested = 1, min(?1, ?2), ?2) " +
  "WHERE id = ?3 AND worker_id = ?4 AND lease_token = ?5";

/** Gives back claimed tasks that have not started. */
export function release(
  connection: Connection,
  workerId: string,
  tasks: readonly ReleasedTask[],
): void {
  connection.transaction((now) => {
    for (const { taskId, token, dueAt } of tasks) {
      connection.run(releaseTask, now, dueAt, taskId, workerId, token);
    }
    countChange(connection, "task_changes");
  });
}

const releaseUnknownTasks = "UPDATE queued_tasks SET worker_id = NULL, " +
  "attempt = max(attempt - 1, 0), due_at_utc = ?1 " +
  "WHERE worker_id = ?2 AND id NOT IN (SELECT value FROM json_each(?3))";

/** Gives back the tasks that a worker has claimed, except `known`. Returns their number. */
export function releaseUnknown(
  connection: Connection,
  workerId: string,
  known: readonly string[],
): number {
  return connection.transaction((now) => {
    const released = connection.run(releaseUnknownTasks, now, workerId, JSON.stringify(known));
    countChange(connection, "task_changes");
    return released;
  });
}
