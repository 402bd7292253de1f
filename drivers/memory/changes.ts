// Applies status changes and ends of runs in the memory store.

import { keepsHistory, shouldCreateRunsAudit } from "../../src/storage/kit/audit_policy.ts";
import type { ChangeResult, RunEnd, StatusChange } from "../../src/storage/requests.ts";
import { lastTransition, putsInLine, reportsStart } from "../../src/storage/status_transitions.ts";
import type { MemoryState } from "./state.ts";
import type { TaskRow } from "./rows.ts";

const applied: ChangeResult = Object.freeze({ applied: true });
const refused: ChangeResult = Object.freeze({ applied: false });

const highestRunCount = 2 ** 31 - 1;

/** Implements {@linkcode Storage.setStatusMany} for one change. */
export function changeStatus(state: MemoryState, change: StatusChange, now: number): ChangeResult {
  const row = state.rows.get(change.taskId);
  if (row === undefined) return refused;
  if (change.lease !== undefined && !state.holds(row, change.lease)) return refused;
  if (row.status === "InProgress" && reportsStart(change)) return applied; // reported before
  const { transitions, auditLevel, dueInMs, executionTimeMs } = change;
  state.applyTransitions(row, transitions, auditLevel, now);
  row.rateSlotAt = change.rateSlotAt ?? null;
  if (change.returnAttempt) row.attempt = Math.max(0, row.attempt - 1);
  if (executionTimeMs !== undefined && keepsHistory(auditLevel)) {
    row.executionTimeMs = executionTimeMs;
    row.lastExecutionAt = Math.round(now - lastTransition(change).agoMs);
  }
  if (dueInMs !== undefined) state.endLease(row, now + Math.round(dueInMs), now);
  else if (putsInLine(change) && (row.worker === null || row.status !== "Queued")) {
    state.endLease(row, row.dueAt ?? Math.max(now, plannedAt(row) ?? now), now);
  } else if (row.status !== "InProgress" && row.status !== "Queued") {
    state.endLease(row, null, now);
  }
  return applied;
}

/**
 * Returns the instant of a series' next run, or the instant for which a one-shot task was
 * dispatched. Null for a series without a next run, and for a one-shot task dispatched to run at
 * once.
 */
function plannedAt({ series, scheduledAt }: TaskRow): number | null {
  return series === null ? scheduledAt : series.nextRunAt;
}

/** Implements {@linkcode Storage.updateCurrentRunMany} for one run. */
export function endRun(state: MemoryState, run: RunEnd, now: number): ChangeResult {
  const row = state.rows.get(run.taskId);
  if (row === undefined || row.series === null) return refused;
  if (run.lease !== undefined && !state.holds(row, run.lease)) return refused;
  const { transitions, auditLevel, executionTimeMs, nextRunAt, counts = true } = run;
  state.applyTransitions(row, transitions, auditLevel, now);
  row.attempt = 0;
  row.lostCount = 0;
  row.rateSlotAt = null;
  row.series.nextRunAt = nextRunAt;
  if (counts) {
    const executedAt = Math.round(now - lastTransition(run).agoMs);
    row.series.runCount = Math.min(highestRunCount, row.series.runCount + 1);
    row.lastExecutionAt = executedAt;
    row.executionTimeMs = executionTimeMs;
    const { status, exception } = row;
    if (shouldCreateRunsAudit(auditLevel, status, exception)) {
      const number = state.nextNumber();
      (row.runsAudit ??= []).push({ number, executedAt, executionTimeMs, status, exception });
    }
  }
  state.endLease(row, dueAfterRun(row), now);
  return applied;
}

/**
 * Returns the due instant of a series after a run. A paused series is due only if its cancellation
 * was requested, so that a worker ends it.
 */
function dueAfterRun({ series, cancelRequested }: TaskRow): number | null {
  return series!.paused && !cancelRequested ? null : series!.nextRunAt;
}
