// What storage is asked to do: the arguments and results of the verbs of the storage contract
// (storage.ts).

import type { AuditLevel } from "../audit/audit_level.ts";
import type { ClaimedTask, WorkerServes } from "./records.ts";
import type { TaskStatus } from "./task_status.ts";

// ---- persist ----

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

/** A task to be stored. */
export interface NewTask {
  /**
   * UUID version 7, lower case. Storing the same id twice stores it once (so a repeated write does
   * no harm).
   */
  readonly id: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** A name of the handler for people. */
  readonly handlerName: string;
  /** The payload as JSON text. */
  readonly payload: string;
  /**
   * `Queued` when it is to run at once; `WaitingQueue` otherwise, and then `scheduledAt` becomes
   * the due instant.
   */
  readonly status: "Queued" | "WaitingQueue";
  /** When it can be claimed. */
  readonly due: Due;
  /** How much history it leaves. */
  readonly auditLevel: AuditLevel;
  /** The queue in which it waits. */
  readonly queue: string;
  /** Larger runs earlier; an integer from -32768 to 32767. */
  readonly priority: number;
  /** Its unique name, up to 200 characters; null: none. */
  readonly taskKey: string | null;
  /** W3C trace context of the dispatch; null: none. */
  readonly traceContext: string | null;
  /** What follows a failed attempt, as JSON text; null: what its type or queue says. */
  readonly retryPolicy: string | null;
  /** The series, when the task is recurring. */
  readonly series: NewSeries | null;
  /**
   * The local worker that takes the task without a claim. The row is born claimed by it: attempt 1,
   * lease token 1, no due instant. Ignored (the task waits as usual) unless the outcome is
   * `created`, the status is `Queued`, the worker is registered and the queue is not paused.
   */
  readonly claimFor: string | null;
}

/** Options of verbs that can take part in a transaction of the caller's. */
export interface ConnectionOptions {
  /**
   * The caller's own transaction or connection, of the kind that the driver documents: its writes
   * exist only if the caller commits.
   */
  readonly connection?: unknown;
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

// ---- claim ----

/** A worker's request for tasks. */
export interface ClaimRequest {
  /** The worker, which must be registered. */
  readonly workerId: string;
  /** The types that the worker has handlers for; tasks of other types stay where they are. */
  readonly types: readonly string[];
  /** At most `limit` tasks from each queue. */
  readonly queues: readonly { readonly name: string; readonly limit: number }[];
}

/** The claimed tasks. */
export interface ClaimResult {
  /** The storage's clock at the claim. */
  readonly now: number;
  /** Highest priority first, then longest due first, within each queue. */
  readonly tasks: readonly ClaimedTask[];
}

// ---- status changes ----

/** The right to write about a claimed task: only its holder's writes are applied. */
export interface Lease {
  /** The worker that claimed. */
  readonly workerId: string;
  /** The `leaseToken` of the claim. */
  readonly token: number;
}

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
   * In order, at least one. Every transition writes the status audit row that the level asks for,
   * with its own time.
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

/** What became of a change. */
export interface ChangeResult {
  /**
   * False when the lease was not (or no longer) held, or the task does not exist: nothing was
   * written.
   */
  readonly applied: boolean;
}

// ---- cancel, release, workers ----

/**
 * What became of a request to cancel: the task was waiting and is `cancelled`; a worker holds it
 * and was asked (`requested`); it had `ended` before; it is `unknown`.
 */
export type CancelOutcome = "cancelled" | "requested" | "ended" | "unknown";

/** A claimed task that is given back unstarted. */
export interface ReleasedTask {
  /** The task. */
  readonly taskId: string;
  /** The `leaseToken` of the claim. */
  readonly token: number;
  /** The due instant that it had, so that it keeps its place. */
  readonly dueAt: number;
}

/** The answer to a heartbeat. */
export interface HeartbeatResult {
  /** The storage's clock. */
  readonly now: number;
  /** False when the worker is no longer registered: it has lost all its leases. */
  readonly alive: boolean;
  /** Tasks that this worker holds and is asked to cancel. */
  readonly cancelRequests: readonly string[];
  /** The queues from which nothing is claimed at the moment. */
  readonly pausedQueues: readonly string[];
  /**
   * Whether there is something for {@linkcode Storage.releaseLost}: another worker's heartbeat is
   * late, or further in the future than a lease, or a task is claimed by a worker that is not
   * registered. Found in the same round trip, so that looking costs nothing more.
   */
  readonly othersLost: boolean;
}

/** What {@linkcode Storage.releaseLost} needs to know. */
export interface ReleaseLostRequest {
  /** A worker whose heartbeat is older than this, by the storage's clock, is lost. Milliseconds. */
  readonly leaseMs: number;
  /** A task that was running when its worker was lost, more often than this, becomes `Failed`. */
  readonly poisonLimit: number;
  /** The exception text of tasks that become due again. */
  readonly lostReason: string;
  /** The exception text of tasks that become `Failed`. */
  readonly poisonReason: string;
}

/** A task whose worker was lost. */
export interface LostTask {
  /** The task. */
  readonly taskId: string;
  /** Its type. */
  readonly type: string;
  /** Its queue. */
  readonly queue: string;
  /** The worker that was lost. */
  readonly workerId: string;
  /** The task's lost count since then; see {@linkcode TaskFields.lostCount}. */
  readonly lostCount: number;
  /** Whether it is `Failed` permanently; otherwise it is due again. */
  readonly poisoned: boolean;
}

/** Why {@linkcode Storage.onWake} calls. */
export type WakeSignal =
  | { readonly kind: "tasks" }
  | { readonly kind: "cancel"; readonly taskIds: readonly string[] }
  | { readonly kind: "queues" };

/**
 * How often a worker polls for due tasks without a notification, in milliseconds. `Infinity`:
 * never.
 */
export interface Polling {
  /** While the last look found something. */
  readonly busyMs: number;
  /** While there is nothing to do. */
  readonly idleMs: number;
}

// ---- rate limits ----

/** A wish to start a run, or else for a slot, by the generic cell rate algorithm (ITU-T I.371). */
export interface RateSlotRequest {
  /** Names the budget; at most 400 characters. */
  readonly key: string;
  /** Period / permits, in milliseconds; may be fractional. */
  readonly emissionIntervalMs: number;
  /** How many may pass at once after a pause; at least 1. */
  readonly burst: number;
  /**
   * Whether a new key starts with an empty budget: the first one passes, the burst has to be
   * earned.
   */
  readonly startEmpty: boolean;
  /**
   * A slot further away than this is refused, and nothing is reserved. 0: only a slot right now
   * will do.
   */
  readonly horizonMs: number;
  /** The slot that was reserved before; null: none. */
  readonly reservedAt: number | null;
  /**
   * For how long after its instant a slot counts as used in time, and how much sooner than exactly
   * runs may start for it.
   */
  readonly graceMs: number;
  /** How much later than now the run may start when it is allowed to. */
  readonly startWithinMs: number;
}

/** A reserved slot that will not be used. */
export interface ReturnedRateSlot {
  /** The {@linkcode RateSlotRequest.key} that it was reserved with. */
  readonly key: string;
  /** Its instant, as {@linkcode RateSlot.slotAt} gave it. */
  readonly slotAt: number;
}

/** The answer to a {@linkcode RateSlotRequest}. */
export interface RateSlot {
  /**
   * The slot's instant by the storage's clock, a whole millisecond; not later than now means: go.
   */
  readonly slotAt: number;
  /** False when the slot is beyond the horizon: nothing was reserved. */
  readonly granted: boolean;
}

/** What {@linkcode Storage.takeRateSlots} answers. */
export interface RateSlots {
  /** The storage's clock. */
  readonly now: number;
  /** One for each request, in the same order. */
  readonly slots: readonly RateSlot[];
}

/** A worker that makes itself known. */
export interface WorkerRegistration {
  /** New for each start of a process: any text of up to 100 characters. */
  readonly id: string;
  /** Where it runs. */
  readonly host: string;
  /** The queues and types that it serves. @default not reported */
  readonly serves?: WorkerServes;
}
