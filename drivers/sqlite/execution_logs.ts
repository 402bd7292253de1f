// Stores and counts log lines of handlers.

import type { NewLogLine } from "../../src/storage/queries.ts";
import type { Connection } from "./connection.ts";

const exists = "SELECT 1 FROM queued_tasks WHERE id = ?";
const lastLine = "SELECT max(sequence) AS sequence FROM task_execution_log WHERE task_id = ?";
const insertLine = "INSERT INTO task_execution_log " +
  "(task_id, sequence, logged_at_utc, level, message, exception, run_number) " +
  "VALUES (?, ?, ?, ?, ?, ?, ?)";
// The statement reads only the last lines of a task: until a run ends, its lines are the last.
const countLines = "SELECT count(*) FILTER (WHERE run_number = ?) AS lines FROM " +
  "(SELECT run_number FROM task_execution_log WHERE task_id = ? ORDER BY sequence DESC LIMIT ?)";

/** Stores lines of any number of tasks, numbered within each task. */
export function saveExecutionLogs(
  connection: Connection,
  lines: readonly NewLogLine[],
): void {
  connection.transaction((now) => {
    /** The last sequence number of each task; null for a task that does not exist. */
    const last = new Map<string, number | null>();
    for (const { taskId, level, message, exception, run, agoMs } of lines) {
      let sequence = last.get(taskId);
      if (sequence === undefined) {
        sequence = connection.get(exists, taskId) === undefined
          ? null
          : Number(connection.get(lastLine, taskId)?.sequence ?? 0);
      }
      if (sequence !== null) {
        const loggedAt = Math.round(now - agoMs);
        connection.run(insertLine, taskId, ++sequence, loggedAt, level, message, exception, run);
      }
      last.set(taskId, sequence);
    }
  });
}

/** Counts the lines of one run among a task's last lines. */
export function countExecutionLogs(
  connection: Connection,
  taskId: string,
  run: number,
  limit: number,
): number {
  return connection.get(countLines, run, taskId, limit)!.lines as number;
}
