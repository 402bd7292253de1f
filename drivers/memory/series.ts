// Corrects the next runs of series of the memory store.

import type { SeriesCorrection } from "../../src/storage/requests.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.correctSeries} for one series. */
export function correctSeries(state: MemoryState, correction: SeriesCorrection): boolean {
  const { taskId, plannedAt, nextRunAt, anchorAt, dueAt } = correction;
  const row = state.rows.get(taskId);
  if (row === undefined || row.dueAt === null || row.series?.nextRunAt !== plannedAt) return false;
  row.series.nextRunAt = nextRunAt;
  row.series.anchorAt = anchorAt;
  state.due.setDue(row, Math.min(row.dueAt, dueAt));
  return true;
}
