// The history of a simulated world as plain data: the calls of instances, the work of handlers, the
// operations of the store, and its final content. Tasks, workers and processes have short names, in
// the order of their first appearance.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { CancelOutcome } from "../../storage/requests.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import type { FinalAction, OperatorEntry } from "./operator_entries.ts";
import type { StoredSeries } from "./stored_series.ts";

/** A write about a task that a worker holds. */
interface HeldWrite {
  readonly task: string;
  /** The worker of the lease that the write named. */
  readonly worker: string;
  readonly token: number;
  readonly applied: boolean;
  /** The statuses in order, followed by `!` if they have an exception. */
  readonly transitions: readonly string[];
  /** The instants of the transitions, as the store keeps them. */
  readonly happenedAt: readonly number[];
}

/** An operation of the store on one task, a queue, or the budget of a rate limit. */
export type StoreEntry =
  | {
    readonly kind: "stored";
    readonly task: string;
    /** The number of the dispatch; 0 for dispatches of handlers. */
    readonly dispatch: number;
    readonly outcome: "created" | "updated" | "existing";
    readonly type: string;
    readonly priority: number;
    readonly status: TaskStatus;
    readonly level: AuditLevel;
    readonly queue: string;
    readonly key: string | null;
    readonly dueAt: number;
    /** The worker for which it was stored as claimed. */
    readonly claimedBy: string | null;
    /** The maximum number of retries; null if unknown. */
    readonly retries: number | null;
    readonly series: StoredSeries | null;
  }
  | {
    readonly kind: "claimed";
    readonly task: string;
    readonly worker: string;
    readonly token: number;
    readonly attempt: number;
  }
  | HeldWrite & {
    readonly kind: "changed";
    /** The new due instant; null if there is none or the lease continues. */
    readonly dueAt: number | null;
    readonly returnsAttempt: boolean;
    /** Whether an execution has ended. */
    readonly executed: boolean;
  }
  | HeldWrite & {
    readonly kind: "runEnded";
    /** The planned instant of the next run; null: the series has ended. */
    readonly nextRunAt: number | null;
    /** Whether the run counts; false if the occurrence was skipped. */
    readonly counts: boolean;
  }
  | {
    readonly kind: "released";
    readonly task: string;
    readonly worker: string;
    readonly token: number;
    readonly dueAt: number;
  }
  | {
    readonly kind: "releasedUnknown";
    readonly worker: string;
    readonly known: readonly string[];
    readonly count: number;
  }
  | {
    readonly kind: "lost";
    readonly task: string;
    readonly worker: string;
    readonly lostCount: number;
    readonly poisoned: boolean;
    /** The number of losses above which a running task fails. */
    readonly poisonLimit: number;
    /** The time since its worker's last heartbeat; null if the worker had unregistered. */
    readonly silentMs: number | null;
    /** The maximum age of a heartbeat. */
    readonly leaseMs: number;
  }
  | { readonly kind: "cancelled"; readonly task: string; readonly outcome: CancelOutcome }
  | { readonly kind: "madeDue"; readonly task: string; readonly isDue: boolean }
  | { readonly kind: "corrected"; readonly task: string; readonly applied: boolean }
  | {
    readonly kind: "paused" | "resumed";
    readonly queue: string;
    /** The operator, if the action is recorded. */
    readonly by?: string;
  }
  | OperatorEntry
  | {
    readonly kind: "slotTaken";
    /** The budget. */
    readonly limit: string;
    /** Whether the run may start. */
    readonly goes: boolean;
    /** The maximum number of starts in any window of `periodMs`: permits plus burst. */
    readonly most: number;
    readonly periodMs: number;
  }
  | {
    readonly kind: "purged";
    /** Rows that are older than these instants may be deleted; -Infinity keeps all. */
    readonly statusBefore: number;
    readonly errorsBefore: number;
    readonly runsBefore: number;
    /**
     * Tasks without history that completed or were cancelled before this instant may be deleted.
     */
    readonly tasksBefore: number;
  };

/** A call of an instance, or its result. */
export type CallEntry =
  | { readonly kind: "asked"; readonly call: number; readonly what: string }
  | {
    readonly kind: "answered";
    readonly call: number;
    readonly what: string;
    /** The task in the result. */
    readonly task: string | null;
    readonly answer: string;
  };

/** The start or the end of a handler. */
export type HandlerEntry =
  | {
    readonly kind: "started";
    readonly task: string;
    readonly attempt: number;
    readonly queue: string;
    /** The maximum number of tasks of the queue that the process runs concurrently. */
    readonly slots: number;
    /** The number and the planned instant of the run; null for a one-shot task. */
    readonly run: number | null;
    readonly plannedAt: number | null;
    /** The budget of its rate limit; null if it has none. */
    readonly limit: string | null;
    /** The number in its payload; absent if the history does not tell. */
    readonly dispatch?: number;
  }
  | {
    /**
     * The handler completes its task in its own transaction, which it wants to commit (`completes`)
     * or to roll back (`rollsBack`). `committed`: the completion did not throw, and the transaction
     * was committed.
     */
    readonly kind: "completes" | "rollsBack" | "committed";
    readonly task: string;
    readonly attempt: number;
  }
  | {
    readonly kind: "returned" | "threw";
    readonly task: string;
    readonly attempt: number;
    readonly run: number | null;
    /** The name of its signal's abort reason; null if the signal had not aborted. */
    readonly aborted: string | null;
  };

/** A change of a process. */
export interface ProcessEntry {
  readonly kind: "process";
  readonly what: string;
  /** The types of tasks that it runs, if it starts. */
  readonly knows?: readonly string[];
}

/** One entry of a history. */
export type HistoryEntry =
  & {
    /** The time since the start in milliseconds, by the store's clock. */
    readonly at: number;
    /** The process to which the entry belongs. */
    readonly instance: string;
  }
  & (StoreEntry | CallEntry | HandlerEntry | ProcessEntry);

/** A task as the store holds it at the end. */
export interface FinalTask {
  readonly task: string;
  readonly status: TaskStatus;
  readonly level: AuditLevel;
  readonly key: string | null;
  readonly worker: string | null;
  readonly dueAt: number | null;
  readonly attempt: number;
  readonly lostCount: number;
  readonly token: number;
  readonly cancelRequested: boolean;
  /** The statuses of the status audit, followed by `!` if they have an exception. */
  readonly trail: readonly string[];
  /** The instants of the status audit. */
  readonly trailAt: readonly number[];
  /** The statuses of the runs audit, followed by `!` if they have an exception. */
  readonly runs: readonly string[];
  /** Null: the task is not recurring. */
  readonly series: FinalSeries | null;
  /** What an operator may have changed; absent if the history does not tell. */
  readonly queue?: string;
  readonly priority?: number;
  readonly dispatch?: number;
}

/** A series as the store holds it at the end. */
export interface FinalSeries {
  /** Real runs so far. */
  readonly runCount: number;
  /** The planned next run; null: it has ended. */
  readonly nextRunAt: number | null;
  /** Whether an operator has paused it. @default false */
  readonly paused?: boolean;
}

/** All events, and the final state. */
export interface History {
  /** The store's clock at the start; epoch milliseconds. All other instants count from it. */
  readonly startsAt: number;
  /** Tasks that are due before this instant must have ended. @default Infinity */
  readonly endedBy?: number;
  /**
   * Whether the history was observed from outside the store. Entries of different tasks may then be
   * in another order than in the store, and a write may have taken effect a little earlier or later
   * than its entry says.
   * @default false
   */
  readonly isObserved?: boolean;
  readonly entries: readonly HistoryEntry[];
  readonly tasks: readonly FinalTask[];
  /** The records of the actions of operators; absent if the history does not tell. */
  readonly actions?: readonly FinalAction[];
}

/**
 * Formats a history as text with a line for each entry and each task, to be read and compared.
 * Fields without a value are omitted.
 */
export function formatHistory({ entries, tasks, actions = [] }: History): string {
  const lines = entries.map(({ at, instance, kind, ...rest }) =>
    `${at.toFixed(1).padStart(9)}  ${instance.padEnd(4)}  ${kind.padEnd(15)}  ${fieldsOf(rest)}`
  );
  const rows = tasks.map(({ task, ...rest }) => `      end  ${task.padEnd(4)}  ${fieldsOf(rest)}`);
  const records = actions.map((action) => `      end  action  ${fieldsOf(action)}`);
  return [...lines, ...rows, ...records, ""].join("\n");
}

function fieldsOf(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null && value !== Infinity && value !== undefined)
    .map(([name, value]) => `${name}=${textOf(value)}`).join(" ");
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(" ")}]`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
