// The history of a simulated world as plain data: the calls of instances, the work of handlers, the
// operations of the store, and its final content. Tasks, workers and processes have short names, in
// the order of their first appearance.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { CancelOutcome } from "../../storage/requests.ts";
import type { TaskStatus } from "../../storage/task_status.ts";

/** An operation of the store on one task or a queue. */
export type StoreEntry =
  | {
    readonly kind: "stored";
    readonly task: string;
    /** The number of the dispatch; 0 for dispatches of handlers. */
    readonly dispatch: number;
    readonly outcome: "created" | "updated" | "existing";
    readonly status: TaskStatus;
    readonly level: AuditLevel;
    readonly queue: string;
    readonly key: string | null;
    readonly dueAt: number;
    /** The worker for which it was stored as claimed. */
    readonly claimedBy: string | null;
    /** The maximum number of retries. */
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
    /** The worker of the lease that the write named. */
    readonly worker: string;
    readonly token: number;
    readonly applied: boolean;
    /** The statuses in order, followed by `!` if they have an exception. */
    readonly transitions: readonly string[];
    /** The new due instant; null if there is none or the lease continues. */
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
    /** The time since its worker's last heartbeat; null if the worker had unregistered. */
    readonly silentMs: number | null;
    /** The maximum age of a heartbeat. */
    readonly leaseMs: number;
  }
  | { readonly kind: "cancelled"; readonly task: string; readonly outcome: CancelOutcome }
  | { readonly kind: "paused" | "resumed"; readonly queue: string };

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
    /** The number of tasks of the queue that its process runs concurrently. */
    readonly slots: number;
  }
  | {
    readonly kind: "returned" | "threw";
    readonly task: string;
    readonly attempt: number;
    /** The name of its signal's abort reason; null if the signal had not aborted. */
    readonly aborted: string | null;
  };

/** A change of a process. */
export interface ProcessEntry {
  readonly kind: "process";
  readonly what: string;
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
}

/** All events, and the final state. */
export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly tasks: readonly FinalTask[];
}

/** Formats a history as text with a line for each entry and each task, to be read and compared. */
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
