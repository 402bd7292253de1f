// The requests and results of storing new tasks; see requests.ts.

import type { DispatchedFields } from "./records.ts";

/** Options of verbs that can take part in a transaction of the caller's. */
export interface ConnectionOptions {
  /**
   * The caller's own transaction or connection, of the kind that the driver documents: its writes
   * exist only if the caller commits.
   */
  readonly connection?: unknown;
}

/**
 * When a task becomes due: `inMs` milliseconds after the present of the storage's clock, or at an
 * instant. Delays are relative so that a process whose clock is wrong does no harm.
 */
export type Due = { readonly inMs: number } | { readonly at: number };

/** The recurring part of a {@linkcode NewTask}. */
export interface NewSeries {
  /** Canonical JSON text: equal texts mean an unchanged schedule. */
  readonly schedule: string;
  /** The schedule as a sentence. */
  readonly info: string;
  /** The instant on which the grid of the schedule hangs. */
  readonly anchorAt: number;
  /** After how many real runs it ends; null: never. */
  readonly maxRuns: number | null;
  /** Exclusive; null: for ever. */
  readonly runUntil: number | null;
  /** The planned instant of the first run. */
  readonly nextRunAt: number;
}

/**
 * A task to be stored. Storing the same id twice stores it once, so that a repeated write does no
 * harm.
 */
export interface NewTask extends DispatchedFields {
  /** A name of the handler for people. */
  readonly handlerName: string;
  /**
   * `Queued` when it is to run at once; `WaitingQueue` otherwise, and then `scheduledAt` becomes
   * the due instant.
   */
  readonly status: "Queued" | "WaitingQueue";
  /** When it can be claimed. */
  readonly due: Due;
  /** The series, when the task is recurring. */
  readonly series: NewSeries | null;
  /**
   * The local worker that takes the task without a claim. The row is born claimed by it: attempt 1,
   * lease token 1, no due instant. Ignored (the task waits as usual) unless the outcome is
   * `created`, the status is `Queued`, the worker is registered and the queue is not paused.
   */
  readonly claimFor: string | null;
}

/** How tasks are stored. */
export interface PersistOptions extends ConnectionOptions {
  /**
   * Does not wait for task keys that open transactions of others hold: those tasks are left out,
   * and answered `busy`. Only where the database tells such a key from one that is free; other
   * storages wait. Means nothing with a `connection`.
   *
   * @default false
   */
  readonly skipBusy?: boolean;
}

/**
 * What became of a task that was to be stored; see the task-key rules at {@linkcode
 * Storage.persist}.
 */
export interface PersistResult {
  /** The id of the task's row: the new id, or the existing row's. */
  readonly id: string;
  /**
   * Whether the task is new, replaced a waiting one, or left an existing one unchanged; `busy`: it
   * was left out ({@linkcode PersistOptions.skipBusy}).
   */
  readonly outcome: "created" | "updated" | "existing" | "busy";
  /** Whether the task was stored as claimed by the worker in `claimFor`. */
  readonly claimed: boolean;
}
