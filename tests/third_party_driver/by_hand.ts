// Changes of tasks from outside, claimed or not.

import type { CancelOutcome } from "@evertask/evertask";
import type { SeriesCorrection } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { endLease, hasEnded, startAnew } from "./rows.ts";

/** Cancels a task that waits, or has the worker that holds it asked to. */
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

/** Makes a task due now that waits, or that failed. */
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

/** Plans the next run of a series again, unless another process has. */
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
