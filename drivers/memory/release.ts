// Releases claimed tasks of the memory store that have not been started.

import type { ReleasedTask } from "../../src/storage/requests.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.release} for one task. */
export function releaseTask(
  state: MemoryState,
  workerId: string,
  task: ReleasedTask,
  now: number,
): void {
  const row = state.rows.get(task.taskId);
  if (row === undefined || !state.holds(row, { workerId, token: task.token })) return;
  row.attempt = Math.max(0, row.attempt - 1);
  state.endLease(row, task.dueAt, now);
}

/** Implements {@linkcode Storage.releaseUnknown}. */
export function releaseUnknown(
  state: MemoryState,
  workerId: string,
  known: ReadonlySet<string>,
  now: number,
): number {
  const held = [...state.workers.get(workerId)?.tasks ?? []];
  const unknown = held.filter((row) => !known.has(row.id));
  for (const row of unknown) {
    row.attempt = Math.max(0, row.attempt - 1);
    state.endLease(row, now, now);
  }
  return unknown.length;
}
