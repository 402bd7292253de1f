// Reads statistics of the whole store. SQLite runs in the process's own thread, so whole tables are
// read slice by slice, and other work runs in between.

import {
  type HeldTasks,
  mostHeldRead,
  type StatisticsOptions,
  type StorageStatistics,
} from "../../src/storage/queries.ts";
import { queueStatistics } from "../../src/storage/queue_statistics.ts";
import { type TaskStatus, taskStatuses } from "../../src/storage/task_status.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import { backlog } from "./backlog.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import type { DatabaseAccess } from "./database.ts";
import { estimateTasks } from "./task_estimate.ts";

/** The number of rows of a slice, which takes about 2 ms. */
const sliceRows = 5_000;

const claimedByQueue = "SELECT CAST(queue_name AS BLOB) AS queue, count(*) AS claimed " +
  "FROM queued_tasks WHERE worker_id IS NOT NULL GROUP BY queue_name";

/** Counts the claimed tasks up to a limit. Reads no other tasks. */
export const selectHeld =
  "SELECT CAST(worker_id AS BLOB) AS worker, CAST(queue_name AS BLOB) AS queue, " +
  "count(*) AS held FROM (SELECT worker_id, queue_name FROM queued_tasks " +
  "INDEXED BY queued_tasks_worker WHERE worker_id IS NOT NULL LIMIT ?) GROUP BY 1, 2";

/** Counts the claimed tasks by worker and queue; see `Storage.heldTasks`. */
export function heldTasks(connection: Connection): HeldTasks[] | null {
  const held = connection.all(selectHeld, mostHeldRead + 1).map(({ worker, queue, held }) => ({
    workerId: decode(worker),
    queue: decode(queue),
    count: held as number,
  }));
  return held.reduce((sum, { count }) => sum + count, 0) > mostHeldRead ? null : held;
}

const countSlice = "SELECT status, count(*) AS tasks, max(place) AS last FROM " +
  "(SELECT status, rowid AS place FROM queued_tasks WHERE rowid > ? " +
  `ORDER BY rowid LIMIT ${sliceRows}) GROUP BY status`;

/** Implements {@linkcode Storage.statistics}. */
export async function statistics(
  access: DatabaseAccess,
  { exact = false }: StatisticsOptions = {},
): Promise<StorageStatistics> {
  const { now, queues } = await statisticsOfQueues(access);
  const waiting = queues.reduce((sum, { due, scheduled }) => sum + due + scheduled, 0);
  const estimate = exact ? null : await estimateTasks(access, waiting);
  const counts = estimate ?? { tasksByStatus: await countByStatus(access), estimated: [] };
  return { now, ...counts, queues };
}

async function countByStatus(access: DatabaseAccess): Promise<Record<TaskStatus, number>> {
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  const tasksByStatus = none as Record<TaskStatus, number>;
  for (let after = 0;;) {
    const slice = await access.do((connection) => connection.all(countSlice, after));
    for (const row of slice) tasksByStatus[row.status as TaskStatus] += row.tasks as number;
    const counted = slice.reduce((sum, { tasks }) => sum + (tasks as number), 0);
    if (counted < sliceRows) return tasksByStatus;
    after = Math.max(...slice.map(({ last }) => last as number));
    await new Promise<void>(nextMacrotask);
  }
}

async function statisticsOfQueues(
  access: DatabaseAccess,
): Promise<Pick<StorageStatistics, "now" | "queues">> {
  const { now, queues } = await backlog(access);
  const rows = await access.do((connection) => connection.all(claimedByQueue));
  const held = rows.map(({ queue, claimed }) => ({
    queue: decode(queue),
    count: claimed as number,
  }));
  const byName = queueStatistics(queues, held).sort((a, b) => a.queue < b.queue ? -1 : 1);
  return { now, queues: byName };
}

function decode(bytes: SqliteValue | undefined): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes as Uint8Array);
}
