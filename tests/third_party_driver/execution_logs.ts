// Stores the log lines of handlers.

import type { NewLogLine } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { wellFormed } from "./rows.ts";

/** Stores a log line, unless its task has been deleted. */
export function saveLine(
  database: MapDatabase,
  { agoMs, ...line }: NewLogLine,
  now: number,
): void {
  const row = database.rows.get(line.taskId);
  if (row === undefined) return;
  const sequence = ++row.lines;
  row.logs.push({
    ...line,
    number: sequence,
    sequence,
    loggedAt: Math.round(now - agoMs),
    message: wellFormed(line.message),
    exception: line.exception === null ? null : wellFormed(line.exception),
  });
}

/** Counts the lines of a run among the last `limit` lines of a task. */
export function countLines(
  database: MapDatabase,
  taskId: string,
  run: number,
  limit: number,
): number {
  const lines = database.rows.get(taskId)?.logs.slice(-limit) ?? [];
  return lines.filter((line) => line.run === run).length;
}
