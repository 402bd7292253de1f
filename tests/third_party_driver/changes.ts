// Changes that workers report about the tasks that they hold.

import {
  keepsHistory,
  lastTransition,
  putsInLine,
  reportsStart,
  type RunEnd,
  shouldCreateRunsAudit,
  type StatusChange,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { endLease, type Row, startAnew } from "./rows.ts";

const largestRunCount = 2 ** 31 - 1;

/** Applies a change to its task. */
export function applyChange(
  database: MapDatabase,
  row: Row,
  change: StatusChange,
  now: number,
): void {
  const { dueInMs, executionTimeMs, auditLevel } = change;
  if (row.status === "InProgress" && reportsStart(change)) return; // reported before
  database.apply(row, change.transitions, auditLevel, now);
  row.rateSlotAt = change.rateSlotAt ?? null;
  if (change.returnAttempt) row.attempt = Math.max(0, row.attempt - 1);
  if (executionTimeMs !== undefined && keepsHistory(auditLevel)) {
    row.executionTimeMs = executionTimeMs;
    row.lastExecutionAt = Math.round(now - lastTransition(change).agoMs);
  }
  if (dueInMs !== undefined) endLease(row, now + Math.round(dueInMs), now);
  else if (putsInLine(change) && (row.workerId === null || row.status !== "Queued")) {
    const planned = row.series === null ? row.scheduledAt : row.series.nextRunAt;
    endLease(row, row.dueAt ?? Math.max(now, planned ?? now), now);
  } else if (row.status !== "InProgress" && row.status !== "Queued") {
    endLease(row, null, now);
  }
}

/** Ends a run of a series. */
export function endRun(database: MapDatabase, row: Row, run: RunEnd, now: number): void {
  const { executionTimeMs, nextRunAt, auditLevel, counts = true } = run;
  database.apply(row, run.transitions, auditLevel, now);
  startAnew(row);
  row.series!.nextRunAt = nextRunAt;
  if (counts) {
    const executedAt = Math.round(now - lastTransition(run).agoMs);
    row.series!.runCount = Math.min(largestRunCount, row.series!.runCount + 1);
    row.lastExecutionAt = executedAt;
    row.executionTimeMs = executionTimeMs;
    const { id: taskId, status, exception } = row;
    if (shouldCreateRunsAudit(auditLevel, status, exception)) {
      const number = database.nextNumber();
      row.runsAudit.push({
        number,
        taskId,
        executedAt,
        executionTimeMs,
        status,
        exception,
      });
    }
  }
  endLease(row, row.series!.paused && !row.cancelRequested ? null : nextRunAt, now);
}
