// The log to which processes write their calls, the answers, and what their handlers do.

import type { CallEntry, HandlerEntry, ProcessEntry } from "../checker/history.ts";

/** Takes the entries of processes and their handlers. */
export interface HistoryLog {
  /** Returns the name of a task in the history. */
  taskName(id: string): string;
  /** Returns an instant in milliseconds from the start of the history. */
  sinceStart(at: Date): number;
  /** Adds an entry of a process. */
  add(instance: string, entry: CallEntry | HandlerEntry | ProcessEntry): void;
}
