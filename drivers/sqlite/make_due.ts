// Implements makeDue: makes unclaimed tasks due, and queues again the tasks that ended without
// completing.

import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";
import { auditStatus, hasEnded, selectStanding } from "./standing.ts";

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
  const row = connection.get(selectStanding, id);
  if (row === undefined || row.worker_id !== null || row.status === "InProgress") return false;
  if (!hasEnded(row)) {
    connection.run(makeTaskDue, now, id);
    return true;
  }
  if (row.recurring === 1 || row.status === "Completed") return false;
  connection.run(queueAgain, now, id);
  auditStatus(audit, id, row, "Queued");
  return true;
}
