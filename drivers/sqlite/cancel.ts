// Implements requestCancel: cancels unclaimed tasks at once, and marks claimed tasks for their
// workers.

import type { CancelOutcome } from "../../src/storage/requests.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";
import { auditStatus, hasEnded, selectStanding } from "./standing.ts";

const markCancelled = "UPDATE queued_tasks SET cancel_requested = 1 WHERE id = ?";

const cancelTask = "UPDATE queued_tasks SET status = 'Cancelled', exception = NULL, " +
  "due_at_utc = NULL, next_run_utc = NULL, cancel_requested = 0 WHERE id = ?";

/** Requests the cancellation of tasks; see `Storage.requestCancel`. */
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
  const row = connection.get(selectStanding, id);
  if (row === undefined) return "unknown";
  if (row.worker_id !== null) {
    connection.run(markCancelled, id);
    return "requested";
  }
  if (hasEnded(row)) return "ended";
  connection.run(cancelTask, id);
  auditStatus(audit, id, row, "Cancelled");
  return "cancelled";
}
