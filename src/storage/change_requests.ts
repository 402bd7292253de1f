// The requests and results of changes of tasks, by workers and by hand; see requests.ts.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { Lease } from "./claim_requests.ts";
import type { TaskStatus } from "./task_status.ts";

/** A change of a task's status. */
export interface StatusTransition {
  /** The status since then. */
  readonly status: TaskStatus;
  /** The error's text; null: none. */
  readonly exception: string | null;
  /** How long ago it happened, in milliseconds, when the write is handed to storage. */
  readonly agoMs: number;
}

/**
 * What happened to one task since the last write about it.
 *
 * The last transition is the task's new status and exception. With `InProgress` or `Queued` as the
 * last transition, and no `dueInMs`, lease and due instant stay unchanged; with any other the
 * lease ends, and the task is due again only if `dueInMs` is given.
 */
export interface StatusChange {
  /** The task. */
  readonly taskId: string;
  /** The level that decides about history; the row keeps its own. */
  readonly auditLevel: AuditLevel;
  /**
   * In order, at least one. Every transition writes a status audit row by the level, with its own
   * time.
   */
  readonly transitions: readonly StatusTransition[];
  /**
   * With a lease the change applies only if it is still held; without one it applies if the task
   * exists.
   */
  readonly lease?: Lease;
  /**
   * The task can be claimed again after this many milliseconds; its lease ends. Absent, and without
   * a lease, a change to `WaitingQueue`, `Queued` or `Pending` keeps the due instant of a waiting
   * task. One that neither waits nor is held becomes due: a series at its next run, another task
   * when it was dispatched for, at the soonest now.
   */
  readonly dueInMs?: number;
  /** Subtracts one from `attempt`: a graceful stop or a deferral is no attempt. @default false */
  readonly returnAttempt?: boolean;
  /** The rate limit slot that the task waits for. @default null */
  readonly rateSlotAt?: number | null;
  /**
   * How long the execution that ended took; may be fractional. Stored with the end's instant (the
   * last transition's), unless the level is `None`. Absent: the task's last execution stays
   * unchanged.
   */
  readonly executionTimeMs?: number;
}

/**
 * A run of a recurring task has ended. The last transition says how; the lease ends. Not applied to
 * a task that is not recurring.
 */
export interface RunEnd {
  /** The task, which must be recurring. */
  readonly taskId: string;
  /** The level that decides about history; the row keeps its own. */
  readonly auditLevel: AuditLevel;
  /** The transitions of the run, in order, at least one; the last one ended the run. */
  readonly transitions: readonly StatusTransition[];
  /**
   * With a lease the end applies only if it is still held; without one it applies if the series
   * exists.
   */
  readonly lease?: Lease;
  /** How long the run took; may be fractional. */
  readonly executionTimeMs: number;
  /** The planned instant of the next run, when the task becomes due again; null ends the series. */
  readonly nextRunAt: number | null;
  /**
   * Whether it was a real run. An occurrence that was skipped (rate limit) moves the series on, but
   * raises no run count, sets no last execution and writes no runs audit row. @default true
   */
  readonly counts?: boolean;
}

/** What became of a change. */
export interface ChangeResult {
  /**
   * False when the lease was not (or no longer) held, or the task does not exist: nothing was
   * written.
   */
  readonly applied: boolean;
}

/**
 * What became of a request to cancel: the task was waiting and is `cancelled`; a worker holds it
 * and was asked (`requested`); it had `ended` before; it is `unknown`.
 */
export type CancelOutcome = "cancelled" | "requested" | "ended" | "unknown";

/** The times that a series should have, after a clock that was ahead has planned it. */
export interface SeriesCorrection {
  /** The task. */
  readonly taskId: string;
  /** The next run that the series has, as far as the caller knows. */
  readonly plannedAt: number;
  /** The next run that it should have. */
  readonly nextRunAt: number;
  /** The anchor that it should have. */
  readonly anchorAt: number;
  /**
   * When it can be claimed, at the latest: its next run, or before that another attempt of the
   * present one.
   */
  readonly dueAt: number;
}
