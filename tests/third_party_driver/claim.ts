// Claims due tasks, and releases claimed ones.

import {
  type ClaimRequest,
  type ClaimResult,
  type ReleasedTask,
  WorkerLostError,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { giveBack, lease, toClaimed } from "./rows.ts";

/** Claims due tasks by priority, then by due instant. */
export function claim(
  database: MapDatabase,
  { workerId, types, queues }: ClaimRequest,
  now: number,
): ClaimResult {
  if (!database.workers.has(workerId)) throw new WorkerLostError(workerId);
  const tasks = queues.flatMap(({ name, limit }) =>
    database.waiting(name, types)
      .filter(({ dueAt }) => dueAt! <= now)
      .sort((a, b) => b.priority - a.priority || a.dueAt! - b.dueAt! || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
  );
  return {
    now,
    tasks: tasks.map((row) => {
      const dueAt = row.dueAt!;
      lease(row, workerId);
      return toClaimed(row, dueAt);
    }),
  };
}

/** Returns the instant at which the next task is due, or null if no task waits. */
export function nextDueAt(
  database: MapDatabase,
  queues: readonly string[],
  types: readonly string[],
): number | null {
  const rows = queues.flatMap((queue) => database.waiting(queue, types));
  return rows.length === 0 ? null : Math.min(...rows.map(({ dueAt }) => dueAt!));
}

/** Releases tasks that their worker does not start. */
export function release(
  database: MapDatabase,
  workerId: string,
  tasks: readonly ReleasedTask[],
  now: number,
): void {
  for (const { taskId, token, dueAt } of tasks) {
    database.write(
      { taskId, lease: { workerId, token } },
      (row) => giveBack(row, dueAt, now),
    );
  }
}

/** Releases the tasks that the worker holds but does not know, and returns their number. */
export function releaseUnknown(
  database: MapDatabase,
  workerId: string,
  known: readonly string[],
  now: number,
): number {
  const unknown = database.heldBy(workerId).filter(({ id }) => !known.includes(id));
  for (const row of unknown) giveBack(row, now, now);
  return unknown.length;
}
