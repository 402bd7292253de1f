// What a rule of the checker is.

import type { HistoryEntry } from "./history.ts";
import type { ReplayedHistory } from "./replay.ts";

/** Something that must be true of every history. */
export interface Rule {
  /** The rule as a sentence. */
  readonly name: string;
  /** Returns what breaks it, a line each; empty: it holds. */
  check(history: ReplayedHistory): string[];
}

/** Names an entry: `at 1234.0 p1: claimed t3`. */
export function locate(entry: HistoryEntry): string {
  const task = "task" in entry && entry.task !== null ? ` ${entry.task}` : "";
  return `at ${entry.at.toFixed(1)} ${entry.instance}: ${entry.kind}${task}`;
}
