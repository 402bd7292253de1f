// Storing the lines that handlers logged.

import type { NewLogLine } from "../../src/storage/queries.ts";
import type { Connection } from "./connection.ts";

const exists = "SELECT 1 FROM queued_tasks WHERE id = ?";
const lastLine = "SELECT max(sequence) AS sequence FROM task_execution_log WHERE task_id = ?";
const insertLine = "INSERT INTO task_execution_log " +
  "(task_id, sequence, logged_at_utc, level, message, exception) VALUES (?, ?, ?, ?, ?, ?)";

/** Stores lines of any number of tasks, numbered within each task. */
export function saveExecutionLogs(
  connection: Connection,
  now: number,
  lines: readonly NewLogLine[],
): void {
  connection.transaction(() => {
    /** The last number given to each task's lines; null for a task that does not exist. */
    const last = new Map<string, number | null>();
    for (const { taskId, level, message, exception, agoMs } of lines) {
      let sequence = last.get(taskId);
      if (sequence === undefined) {
        sequence = connection.get(exists, taskId) === undefined
          ? null
          : Number(connection.get(lastLine, taskId)?.sequence ?? 0);
      }
      if (sequence !== null) {
        const loggedAt = Math.round(now - agoMs);
        connection.run(insertLine, taskId, ++sequence, loggedAt, level, message, exception);
      }
      last.set(taskId, sequence);
    }
  });
}
