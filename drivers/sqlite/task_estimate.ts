// Estimates the numbers of tasks by status, because SQLite would count them by reading the whole
// table.

import {
  endedStatuses,
  statusesNotInProgress,
  type TaskStatus,
  taskStatuses,
} from "../../src/storage/task_status.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";

/** The maximum number of tasks of a table that is not estimated. */
const mostCounted = 50_000;

/** The maximum number of waiting tasks to count by status, which takes about 20 ms. */
const mostWaitingCounted = 20_000;

/** The number of places to read for a sample, evenly spread over the table. */
const places = 256;

/** The number of successive rowids to read at each place. */
const rowsOfPlace = 40;

const countSome = "SELECT count(*) AS tasks FROM (SELECT 1 FROM queued_tasks LIMIT ?)";

const countClaimed = "SELECT status, count(*) AS tasks FROM queued_tasks " +
  "INDEXED BY queued_tasks_worker WHERE worker_id IS NOT NULL GROUP BY status";

const countWaiting = "SELECT status, count(*) AS tasks FROM (SELECT status FROM queued_tasks " +
  "INDEXED BY queued_tasks_due WHERE due_at_utc IS NOT NULL LIMIT ?) GROUP BY status";

/** The statuses of tasks that have ended, in SQL. */
const ended = endedStatuses.map((status) => `'${status}'`).join();

/** Series that are paused, unless they have the status of their last run. */
const countPaused =
  "SELECT status, count(*) AS tasks FROM task_series CROSS JOIN queued_tasks ON id = task_id " +
  "WHERE due_at_utc IS NULL AND worker_id IS NULL " +
  `AND status NOT IN (${ended}) GROUP BY status`;

const bounds = "SELECT (SELECT min(rowid) FROM queued_tasks) AS first, " +
  "(SELECT max(rowid) FROM queued_tasks) AS last";

const sampleOf = (condition: string): string =>
  "SELECT status, count(*) AS tasks FROM json_each(?) AS place CROSS JOIN queued_tasks AS t " +
  `ON t.rowid >= place.value AND t.rowid < place.value + ${rowsOfPlace} ` +
  `WHERE ${condition} GROUP BY status`;

const sampleEnded = sampleOf(
  `due_at_utc IS NULL AND worker_id IS NULL AND status IN (${ended})`,
);

const sampleWaiting = sampleOf("due_at_utc IS NOT NULL");

/** Numbers of tasks. */
export interface TaskEstimate {
  readonly tasksByStatus: Readonly<Record<TaskStatus, number>>;
  /** The statuses whose numbers are estimates. */
  readonly estimated: readonly TaskStatus[];
}

/**
 * Returns the numbers of tasks by status, from a sample of about 10,000 of them. Claimed tasks are
 * counted, and waiting ones if they are few. Returns null if a count of all tasks takes no longer.
 */
export function estimateTasks(connection: Connection): TaskEstimate | null {
  if (connection.get(countSome, mostCounted + 1)!.tasks as number <= mostCounted) return null;
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  const tasksByStatus = none as Record<TaskStatus, number>;
  const add = (rows: readonly SqliteRow[], factor = 1): void => {
    for (const { status, tasks } of rows) {
      tasksByStatus[status as TaskStatus] += Math.round(tasks as number * factor);
    }
  };
  const { first, last } = connection.get(bounds) as { first: number; last: number };
  const span = last - first + 1;
  const starts = Array.from(
    { length: places },
    (_, place) => first + Math.floor(place * span / places),
  );
  const sampled = JSON.stringify(starts);
  const factor = span / (places * rowsOfPlace);
  add(connection.all(sampleEnded, sampled), factor);
  add(connection.all(countClaimed));
  add(connection.all(countPaused));
  const waiting = connection.all(countWaiting, mostWaitingCounted + 1);
  const hasMany =
    waiting.reduce((sum, { tasks }) => sum + (tasks as number), 0) > mostWaitingCounted;
  if (hasMany) add(connection.all(sampleWaiting, sampled), factor);
  else add(waiting);
  const estimated = hasMany ? statusesNotInProgress : endedStatuses;
  return { tasksByStatus, estimated };
}
