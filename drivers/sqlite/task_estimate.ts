// Estimates the numbers of tasks by status, because SQLite would count them by reading the whole
// table.

import {
  endedStatuses,
  statusesNotInProgress,
  type TaskStatus,
  taskStatuses,
} from "../../src/storage/task_status.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import type { DatabaseAccess } from "./database.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";

/** The maximum number of tasks of a table that is not estimated. */
const mostCounted = 50_000;

/** The maximum number of waiting tasks to count by status, which takes about 5 ms. */
const mostWaitingCounted = 5_000;

/** The minimum number of waiting tasks in a sample from which their statuses are estimated. */
const fewestSampled = 100;

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

const sampleTasks = "SELECT status, due_at_utc IS NOT NULL AS waits, count(*) AS tasks " +
  "FROM json_each(?) AS place CROSS JOIN queued_tasks AS t " +
  `ON t.rowid >= place.value AND t.rowid < place.value + ${rowsOfPlace} ` +
  `WHERE due_at_utc IS NOT NULL OR worker_id IS NULL AND status IN (${ended}) GROUP BY 1, 2`;

/** Numbers of tasks. */
export interface TaskEstimate {
  readonly tasksByStatus: Readonly<Record<TaskStatus, number>>;
  /** The statuses whose numbers are estimates. */
  readonly estimated: readonly TaskStatus[];
}

/**
 * Returns the numbers of tasks by status, from a sample of about 10,000 of them. Claimed tasks are
 * counted, and waiting ones if they are few. Other work runs between the statements. Returns null
 * if a count of all tasks takes no longer.
 *
 * @param waiting The number of waiting tasks, which is shared among their statuses if they are many.
 */
export async function estimateTasks(
  access: DatabaseAccess,
  waiting: number,
): Promise<TaskEstimate | null> {
  const all = async (statement: string, ...parameters: SqliteValue[]): Promise<SqliteRow[]> => {
    await new Promise<void>(nextMacrotask);
    return await access.do((connection) => connection.all(statement, ...parameters));
  };
  const [some] = await all(countSome, mostCounted + 1);
  if (some!.tasks as number <= mostCounted) return null;
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  const tasksByStatus = none as Record<TaskStatus, number>;
  const add = (rows: readonly SqliteRow[], factor = 1): void => {
    for (const { status, tasks } of rows) {
      tasksByStatus[status as TaskStatus] += Math.round(tasks as number * factor);
    }
  };
  const [{ first, last }] = await all(bounds) as [{ first: number; last: number }];
  const span = last - first + 1;
  const starts = Array.from(
    { length: places },
    (_, place) => first + Math.floor(place * span / places),
  );
  const sample = await all(sampleTasks, JSON.stringify(starts));
  add(sample.filter(({ waits }) => waits === 0), span / (places * rowsOfPlace));
  add(await all(countClaimed));
  add(await all(countPaused));
  const hasMany = waiting > mostWaitingCounted;
  const sampled = sample.filter(({ waits }) => waits === 1);
  const rows = hasMany && tasksOf(sampled) >= fewestSampled
    ? sampled
    : await all(countWaiting, mostWaitingCounted);
  add(rows, hasMany ? waiting / tasksOf(rows) : 1);
  return { tasksByStatus, estimated: hasMany ? statusesNotInProgress : endedStatuses };
}

function tasksOf(rows: readonly SqliteRow[]): number {
  return rows.reduce((sum, { tasks }) => sum + (tasks as number), 0);
}
