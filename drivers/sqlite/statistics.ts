// Reads statistics of the whole store. SQLite runs in the process's own thread, so whole tables are
// read slice by slice, and other work runs in between.

import {
  type Backlog,
  type HeldTasks,
  mostHeldRead,
  type QueueBacklog,
  type QueueStatistics,
  type StatisticsOptions,
  type StorageStatistics,
} from "../../src/storage/queries.ts";
import { checkCount } from "../../src/guards/argument_checks.ts";
import { type TaskStatus, taskStatuses } from "../../src/storage/task_status.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import type { DatabaseAccess } from "./database.ts";
import { linesOf } from "./due_search.ts";
import { pausedQueues } from "./queues.ts";
import { estimateTasks } from "./task_estimate.ts";

/** The number of rows of a slice, which takes about 2 ms. */
const sliceRows = 5_000;

/** Counts the tasks of a line that are due, or due later, up to a limit; negative means none. */
export const [countDue, countLater] = ["<=", ">"].map((comparison) =>
  "SELECT count(*) AS tasks, min(due_at_utc) AS oldest FROM (SELECT due_at_utc FROM queued_tasks " +
  "INDEXED BY queued_tasks_due WHERE queue_name = ? AND claim_rank = ? " +
  `AND due_at_utc ${comparison} ? ORDER BY due_at_utc LIMIT ?)`
) as [string, string];

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

const lastRow = "SELECT max(rowid) AS last FROM queued_tasks";

const countSlice = "SELECT status, count(*) AS tasks FROM queued_tasks " +
  "WHERE rowid > ?1 AND rowid <= ?2 GROUP BY status";

/** Returns the waiting tasks by queue; see `Storage.backlog`. */
export function backlog(connection: Connection, now: number, cap?: number): Backlog {
  if (cap !== undefined) checkCount(cap, "cap");
  return { now, queues: [...waiting(connection, now, cap).values()] };
}

/** Implements {@linkcode Storage.statistics}. */
export async function statistics(
  access: DatabaseAccess,
  { exact = false }: StatisticsOptions = {},
): Promise<StorageStatistics> {
  const estimated = await access.do((connection, now) => {
    const estimate = exact ? null : estimateTasks(connection);
    return estimate && { now, ...estimate, queues: queueStatistics(connection, now) };
  });
  return estimated ?? await countAll(access);
}

async function countAll(access: DatabaseAccess): Promise<StorageStatistics> {
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  const tasksByStatus = none as Record<TaskStatus, number>;
  const last = await access.do((connection) => Number(connection.get(lastRow)?.last ?? 0));
  for (let from = 0; from < last; from += sliceRows) {
    if (from > 0) await new Promise<void>(nextMacrotask);
    const to = from + sliceRows;
    for (const row of await access.do((connection) => connection.all(countSlice, from, to))) {
      tasksByStatus[row.status as TaskStatus] += row.tasks as number;
    }
  }
  return await access.do((connection, now) => ({
    now,
    tasksByStatus,
    estimated: [],
    queues: queueStatistics(connection, now),
  }));
}

function queueStatistics(connection: Connection, now: number): QueueStatistics[] {
  const queues = waiting(connection, now);
  const claimed = new Map<string, number>();
  for (const row of connection.all(claimedByQueue)) {
    claimed.set(decode(row.queue), row.claimed as number);
  }
  return [...new Set([...queues.keys(), ...claimed.keys()])].sort().map((queue) => ({
    ...(queues.get(queue) ?? emptyQueue(queue, false)),
    claimed: claimed.get(queue) ?? 0,
  }));
}

function waiting(connection: Connection, now: number, cap?: number): Map<string, QueueBacklog> {
  const queues = new Map<string, QueueBacklog>();
  for (const queue of pausedQueues(connection)) queues.set(queue, emptyQueue(queue, true));
  for (const [queue, rank] of linesOf(connection)) {
    const { paused, ...known } = queues.get(queue) ?? emptyQueue(queue, false);
    const due = connection.get(countDue, queue, rank, now, cap ?? -1)!;
    const later = connection.get(countLater, queue, rank, now, cap ?? -1)!;
    queues.set(queue, {
      queue,
      paused,
      due: Math.min(known.due + (due.tasks as number), cap ?? Infinity),
      scheduled: Math.min(known.scheduled + (later.tasks as number), cap ?? Infinity),
      oldestDueAt: earliest(known.oldestDueAt, due.oldest as number | null),
    });
  }
  return queues;
}

function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? one ?? other : Math.min(one, other);
}

function emptyQueue(queue: string, paused: boolean): QueueBacklog {
  return { queue, paused, due: 0, scheduled: 0, oldestDueAt: null };
}

function decode(bytes: SqliteValue | undefined): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes as Uint8Array);
}
