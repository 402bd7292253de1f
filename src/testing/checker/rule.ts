// The interface of the checker's rules.

import type { HistoryEntry } from "./history.ts";
import type { ReplayedHistory } from "./replay.ts";

/** A rule that must hold for every history. */
export interface Rule {
  /** The rule as a sentence. */
  readonly name: string;
  /** Returns the violations, one per line; empty if the rule holds. */
  check(history: ReplayedHistory): string[];
}

/** Names an entry: `at 1234.0 p1: claimed t3`. */
export function locate(entry: HistoryEntry): string {
  const task = "task" in entry && entry.task !== null ? ` ${entry.task}` : "";
  return `at ${entry.at.toFixed(1)} ${entry.instance}: ${entry.kind}${task}`;
}
