// makeDue: lets unclaimed tasks run now, and failed ones run again.

import type { MemoryState } from "./state.ts";

/** One task of {@linkcode Storage.makeDue}. */
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
