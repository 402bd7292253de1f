// Many ended tasks in a SQLite file, written at once.

import type { DatabaseSync } from "node:sqlite";

/** Writes completed tasks with a status change each. */
export function writeEnded(database: DatabaseSync, tasks: number): void {
  const id = "'01a204c3-9e85-7000-8000-' || printf('%012x', i)";
  const numbers =
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${tasks})`;
  database.exec(`
    ${numbers} INSERT INTO queued_tasks (id, type, handler, status, audit_level, queue_name, priority,
      created_at_utc, attempt, request)
    SELECT ${id}, 'email', 'email', 'Completed', 0, 'default', 0, 1790000000000, 1, '{}' FROM n;
    ${numbers} INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status)
    SELECT ${id}, i, 1790000000000, 'Completed' FROM n;`);
}
