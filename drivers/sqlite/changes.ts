// setStatusMany and updateCurrentRunMany: one update and one audit insert a task, with the lease as part of the update's
// condition, so that nothing has to be read before.

import type { ChangeResult, RunEnd, StatusChange, StatusStep } from "../../src/storage/requests.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./database.ts";
import { countChange } from "./state.ts";

const fence = " AND worker_id = ? AND lease_token = ?";

/** The lease and the due instant stay. */
const keepLease = "UPDATE queued_tasks SET status = ?, exception = ?, rate_slot_utc = ?, " +
  "attempt = max(attempt - ?, 0) WHERE id = ?";

/** What nearly every task ends with: few parameters, since each costs about as much as a column. */
const endTask = "UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, " +
  "due_at_utc = NULL, cancel_requested = 0, rate_slot_utc = NULL, " +
  "last_execution_utc = coalesce(?, last_execution_utc), " +
  "execution_time_ms = coalesce(?, execution_time_ms) WHERE id = ?";

/** A task that somebody asked to cancel is due at once when it becomes due again, and keeps the mark while it lives. */
const endLease = "UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, " +
  "due_at_utc = CASE WHEN cancel_requested = 1 THEN min(?, ?) ELSE ? END, " +
  "cancel_requested = iif(? IS NULL, 0, cancel_requested), rate_slot_utc = ?, " +
  "attempt = max(attempt - ?, 0), " +
  "last_execution_utc = coalesce(?, last_execution_utc), " +
  "execution_time_ms = coalesce(?, execution_time_ms) WHERE id = ?";

const endRun = "UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, " +
  "next_run_utc = ?, due_at_utc = CASE WHEN cancel_requested = 1 THEN min(?, ?) ELSE ? END, " +
  "cancel_requested = iif(? IS NULL, 0, cancel_requested), rate_slot_utc = NULL, " +
  "attempt = 0, lost_count = 0, current_run_count = min(current_run_count + ?, 2147483647), " +
  "last_execution_utc = coalesce(?, last_execution_utc), " +
  "execution_time_ms = coalesce(?, execution_time_ms) " +
  "WHERE id = ? AND recurring_task IS NOT NULL";

/** Applies status changes. */
export function setStatusMany(
  connection: Connection,
  now: number,
  changes: readonly StatusChange[],
): ChangeResult[] {
  return connection.transaction(() => {
    const rows = changes.reduce((sum, change) => sum + AuditWriter.rowsFor(change), 0);
    const audit = new AuditWriter(connection, now, rows);
    let due = false;
    const results = changes.map((change) => {
      const applied = applyStatusChange(connection, now, change) > 0;
      if (applied) {
        audit.addSteps(change.taskId, change.auditLevel, change.steps);
        due ||= change.dueInMs !== undefined;
      }
      return { applied };
    });
    audit.flush();
    if (due) countChange(connection, "task_changes");
    return results;
  });
}

function applyStatusChange(connection: Connection, now: number, change: StatusChange): number {
  const { taskId, dueInMs, rateSlotAt = null, returnAttempt } = change;
  const { status, exception, agoMs } = lastOf(change.steps);
  const where: SqliteValue[] = [taskId];
  if (change.lease !== undefined) where.push(change.lease.workerId, change.lease.token);
  const fenced = (sql: string) => change.lease === undefined ? sql : fencedBy(sql);
  const returned = returnAttempt ? 1 : 0;

  if (dueInMs === undefined && (status === "InProgress" || status === "Queued")) {
    return connection.run(fenced(keepLease), status, exception, rateSlotAt, returned, ...where);
  }
  const kept = change.executionTimeMs !== undefined && change.auditLevel !== "None";
  const executed: SqliteValue[] = kept
    ? [Math.round(now - agoMs), change.executionTimeMs!]
    : [null, null];
  if (dueInMs === undefined && rateSlotAt === null && !returned) {
    return connection.run(fenced(endTask), status, exception, ...executed, ...where);
  }
  const dueAt = dueInMs === undefined ? null : Math.round(now + dueInMs);
  return connection.run(
    fenced(endLease),
    status,
    exception,
    ...dueParameters(now, dueAt),
    rateSlotAt,
    returned,
    ...executed,
    ...where,
  );
}

/** Ends runs of recurring tasks. */
export function updateCurrentRunMany(
  connection: Connection,
  now: number,
  runs: readonly RunEnd[],
): ChangeResult[] {
  return connection.transaction(() => {
    const rows = runs.reduce((sum, run) => sum + AuditWriter.rowsFor(run) + 1, 0);
    const audit = new AuditWriter(connection, now, rows);
    const results = runs.map((run) => {
      const { counts = true, lease, nextRunAt } = run;
      const end = lastOf(run.steps);
      const endedAt = Math.round(now - end.agoMs);
      const applied = connection.run(
        lease === undefined ? endRun : fencedBy(endRun),
        end.status,
        end.exception,
        nextRunAt,
        ...dueParameters(now, nextRunAt),
        counts ? 1 : 0,
        counts ? endedAt : null,
        counts ? run.executionTimeMs : null,
        run.taskId,
        ...(lease === undefined ? [] : [lease.workerId, lease.token]),
      ) > 0;
      if (applied) {
        audit.addSteps(run.taskId, run.auditLevel, run.steps);
        if (counts) audit.writeRun(run, end, endedAt);
      }
      return { applied };
    });
    audit.flush();
    if (runs.some((run) => run.nextRunAt !== null)) countChange(connection, "task_changes");
    return results;
  });
}

/** The parameters of `due_at_utc` and `cancel_requested` in the statements above. */
function dueParameters(now: number, dueAt: number | null): SqliteValue[] {
  return [now, dueAt, dueAt, dueAt];
}

const fencedStatements = new Map<string, string>();

/** The statement with the lease in its condition; the same text each time, so that it is found without being hashed again. */
function fencedBy(sql: string): string {
  let fenced = fencedStatements.get(sql);
  if (fenced === undefined) fencedStatements.set(sql, fenced = sql + fence);
  return fenced;
}

function lastOf(steps: readonly StatusStep[]): StatusStep {
  return steps[steps.length - 1]!;
}
