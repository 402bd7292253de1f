// What is asked of tasks from outside their run: to cancel them, to give them back, to run them
// now.

import { auditLevelFromNumber } from "../../src/audit/audit_level.ts";
import type { CancelOutcome, ReleasedTask } from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";
import { countChange } from "./counters.ts";

const selectTask = "SELECT status, audit_level, worker_id, due_at_utc, next_run_utc, " +
  "recurring_task IS NOT NULL AS recurring FROM queued_tasks WHERE id = ?";

const markCancelled = "UPDATE queued_tasks SET cancel_requested = 1 WHERE id = ?";

const cancelTask = "UPDATE queued_tasks SET status = 'Cancelled', exception = NULL, " +
  "due_at_utc = NULL, next_run_utc = NULL, cancel_requested = 0 WHERE id = ?";

/** Asks for tasks to be cancelled; see `Storage.requestCancel`. */
export function requestCancel(
  connection: Connection,
  taskIds: readonly string[],
): CancelOutcome[] {
  return connection.transaction((now) => {
    const audit = new AuditWriter(connection, now, taskIds.length);
    const outcomes = taskIds.map((id) => cancelOne(connection, audit, id));
    audit.flush();
    if (outcomes.includes("requested")) countChange(connection, "cancel_changes");
    return outcomes;
  });
}

function cancelOne(connection: Connection, audit: AuditWriter, id: string): CancelOutcome {
  const row = connection.get(selectTask, id);
  if (row === undefined) return "unknown";
  if (row.worker_id !== null) {
    connection.run(markCancelled, id);
    return "requested";
  }
  if (hasEnded(row)) return "ended";
  connection.run(cancelTask, id);
  writeStatus(audit, id, row, "Cancelled");
  return "cancelled";
}

/** Of an unclaimed task. */
function hasEnded(row: SqliteRow): boolean {
  if (row.due_at_utc !== null || row.next_run_utc !== null) return false;
  return ["Completed", "Failed", "Cancelled", "ServiceStopped"].includes(row.status as string);
}

const releaseTask = "UPDATE queued_tasks SET worker_id = NULL, attempt = max(attempt - 1, 0), " +
  "due_at_utc = iif(cancel_requested = 1, min(?1, ?2), ?2) " +
  "WHERE id = ?3 AND worker_id = ?4 AND lease_token = ?5";

/** Gives claimed, unstarted tasks back. */
export function release(
  connection: Connection,
  workerId: string,
  tasks: readonly ReleasedTask[],
): void {
  connection.transaction((now) => {
    for (const { taskId, token, dueAt } of tasks) {
      connection.run(releaseTask, now, dueAt, taskId, workerId, token);
    }
    countChange(connection, "task_changes");
  });
}

const releaseUnknownTasks = "UPDATE queued_tasks SET worker_id = NULL, " +
  "attempt = max(attempt - 1, 0), due_at_utc = ?1 " +
  "WHERE worker_id = ?2 AND id NOT IN (SELECT value FROM json_each(?3))";

/** Gives back what a worker holds without knowing it. */
export function releaseUnknown(
  connection: Connection,
  workerId: string,
  known: readonly string[],
): number {
  return connection.transaction((now) => {
    const released = connection.run(releaseUnknownTasks, now, workerId, JSON.stringify(known));
    countChange(connection, "task_changes");
    return released;
  });
}

const makeTaskDue = "UPDATE queued_tasks SET due_at_utc = min(coalesce(due_at_utc, ?1), ?1) " +
  "WHERE id = ?2";

const queueAgain = "UPDATE queued_tasks SET status = 'Queued', exception = NULL, attempt = 0, " +
  "lost_count = 0, cancel_requested = 0, rate_slot_utc = NULL, due_at_utc = ? WHERE id = ?";

/** Makes unclaimed tasks due now; see `Storage.makeDue`. */
export function makeDue(
  connection: Connection,
  taskIds: readonly string[],
): boolean[] {
  return connection.transaction((now) => {
    const audit = new AuditWriter(connection, now, taskIds.length);
    const results = taskIds.map((id) => makeOneDue(connection, now, audit, id));
    audit.flush();
    if (results.includes(true)) countChange(connection, "task_changes");
    return results;
  });
}

function makeOneDue(connection: Connection, now: number, audit: AuditWriter, id: string): boolean {
  const row = connection.get(selectTask, id);
  if (row === undefined || row.worker_id !== null || row.status === "InProgress") return false;
  if (!hasEnded(row)) {
    connection.run(makeTaskDue, now, id);
    return true;
  }
  if (row.recurring === 1 || row.status === "Completed") return false;
  connection.run(queueAgain, now, id);
  writeStatus(audit, id, row, "Queued");
  return true;
}

/** The audit row of a change that was asked for from outside, by the task's own level. */
function writeStatus(audit: AuditWriter, id: string, row: SqliteRow, status: TaskStatus): void {
  const level = auditLevelFromNumber(row.audit_level as number | null);
  audit.addTransitions(id, level, [{ status, exception: null, agoMs: 0 }]);
}
