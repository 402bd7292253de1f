// Implements setStatusMany and updateCurrentRunMany. The lease is part of each update's condition,
// so that no row has to be read first.

import { keepsHistory } from "../../src/storage/kit/audit_policy.ts";
import type { ChangeResult, RunEnd, StatusChange } from "../../src/storage/requests.ts";
import { lastTransition, putsInLine, reportsStart } from "../../src/storage/status_transitions.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import { countChange } from "./counters.ts";
import { LeaseMissed, TaskEnds } from "./task_ends.ts";

/** An update by task id, with a variant that requires a lease. */
class FencedUpdate {
  readonly #open: string;
  readonly #fenced: string;

  constructor(update: string, condition = "") {
    this.#open = `${update} WHERE id = ?${condition}`;
    this.#fenced = `${this.#open} AND worker_id = ? AND lease_token = ?`;
  }

  /** Runs the update with its parameters. Returns whether the task was changed. */
  apply(
    connection: Connection,
    parameters: SqliteValue[],
    { taskId, lease }: Pick<StatusChange, "taskId" | "lease">,
  ): boolean {
    parameters.push(taskId);
    if (lease === undefined) return connection.prepare(this.#open).run(parameters) > 0;
    parameters.push(lease.workerId, lease.token);
    return connection.prepare(this.#fenced).run(parameters) > 0;
  }
}

/** Keeps the lease and the due instant. */
const keepLease = new FencedUpdate(
  "UPDATE queued_tasks SET status = ?, exception = ?, rate_slot_utc = ?, " +
    "attempt = max(attempt - ?, 0)",
);

/** Writes the start of an attempt, unless it was reported before. */
const reportStart = new FencedUpdate(
  "UPDATE queued_tasks SET status = ?, exception = ?, rate_slot_utc = ?, " +
    "attempt = max(attempt - ?, 0)",
  " AND status <> 'InProgress'",
);

/**
 * Makes a task wait; see {@linkcode putsInLine}. Keeps the due instant, if there is one. Otherwise,
 * sets it to the planned instant but no earlier than now; with a cancel request, to now. A claimed
 * task that becomes `Queued` keeps its lease.
 */
const standInLine = new FencedUpdate(
  "UPDATE queued_tasks SET status = ?1, exception = ?2, rate_slot_utc = ?3, " +
    "attempt = max(attempt - ?4, 0), worker_id = iif(?1 = 'Queued', worker_id, NULL), " +
    "due_at_utc = CASE WHEN ?1 = 'Queued' AND worker_id IS NOT NULL THEN NULL " +
    "ELSE coalesce(due_at_utc, iif(cancel_requested, ?5, " +
    "max(?5, coalesce(iif(recurring_task IS NULL, scheduled_execution_utc, next_run_utc), ?5)))) END, " +
    "last_execution_utc = coalesce(?6, last_execution_utc), " +
    "execution_time_ms = coalesce(?7, execution_time_ms)",
);

const executed = "last_execution_utc = coalesce(?, last_execution_utc), " +
  "execution_time_ms = coalesce(?, execution_time_ms)";

/** Ends a task, so that it is not due again. The most common change; see {@linkcode TaskEnds}. */
const endTask = new FencedUpdate(
  "UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, due_at_utc = NULL, " +
    `cancel_requested = 0, rate_slot_utc = NULL, ${executed}`,
);

/**
 * Makes a task due again. With a cancel request it is due at once, and the request stays until the
 * task ends.
 */
const dueAgain = "due_at_utc = CASE WHEN cancel_requested = 1 THEN min(?, ?) ELSE ? END, " +
  "cancel_requested = iif(? IS NULL, 0, cancel_requested)";

/** A paused series is not due after a run, unless its cancellation was requested. */
const dueAfterRun = dueAgain.replace("ELSE ?", "WHEN paused THEN NULL ELSE ?");

/** The parameters of {@linkcode dueAgain}. */
function dueParameters(now: number, dueAt: number | null): SqliteValue[] {
  return [now, dueAt, dueAt, dueAt];
}

const endLease = new FencedUpdate(
  `UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, ${dueAgain}, ` +
    `rate_slot_utc = ?, attempt = max(attempt - ?, 0), ${executed}`,
);

const endRun = new FencedUpdate(
  "UPDATE queued_tasks SET status = ?, exception = ?, worker_id = NULL, next_run_utc = ?, " +
    `${dueAfterRun}, rate_slot_utc = NULL, attempt = 0, lost_count = 0, ` +
    `current_run_count = min(current_run_count + ?, 2147483647), ${executed}`,
  " AND recurring_task IS NOT NULL",
);

/**
 * Applies status changes. One statement applies many ends of tasks. If one of these tasks has lost
 * its lease, all changes are undone, and each change is then applied by its own statement.
 */
export function setStatusMany(
  connection: Connection,
  changes: readonly StatusChange[],
): ChangeResult[] {
  if (changes.length > 1) {
    try {
      return applyStatusChanges(connection, changes, new TaskEnds(connection));
    } catch (error) {
      if (!(error instanceof LeaseMissed)) throw error;
    }
  }
  return applyStatusChanges(connection, changes, null);
}

/** @param ends Applies ends in bulk where possible; null to apply each separately. */
function applyStatusChanges(
  connection: Connection,
  changes: readonly StatusChange[],
  ends: TaskEnds | null,
): ChangeResult[] {
  return connection.transaction((now) => {
    const rows = changes.reduce((sum, change) => sum + AuditWriter.rowsFor(change), 0);
    const audit = new AuditWriter(connection, now, rows);
    let due = false;
    const results = changes.map((change) => {
      const applied = applyStatusChange(connection, now, change, ends);
      if (applied) {
        audit.addTransitions(change.taskId, change.auditLevel, change.transitions);
        due ||= change.dueInMs !== undefined || putsInLine(change);
      }
      return { applied: applied || wasReported(connection, change) };
    });
    ends?.flush();
    audit.flush();
    if (due) countChange(connection, "task_changes");
    return results;
  });
}

function applyStatusChange(
  connection: Connection,
  now: number,
  change: StatusChange,
  ends: TaskEnds | null,
): boolean {
  const { auditLevel, dueInMs, rateSlotAt = null, returnAttempt, executionTimeMs, lease } = change;
  const { status, exception, agoMs } = lastTransition(change);
  const returned = returnAttempt ? 1 : 0;
  const isInLine = putsInLine(change);
  if (dueInMs === undefined && !isInLine && (status === "InProgress" || status === "Queued")) {
    const update = reportsStart(change) ? reportStart : keepLease;
    return update.apply(connection, [status, exception, rateSlotAt, returned], change);
  }
  const execution = executionTimeMs === undefined || !keepsHistory(auditLevel)
    ? null
    : { endedAt: Math.round(now - agoMs), tookMs: executionTimeMs };
  const [endedAt, tookMs] = [execution?.endedAt ?? null, execution?.tookMs ?? null];
  if (isInLine) {
    const values = [status, exception, rateSlotAt, returned, now, endedAt, tookMs];
    return standInLine.apply(connection, values, change);
  }
  if (dueInMs === undefined && rateSlotAt === null && !returned) {
    if (ends !== null && lease !== undefined && exception === null) {
      ends.add(change.taskId, lease, status, execution);
      return true;
    }
    return endTask.apply(connection, [status, exception, endedAt, tookMs], change);
  }
  const dueAt = dueInMs === undefined ? null : Math.round(now + dueInMs);
  return endLease.apply(connection, [
    status,
    exception,
    ...dueParameters(now, dueAt),
    rateSlotAt,
    returned,
    endedAt,
    tookMs,
  ], change);
}

/** Reports whether a change repeats the report of a start. */
function wasReported(connection: Connection, change: StatusChange): boolean {
  if (!reportsStart(change)) return false;
  const { taskId, lease } = change;
  return connection.prepare(
    "SELECT 1 FROM queued_tasks WHERE id = ? AND worker_id = ? AND lease_token = ? AND status = 'InProgress'",
  ).get([taskId, lease!.workerId, lease!.token]) !== undefined;
}

/** Ends runs of recurring tasks. */
export function updateCurrentRunMany(
  connection: Connection,
  runs: readonly RunEnd[],
): ChangeResult[] {
  return connection.transaction((now) => {
    const rows = runs.reduce((sum, run) => sum + AuditWriter.rowsFor(run) + 1, 0);
    const audit = new AuditWriter(connection, now, rows);
    const results = runs.map((run) => {
      const { counts = true, nextRunAt } = run;
      const end = lastTransition(run);
      const endedAt = Math.round(now - end.agoMs);
      const applied = endRun.apply(connection, [
        end.status,
        end.exception,
        nextRunAt,
        ...dueParameters(now, nextRunAt),
        counts ? 1 : 0,
        counts ? endedAt : null,
        counts ? run.executionTimeMs : null,
      ], run);
      if (applied) {
        audit.addTransitions(run.taskId, run.auditLevel, run.transitions);
        if (counts) audit.writeRun(run, end, endedAt);
      }
      return { applied };
    });
    audit.flush();
    if (runs.some((run) => run.nextRunAt !== null)) countChange(connection, "task_changes");
    return results;
  });
}
