// Helpers of requestCancel and makeDue: they read the state of a task before its change, and write
// the audit row of the change.

import { auditLevelFromNumber } from "../../src/audit/audit_level.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import type { AuditWriter } from "./audit_writer.ts";
import type { SqliteRow } from "./sqlite_library.ts";

/** Reads the state of the task with this id. */
export const selectStanding = "SELECT status, audit_level, worker_id, due_at_utc, next_run_utc, " +
  "recurring_task IS NOT NULL AS recurring FROM queued_tasks WHERE id = ?";

/** Reports whether an unclaimed task has ended permanently. */
export function hasEnded(row: SqliteRow): boolean {
  if (row.due_at_utc !== null || row.next_run_utc !== null) return false;
  return ["Completed", "Failed", "Cancelled", "ServiceStopped"].includes(row.status as string);
}

/** Writes the audit row of a requested change, by the task's own level. */
export function auditStatus(
  audit: AuditWriter,
  id: string,
  row: SqliteRow,
  status: TaskStatus,
): void {
  const level = auditLevelFromNumber(row.audit_level as number | null);
  audit.addTransitions(id, level, [{ status, exception: null, agoMs: 0 }]);
}
