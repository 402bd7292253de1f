// The requests and results of storing new tasks; see requests.ts.

import type { DispatchedFields } from "./records.ts";

/** Options of operations that can join the caller's transaction. */
export interface ConnectionOptions {
  /**
   * The caller's own transaction or connection, of the kind that the driver documents. The writes
   * exist only if the caller commits.
   */
  readonly connection?: unknown;
}

/**
 * The instant at which a task becomes due: `inMs` milliseconds from now by the storage's clock, or
 * `at` in epoch milliseconds. A delay is correct even if the process's clock is wrong.
 */
export type Due = { readonly inMs: number } | { readonly at: number };

/** The recurring part of a {@linkcode NewTask}. */
export interface NewSeries {
  /** The schedule as canonical JSON. Equal strings mean an unchanged schedule. */
  readonly schedule: string;
  /** The schedule as a sentence. */
  readonly info: string;
  /** The instant from which the schedule's intervals are counted. */
  readonly anchorAt: number;
  /** The number of counted runs after which the series ends; null for no limit. */
  readonly maxRuns: number | null;
  /** The instant at which the series ends, exclusive; null for no end. */
  readonly runUntil: number | null;
  /** The planned instant of the first run. */
  readonly nextRunAt: number;
}

/** A task to store. Storing the same id again has no effect, so a write can be repeated. */
export interface NewTask extends DispatchedFields {
  /** The display name of the handler. */
  readonly handlerName: string;
  /**
   * `Queued` if the task runs at once. Otherwise `WaitingQueue`; `scheduledAt` of the row is then
   * the due instant.
   */
  readonly status: "Queued" | "WaitingQueue";
  /** The instant from which the task can be claimed. */
  readonly due: Due;
  /** The series of a recurring task; null for a one-shot task. */
  readonly series: NewSeries | null;
  /** The tags, by which the task can be found; distinct, at most 20. */
  readonly tags: readonly string[];
  /**
   * The local worker that gets the task without a claim. The row is stored as claimed by this
   * worker, with attempt 1, lease token 1 and no due instant. Ignored unless the outcome is
   * `created`, the status is `Queued`, the worker is registered and the queue is not paused. If it
   * is ignored, the task waits as usual.
   */
  readonly claimFor: string | null;
}

/** The options of {@linkcode Storage.persist}. */
export interface PersistOptions extends ConnectionOptions {
  /**
   * Does not wait for task keys that are held by open transactions of other callers. New tasks with
   * such a key are not stored, and their outcome is `busy`. Storages that cannot detect such keys
   * wait. Ignored if `connection` is given.
   *
   * @default false
   */
  readonly skipBusy?: boolean;
}

/** The result of storing one task; see the task-key rules at {@linkcode Storage.persist}. */
export interface PersistResult {
  /** The id of the task's row: the new id, or the existing row's. */
  readonly id: string;
  /**
   * `created`: the task is new. `updated`: it replaced a waiting task. `existing`: an existing task
   * was left unchanged. `busy`: nothing was stored; see {@linkcode PersistOptions.skipBusy}.
   */
  readonly outcome: "created" | "updated" | "existing" | "busy";
  /** Whether the task was stored as claimed by the worker in `claimFor`. */
  readonly claimed: boolean;
}
