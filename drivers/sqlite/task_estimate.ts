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
import { pastAllIds } from "./rows.ts";
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

/** The number of tasks in a block at the beginning, and the maximum number of such blocks. */
const rowsOfBlock = 1_000;
const mostBlocks = 20;

/** The number of series to read at a time. */
const seriesOfPage = 2_000;

/** The part of all rowids that a block must take to be counted, rather than sampled. */
const wideBlock = 1 / 64;

const countSome = "SELECT count(*) AS tasks FROM (SELECT 1 FROM queued_tasks LIMIT ?)";

const countClaimed = "SELECT status, count(*) AS tasks FROM queued_tasks " +
  "INDEXED BY queued_tasks_worker WHERE worker_id IS NOT NULL GROUP BY status";

const countWaiting = "SELECT status, count(*) AS tasks FROM (SELECT status FROM queued_tasks " +
  "INDEXED BY queued_tasks_due WHERE due_at_utc IS NOT NULL LIMIT ?) GROUP BY status";

/** The statuses of tasks that have ended, in SQL. */
const ended = endedStatuses.map((status) => `'${status}'`).join();

/** Finds the last series of a page that is full. */
const endOfSeriesPage =
  `SELECT task_id AS id FROM task_series WHERE task_id > ? ORDER BY task_id LIMIT 1 OFFSET ${
    seriesOfPage - 1
  }`;

/** Counts the series of a page that are paused, unless they have the status of their last run. */
const countPaused =
  "SELECT status, count(*) AS tasks FROM task_series CROSS JOIN queued_tasks ON id = task_id " +
  "WHERE task_id > ? AND task_id <= ? AND due_at_utc IS NULL AND worker_id IS NULL " +
  `AND status NOT IN (${ended}) GROUP BY status`;

const lastRow = "SELECT max(rowid) AS last FROM queued_tasks";

/** Finds the first task from a rowid on, and the last of the block that begins with it. */
const selectBlock = "SELECT min(rowid) AS first, max(rowid) AS last FROM " +
  `(SELECT rowid FROM queued_tasks WHERE rowid >= ? ORDER BY rowid LIMIT ${rowsOfBlock})`;

/** Counts the tasks of ranges: the rowids from `begin` to before `end`. */
const countRanges = "SELECT status, due_at_utc IS NOT NULL AS waits, count(*) AS tasks " +
  "FROM json_each(?) AS range CROSS JOIN queued_tasks AS t " +
  "ON t.rowid >= range.value ->> 0 AND t.rowid < range.value ->> 1 " +
  `WHERE due_at_utc IS NOT NULL OR worker_id IS NULL AND status IN (${ended}) GROUP BY 1, 2`;

/** Rowids, without the end. */
type Range = readonly [begin: number, end: number];

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
  const countIn = (ranges: readonly Range[]) => all(countRanges, JSON.stringify(ranges));
  const [{ last }] = await all(lastRow) as [{ last: number }];
  let first = 1;
  // Retention deletes old tasks, but series stay. A sample of their rowids would miss the others.
  for (let blocks = 0; blocks <= mostBlocks; blocks++) {
    const [block] = await all(selectBlock, first) as [{ first: number; last: number }];
    first = block.first ?? last;
    const width = block.last - first + 1;
    const isSparse = width > 4 * rowsOfBlock && width > (last - first) * wideBlock;
    if (!isSparse || blocks === mostBlocks) break;
    add((await countIn([[first, block.last + 1]])).filter(({ waits }) => waits === 0));
    first = block.last + 1;
  }
  const span = last - first + 1;
  const ranges = Array.from({ length: places }, (_, place): Range => {
    const begin = first + Math.floor(place * span / places);
    return [begin, begin + rowsOfPlace];
  });
  const sample = await countIn(ranges);
  add(sample.filter(({ waits }) => waits === 0), span / (places * rowsOfPlace));
  add(await all(countClaimed));
  for (let after = ""; after < pastAllIds;) {
    const end = (await all(endOfSeriesPage, after))[0]?.id as string | undefined;
    add(await all(countPaused, after, end ?? pastAllIds));
    after = end ?? pastAllIds;
  }
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
