// Makes unclaimed tasks of the memory store due, and queues again the tasks that ended without
// completing.

import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.makeDue} for one task. */
export function makeTaskDue(state: MemoryState, taskId: string, now: number): boolean {
  const row = state.rows.get(taskId);
  if (row === undefined || row.worker !== null) return false;
  if (row.dueAt !== null || row.series?.paused && row.series.nextRunAt !== null) {
    if (row.dueAt === null || row.dueAt > now) state.due.setDue(row, now);
    return true;
  }
  if (row.series !== null || !row.ended || row.status === "Completed") return false;
  row.attempt = 0;
  row.lostCount = 0;
  row.rateSlotAt = null;
  state.setStatus(row, "Queued", null, now);
  state.due.setDue(row, now);
  return true;
}
