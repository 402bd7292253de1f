// The history of a simulated world as plain data: the calls of instances, the work of handlers, the
// operations of the store, and its final content. Tasks, workers and processes have short names, in
// the order of their first appearance.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { CancelOutcome } from "../../storage/requests.ts";
import type { TaskStatus } from "../../storage/task_status.ts";

/** What the store carried out for one task, or a queue. */
export type StoreEntry =
  | {
    readonly kind: "stored";
    readonly task: string;
    /** The number of its dispatch; 0 for the dispatches of handlers. */
    readonly dispatch: number;
    readonly outcome: "created" | "updated" | "existing";
    readonly status: TaskStatus;
    readonly level: AuditLevel;
    readonly queue: string;
    readonly key: string | null;
    readonly dueAt: number;
    /** The worker for which it was born claimed. */
    readonly claimedBy: string | null;
    /** How often a failed attempt is tried again. */
    readonly retries: number;
  }
  | {
    readonly kind: "claimed";
    readonly task: string;
    readonly worker: string;
    readonly token: number;
    readonly attempt: number;
  }
  | {
    readonly kind: "changed";
    readonly task: string;
    /** The lease that the writer named. */
    readonly worker: string;
    readonly token: number;
    readonly applied: boolean;
    /** In order; with `!` those that carry an exception. */
    readonly transitions: readonly string[];
    /** When the task is due again; null if it is not, or the lease continues. */
    readonly dueAt: number | null;
    readonly returnsAttempt: boolean;
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
    /** How long its worker had been silent; null: the worker had said that it ends. */
    readonly silentMs: number | null;
    /** How long a worker may be silent. */
    readonly leaseMs: number;
  }
  | { readonly kind: "cancelled"; readonly task: string; readonly outcome: CancelOutcome }
  | { readonly kind: "paused" | "resumed"; readonly queue: string };

/** A call of an instance, and its answer. */
export type CallEntry =
  | { readonly kind: "asked"; readonly call: number; readonly what: string }
  | {
    readonly kind: "answered";
    readonly call: number;
    readonly what: string;
    /** The task that the answer names. */
    readonly task: string | null;
    readonly answer: string;
  };

/** What a handler did. */
export type HandlerEntry =
  | {
    readonly kind: "started";
    readonly task: string;
    readonly attempt: number;
    readonly queue: string;
    /** How many tasks of the queue its process runs at a time. */
    readonly slots: number;
  }
  | {
    readonly kind: "returned" | "threw";
    readonly task: string;
    readonly attempt: number;
    /** Why its signal had aborted: the name of the error; null: it had not. */
    readonly aborted: string | null;
  };

/** What happened to a process. */
export interface ProcessEntry {
  readonly kind: "process";
  readonly what: string;
}

/** One thing that happened. */
export type HistoryEntry =
  & {
    /** Milliseconds from the start, by the store's clock. */
    readonly at: number;
    /** Whose it was. */
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
  /** The status audit, with `!` at those that carry an exception. */
  readonly trail: readonly string[];
  /** The instants of the status audit. */
  readonly trailAt: readonly number[];
}

/** All events, and the final state. */
export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly tasks: readonly FinalTask[];
}

/** A history as text: a line for each entry and each task, for people and to be compared. */
export function formatHistory({ entries, tasks }: History): string {
  const lines = entries.map(({ at, instance, kind, ...rest }) =>
    `${at.toFixed(1).padStart(9)}  ${instance.padEnd(4)}  ${kind.padEnd(15)}  ${fieldsOf(rest)}`
  );
  const rows = tasks.map(({ task, ...rest }) => `      end  ${task.padEnd(4)}  ${fieldsOf(rest)}`);
  return [...lines, ...rows, ""].join("\n");
}

function fieldsOf(fields: object): string {
  return Object.entries(fields).map(([name, value]) =>
    `${name}=${Array.isArray(value) ? `[${value.join(" ")}]` : String(value)}`
  ).join(" ");
}
