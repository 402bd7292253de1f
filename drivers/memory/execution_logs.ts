// Stores and counts log lines in the memory store.

import type { NewLogLine } from "../../src/storage/queries.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.saveExecutionLogs}. */
export function saveLogs(state: MemoryState, lines: readonly NewLogLine[], now: number): void {
  for (const line of lines) {
    const row = state.rows.get(line.taskId);
    if (row === undefined) continue;
    const sequence = ++row.lastLogSequence;
    (row.logs ??= []).push({
      number: sequence,
      loggedAt: Math.round(now - line.agoMs),
      level: line.level,
      message: line.message.toWellFormed(),
      exception: line.exception === null ? null : line.exception.toWellFormed(),
      run: line.run,
      sequence,
    });
  }
}

/** Implements {@linkcode Storage.countExecutionLogs}. */
export function countLogs(state: MemoryState, taskId: string, run: number, limit: number): number {
  const lines = state.rows.get(taskId)?.logs ?? [];
  return lines.slice(-limit).filter((line) => line.run === run).length;
}
