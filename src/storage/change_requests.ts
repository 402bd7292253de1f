// The requests and results of changes to tasks, by workers and operators; see requests.ts.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { Lease } from "./claim_requests.ts";
import type { TaskStatus } from "./task_status.ts";

/** A change of a task's status. */
export interface StatusTransition {
  /** The new status. */
  readonly status: TaskStatus;
  /** The error's text, or null. */
  readonly exception: string | null;
  /** The age of the transition when the write is passed to storage, in milliseconds. */
  readonly agoMs: number;
}

/**
 * The transitions of one task since it was last written.
 *
 * The last transition sets the task's status and exception. If it is `InProgress` or `Queued` and
 * `dueInMs` is absent, the lease and the due instant stay unchanged. Otherwise the lease ends, and
 * the task becomes due again only if `dueInMs` is given.
 *
 * A worker may report the start of an attempt twice, for example because the first answer was lost.
 * If the last transition is `InProgress`, `dueInMs` is absent and the task is `InProgress` under
 * the same `lease`, the change is applied without an effect: no audit row is written.
 */
export interface StatusChange {
  /** The task. */
  readonly taskId: string;
  /**
   * The audit level by which this write records history. The level in the task's row stays
   * unchanged.
   */
  readonly auditLevel: AuditLevel;
  /**
   * At least one transition, in order. Each transition writes a status audit row with its own time
   * if the audit level requires it.
   */
  readonly transitions: readonly StatusTransition[];
  /**
   * The lease that must still be held for the change to apply. Without a lease, the change applies
   * if the task exists.
   */
  readonly lease?: Lease;
  /**
   * The delay until the task can be claimed again, in milliseconds. If given, the lease ends. If
   * neither `dueInMs` nor `lease` is given, a change to `WaitingQueue`, `Queued` or `Pending` keeps
   * the due instant of a waiting task. A task that neither waits nor is claimed becomes due: a
   * series at its next run, a one-shot task at the instant for which it was dispatched, or now if
   * that instant is past.
   */
  readonly dueInMs?: number;
  /**
   * Subtracts one from `attempt`, because a graceful stop or a deferral does not count as an
   * attempt.
   * @default false
   */
  readonly returnAttempt?: boolean;
  /** The rate limit slot that the task waits for. @default null */
  readonly rateSlotAt?: number | null;
  /**
   * The duration of the execution that ended, in milliseconds, possibly fractional. It is stored
   * with the instant of the last transition, unless the level is `None`. If absent, the task's last
   * execution stays unchanged.
   */
  readonly executionTimeMs?: number;
}

/**
 * The end of a run of a recurring task. The last transition sets the status; the lease ends. Not
 * applied to a one-shot task.
 */
export interface RunEnd {
  /** The task, which must be recurring. */
  readonly taskId: string;
  /**
   * The audit level by which this write records history. The level in the task's row stays
   * unchanged.
   */
  readonly auditLevel: AuditLevel;
  /** The transitions of the run, in order; at least one. The last transition ended the run. */
  readonly transitions: readonly StatusTransition[];
  /**
   * The lease that must still be held for the end to apply. Without a lease, the end applies if the
   * series exists.
   */
  readonly lease?: Lease;
  /** The duration of the run, in milliseconds, possibly fractional. */
  readonly executionTimeMs: number;
  /**
   * The planned instant of the next run, at which the task becomes due again. Null ends the series.
   */
  readonly nextRunAt: number | null;
  /**
   * Whether the run counts. An occurrence that a rate limit skipped does not count: it sets the
   * next run, but leaves the run count and the last execution unchanged and writes no runs audit
   * row.
   * @default true
   */
  readonly counts?: boolean;
}

/** The result of a change. */
export interface ChangeResult {
  /** False if nothing was written, because the lease is not held or the task does not exist. */
  readonly applied: boolean;
}

/**
 * The result of a request to cancel a task:
 *
 * - `cancelled`: the task was waiting, and is cancelled now.
 * - `requested`: a worker holds the task, and was asked to cancel it.
 * - `ended`: the task had ended before.
 * - `unknown`: there is no such task.
 */
export type CancelOutcome = "cancelled" | "requested" | "ended" | "unknown";

/** The corrected times of a series that was planned by a clock that was ahead. */
export interface SeriesCorrection {
  /** The task. */
  readonly taskId: string;
  /** The next run of the series as the caller read it. */
  readonly plannedAt: number;
  /** The corrected next run. */
  readonly nextRunAt: number;
  /** The corrected anchor. */
  readonly anchorAt: number;
  /**
   * The latest instant at which the series becomes due: its next run, or an earlier retry of the
   * current run.
   */
  readonly dueAt: number;
}
