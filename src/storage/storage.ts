// The storage contract: the verbs that a driver implements, and what each promises. The conformance
// suite (src/testing/) checks every promise on every driver.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { NewLogLine } from "./queries.ts";
import type {
  CancelOutcome,
  ChangeResult,
  ClaimRequest,
  ClaimResult,
  ConnectionOptions,
  HeartbeatResult,
  LostTask,
  NewTask,
  PersistOptions,
  PersistResult,
  Polling,
  RateSlotRequest,
  RateSlots,
  ReleasedTask,
  ReleaseLostRequest,
  ReturnedRateSlot,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  WakeSignal,
  WorkerRegistration,
} from "./requests.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "./retention.ts";
import type { StorageReading } from "./storage_reading.ts";
import type { TaskStatus } from "./task_status.ts";

/**
 * Where tasks live. One instance serves one process; any number of processes share the database
 * behind it.
 *
 * Promises that hold for every verb:
 * - A verb that writes is one transaction: all of it happens, or nothing.
 * - The database's clock decides what is due, which worker is late, and when something happened; a
 *   process passes ages and delays.
 * - Errors are {@linkcode StorageError}s; the ones with `transient` set may be retried, and a retry
 *   never applies a write twice: a repeated persist finds its ids, a repeated fenced
 *   change finds its lease ended. (Log lines, rate limit slots, changes without a lease and changes
 * that keep the lease have no identity; repeating them may count them twice.)
 * - Results are in the order of the arguments; an empty list costs no round trip.
 * - Values of users reach the database as parameters and come back unchanged: any Unicode text,
 *   U+0000 included. Only lone surrogates, which are no Unicode text, come back as
 *   U+FFFD (as `String.prototype.toWellFormed` makes it). Instants from the year 1 to the year 9999
 *   come back to the millisecond. Texts are distinguished by their code points: case, accents and
 *   trailing spaces make another key, queue or type.
 */
export interface Storage extends StorageReading {
  /** `memory`, `sqlite`, `postgres`, `sqlserver`, or a third party's name. */
  readonly name: string;

  /** How often workers poll for due tasks, in addition to {@linkcode Storage.onWake}. */
  readonly polling: Polling;

  /**
   * Connects, and brings the schema up to date (unless the driver's option `migrate` is off: then
   * it only checks). Many processes may do this at once. Opening twice is the same as once.
   *
   * @returns The storage's clock.
   * @throws {SchemaVersionError} If the schema is newer than the code, or older and `migrate` is
   * off.
   */
  open(): Promise<{ readonly now: number }>;

  /**
   * Closes the connections that it opened; those that the user passed stay open. Closing twice is
   * allowed.
   */
  close(): Promise<void>;

  // ---- the life of a task ----

  /**
   * Stores new tasks with their first status audit rows, applying the task-key rules in order,
   * atomically, also against other processes. An id that is stored already is left alone and
   * answered as it was the first time (`created`; `claimed` while it still has lease token 1 and
   * the worker in `claimFor`). For a task whose key belongs to a stored task (one that is claimed
   * or `InProgress` counts as in progress):
   *
   * | stored task with that key | what happens | outcome |
   * | --- | --- | --- |
   * | recurring, in progress | nothing | `existing` |
   * | recurring, otherwise; the new one is one-shot | nothing | `existing` |
   * | recurring, alive; the new one is recurring | updated in place. Run count is kept; next run and anchor are kept if the schedule text is the same, replaced otherwise | `updated` |
   * | recurring, ended or cancelled (no next run); the new one is recurring | updated in place and alive again, with a new anchor and next run and a run count of 0 | `updated` |
   * | one-shot, in progress | nothing | `existing` |
   * | one-shot, `WaitingQueue`, `Queued`, `Pending` or due again | updated in place (attempt and lost count 0) | `updated` |
   * | one-shot, ended | gives up its key and stays as history; the new task is stored | `created` |
   *
   * "Updated in place" replaces type, handler, request, queue, priority, audit level, trace
   * context, retry policy, series, status and due instant, clears the exception, a cancel request
   * and the rate limit slot, sets attempt and lost count to 0, and writes a status audit row, as
   * the new level asks, if the status is another than before. A series that keeps its next run
   * keeps its status, due instant, attempt, lost count and slot, too.
   *
   * A task waits for the end of a transaction that holds its key, unless it may be left out
   * ({@linkcode PersistOptions.skipBusy}).
   */
  persist(
    tasks: readonly NewTask[],
    options?: PersistOptions,
  ): Promise<readonly PersistResult[]>;

  /**
   * Takes due tasks for a worker: never one that another holds, never of a type that is not asked
   * for, none from paused queues. Highest priority first, then longest due, then lowest id. Raises
   * `attempt` and `leaseToken`; sets no status (the worker reports `Queued` and `InProgress`). Its
   * cost does not depend on how many tasks have ended or are due later.
   *
   * A row that was damaged by hand or by a disk fails neither the claim nor a reading: both
   * counters stop at 2^31 - 1, and an instant that JavaScript cannot represent comes as one outside
   * of the years 1 to 9999. The worker fails its task then.
   *
   * @throws {WorkerLostError} If the worker is not registered.
   */
  claim(request: ClaimRequest): Promise<ClaimResult>;

  /**
   * Changes one task's status and writes the status audit row that the level asks for: one round
   * trip, one transaction, no query before. The one-form of {@linkcode Storage.setStatusMany}.
   *
   * @throws {InvalidArgumentError} If the status does not exist; nothing was written. So for the
   * three verbs that follow.
   */
  setStatus(
    taskId: string,
    status: TaskStatus,
    exception: string | null,
    auditLevel: AuditLevel,
    options?:
      & Partial<Omit<StatusChange, "taskId" | "auditLevel" | "transitions">>
      & ConnectionOptions
      & { readonly agoMs?: number },
  ): Promise<ChangeResult>;

  /**
   * Applies many status changes in one round trip and one transaction. A task appears at most once
   * in the list. A series' own fields stay unchanged: {@linkcode Storage.updateCurrentRun} ends a
   * run or a series.
   */
  setStatusMany(
    changes: readonly StatusChange[],
    options?: ConnectionOptions,
  ): Promise<readonly ChangeResult[]>;

  /**
   * Ends a run of a recurring task: status, exception, run count + 1 (saturating at 2^31 - 1),
   * attempt and lost count 0, next run and due instant, last execution, and the status audit and
   * runs audit rows that the level asks for. The one-form of {@linkcode
   * Storage.updateCurrentRunMany}.
   *
   * @param options `status` (default `Completed`) and `exception` say how the run ended.
   */
  updateCurrentRun(
    taskId: string,
    executionTimeMs: number,
    nextRunAt: number | null,
    auditLevel: AuditLevel,
    options?:
      & Partial<
        Omit<RunEnd, "taskId" | "executionTimeMs" | "nextRunAt" | "auditLevel" | "transitions">
      >
      & ConnectionOptions
      & {
        readonly status?: TaskStatus;
        readonly exception?: string | null;
        readonly agoMs?: number;
      },
  ): Promise<ChangeResult>;

  /**
   * Ends many runs in one round trip and one transaction. A task appears at most once in the list.
   */
  updateCurrentRunMany(
    runs: readonly RunEnd[],
    options?: ConnectionOptions,
  ): Promise<readonly ChangeResult[]>;

  /**
   * Asks for tasks to be cancelled. Unclaimed ones that have not ended (a series at rest, too: it
   * has a next run) become `Cancelled` at once, without due instant, next run and exception, with
   * the status audit row that their own level asks for; claimed ones are marked, and their owners
   * are notified by {@linkcode Storage.heartbeat} and, with push, at once. The mark stays while the
   * task lives: should it become due again (its owner wrote a retry in the same moment, or was
   * lost), it is due at once, and the worker that claims it next sees `cancelRequested`. It goes
   * when the task ends. An id appears at most once in the list.
   */
  requestCancel(taskIds: readonly string[]): Promise<readonly CancelOutcome[]>;

  /**
   * Gives claimed, unstarted tasks back: due as the caller says, attempt less one, everything else
   * unchanged. Fenced: a task that this worker does not hold with this token is skipped.
   */
  release(workerId: string, tasks: readonly ReleasedTask[]): Promise<void>;

  /**
   * Gives back the tasks that a worker holds without knowing it, because a claim was committed and
   * its answer was lost on the way. They are due now, attempt less one, status unchanged. May be
   * slow: it is called after such a fault only.
   *
   * @param workerId The worker that asks.
   * @param known The ids of the tasks that it knows it holds.
   * @returns How many were given back.
   */
  releaseUnknown(workerId: string, known: readonly string[]): Promise<number>;

  /**
   * Makes unclaimed tasks due now: a series at rest gets an extra run (its next run stays planned),
   * a waiting task runs early, a one-shot that ended in `Failed`, `Cancelled` or `ServiceStopped`
   * is `Queued` again with attempt, lost count 0 and no exception (with the audit row that its
   * level asks for). A task that waits keeps its status, and one that is due already its place.
   * Anything else (claimed, `Completed`, an ended series) stays unchanged.
   *
   * @returns Whether each is due now.
   */
  makeDue(taskIds: readonly string[]): Promise<readonly boolean[]>;

  /**
   * Gives waiting series another next run and anchor, and makes them due sooner. A series stays
   * unchanged if a worker holds it or its next run is no longer the one that the caller knows: two
   * processes that do the same do it once. A task appears at most once in the list. No status
   * changes, so nothing is audited.
   *
   * @returns Whether each was changed.
   */
  correctSeries(corrections: readonly SeriesCorrection[]): Promise<readonly boolean[]>;

  /**
   * The earliest instant at which one of these types becomes due in one of these queues (paused
   * ones left out); null: none.
   */
  nextDueAt(queues: readonly string[], types: readonly string[]): Promise<number | null>;

  /**
   * Calls back after changes by other processes: due tasks were stored or given back, a cancel was
   * requested, a queue was paused or resumed. It may call too often, and may miss changes, which
   * polling finds. Changes by this process need no call.
   *
   * @returns A function that ends it.
   */
  onWake(listener: (signal: WakeSignal) => void): () => void;

  // ---- workers ----

  /**
   * Makes a worker known, alive as of now. Doing so twice is the same as once and a heartbeat.
   *
   * @param worker Its id (any text of up to 100 characters, new for each start of a process), where
   * it runs, and the queues and types that it serves.
   */
  registerWorker(worker: WorkerRegistration): Promise<void>;

  /**
   * The worker is alive. Does not bring back a worker that was given up for lost (then there are no
   * cancel requests).
   *
   * @param leaseMs A worker whose heartbeat is older than this counts as late, for `othersLost`.
   */
  heartbeat(workerId: string, leaseMs: number): Promise<HeartbeatResult>;

  /**
   * Removes a worker at a clean end. Tasks that it still holds are found by {@linkcode
   * Storage.releaseLost}.
   */
  unregisterWorker(workerId: string): Promise<void>;

  /**
   * Removes workers whose heartbeat is older than the lease (one further in the future than a
   * lease, by a clock that was ahead, becomes one of now) and takes the tasks of every worker that
   * is not (or no longer) registered: they become `ServiceStopped` with `lostReason` as exception,
   * due now. What else happens depends on whether a task is known to have started:
   *
   * - One whose stored status is `InProgress` was running: `lostCount` + 1, attempt unchanged. When
   *   `lostCount` is then above the poison limit, it becomes `Failed` with `poisonReason` instead,
   *   not due, a series without next run.
   * - Any other one was only claimed, or had started so recently that the start was not written
   *   yet:
   *   `lostCount` becomes 1 if it was 0 (a suspicion), and stays unchanged otherwise; then this
   *   claim was no attempt, and is taken back (attempt - 1). Such a loss alone never fails a task:
   *   it may have waited beside one that ended the process.
   *
   * So `attempt` - `lostCount` is always the number of attempts that count. Status audit rows as
   * the tasks' levels ask. Until this has happened, a worker's leases hold, even if its heartbeat
   * is late.
   */
  releaseLost(request: ReleaseLostRequest): Promise<readonly LostTask[]>;

  // ---- queues and rate limits ----

  /**
   * Pauses or resumes a queue for all workers of the store, permanently: a paused queue's tasks are
   * not claimed.
   */
  setQueuePaused(queue: string, paused: boolean): Promise<void>;

  /**
   * Takes one slot each, atomically, in the order of the list, by the storage's clock. Two
   * theoretical arrival times are kept for each key: R of the reservations and S of the runs, both
   * `now` for a new key (with `startEmpty`, now + τ). T is the emission interval, τ = (burst - 1) *
   * T.
   *
   * - A request with a slot that is not yet reached gets that slot again; nothing changes.
   * - A request with a slot that is reached may start if S - τ - g <= now, g being `graceMs` + 1 if
   *   the slot was at most `graceMs` ago and 0 otherwise. The answer is now, and S becomes max(now
   *   + `startWithinMs`, S) + T.
   * - Otherwise, and without a slot, let A be max(R, S - `graceMs` - 1). The next slot is max(now,
   *   A - τ), rounded up to a whole millisecond (an excess of a microsecond, the noise of the
   *   arithmetic, is dropped before). It is granted if it is not later than now + the horizon; then
   *   R becomes max(now, A) + T. If the slot is now, the run may start: S becomes max(now +
   *   `startWithinMs`, S) + T.
   * - In that case slots that were given back come first. If R is later than now, those that end
   *   the line (the last one T before R - τ, and each T before the next, give or take a
   *   millisecond) leave it: R becomes the first of them + τ, even if the request is refused in the
   *   end; a store may leave some for the next request if they are hundreds. If the next slot is
   *   later than now, the first slot that was given back, is later than now and not earlier than S
   *   - τ - `graceMs` - 1 is granted in its place, if it is within the horizon; R stays.
   *
   * `takeSlot` in src/storage/kit/gcra.ts is this in TypeScript.
   */
  takeRateSlots(requests: readonly RateSlotRequest[]): Promise<RateSlots>;
  /** Gives back reserved slots that will not be used. Those of unknown keys are ignored. */
  returnRateSlots(slots: readonly ReturnedRateSlot[]): Promise<void>;

  // ---- logs and retention ----

  /**
   * Stores log lines, of any number of tasks, in one bulk insert, each task's numbered in the order
   * of the list. Lines of tasks that do not exist are left out.
   */
  saveExecutionLogs(lines: readonly NewLogLine[]): Promise<void>;

  /**
   * Deletes what the policy allows, in short transactions, at most `budget` rows. One process at a
   * time. Never deletes a task's row before the task has ended, nor a series' row.
   */
  purge(policy: RetentionPolicy, options: PurgeOptions): Promise<PurgeResult>;
}
