// Due tasks, and their claims.

import {
  type ClaimRequest,
  type ClaimResult,
  type ReleasedTask,
  WorkerLostError,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { giveBack, lease, toClaimed } from "./rows.ts";

/** Takes due tasks, the most urgent first. */
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

/** When the next task is due; null: none waits. */
export function nextDueAt(
  database: MapDatabase,
  queues: readonly string[],
  types: readonly string[],
): number | null {
  const rows = queues.flatMap((queue) => database.waiting(queue, types));
  return rows.length === 0 ? null : Math.min(...rows.map(({ dueAt }) => dueAt!));
}

/** Gives tasks back that their worker does not start. */
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

/** Gives the tasks back that a worker holds and does not know. */
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
