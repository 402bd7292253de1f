// What handlers log, where it is stored.

import type { NewLogLine } from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { wellFormed } from "./rows.ts";

/** Stores a line of a task that is still there. */
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

/** How many of a task's last lines are of a run. */
export function countLines(
  database: MapDatabase,
  taskId: string,
  run: number,
  limit: number,
): number {
  const lines = database.rows.get(taskId)?.logs.slice(-limit) ?? [];
  return lines.filter((line) => line.run === run).length;
}
