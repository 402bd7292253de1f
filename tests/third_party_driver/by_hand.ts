// Changes of tasks that do not come from the worker that holds them.

import type { CancelOutcome } from "@evertask/evertask";
import type { SeriesCorrection } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { endLease, hasEnded, startAnew } from "./rows.ts";

/** Cancels a waiting task, or marks a claimed one so that its worker cancels it. */
export function requestCancel(database: MapDatabase, taskId: string, now: number): CancelOutcome {
  const row = database.rows.get(taskId);
  if (row === undefined) return "unknown";
  if (row.workerId !== null) {
    row.cancelRequested = true;
    return "requested";
  }
  if (hasEnded(row)) return "ended";
  if (row.series !== null) row.series.nextRunAt = null;
  database.setStatus(row, "Cancelled", null, now);
  endLease(row, null, now);
  return "cancelled";
}

/** Makes a waiting or failed task due now. */
export function makeDue(database: MapDatabase, taskId: string, now: number): boolean {
  const row = database.rows.get(taskId);
  if (row === undefined || row.workerId !== null) return false;
  if (row.dueAt === null && !(row.series?.paused && row.series.nextRunAt !== null)) {
    if (row.series !== null || !hasEnded(row) || row.status === "Completed") return false;
    startAnew(row);
    database.setStatus(row, "Queued", null, now);
  }
  row.dueAt = Math.min(row.dueAt ?? now, now);
  return true;
}

/** Corrects the next run of a series, unless another process has changed it. */
export function correctSeries(
  database: MapDatabase,
  { taskId, plannedAt, nextRunAt, anchorAt, dueAt }: SeriesCorrection,
): boolean {
  const row = database.rows.get(taskId);
  if (row === undefined || row.dueAt === null) return false;
  if (row.series?.nextRunAt !== plannedAt) return false;
  Object.assign(row.series, { nextRunAt, anchorAt });
  row.dueAt = Math.min(row.dueAt, dueAt);
  return true;
}
