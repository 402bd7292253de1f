// Reads the statistics of the whole store.

import type { StorageStatistics } from "../../src/storage/queries.ts";
import { type TaskStatus, taskStatuses } from "../../src/storage/task_status.ts";
import type { Call } from "./database.ts";

/** Counts tasks by status and queue. */
export async function statistics(call: Call): Promise<StorageStatistics> {
  const figures = await call<StorageStatistics>("task_statistics");
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  const tasksByStatus = { ...none, ...figures.tasksByStatus } as Record<TaskStatus, number>;
  return { ...figures, tasksByStatus };
}
