// The part of the storage contract that stores and changes tasks; see storage.ts.

import type { AuditLevel } from "../audit/audit_level.ts";
import type {
  CancelOutcome,
  ChangeResult,
  ClaimRequest,
  ClaimResult,
  ConnectionOptions,
  NewTask,
  PersistOptions,
  PersistResult,
  ReleasedTask,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  WakeSignal,
} from "./requests.ts";
import type { TaskStatus } from "./task_status.ts";

/** The methods of {@linkcode Storage} that store, claim, change and cancel tasks. */
export interface StorageTasks {
  /**
   * Stores new tasks with their first status audit rows. Applies the task-key rules in order,
   * atomically, also with respect to other processes. A task whose id is already stored is left
   * unchanged, and the first result is returned again: `created`, and `claimed` while the task
   * still has lease token 1 and the worker in `claimFor`. If the key of a task belongs to a stored
   * task, these rules apply (a claimed or `InProgress` task counts as in progress):
   *
   * - The stored task is a series that is in progress, or the new task is a one-shot task and the
   *   stored one a series: nothing changes (`existing`).
   * - Any other series with a next run is updated in place (`updated`). It keeps its run count. It
   *   keeps its next run and anchor if the schedule is the same string.
   * - A series that has ended is updated in place and starts again (`updated`), with a new anchor
   *   and next run and a run count of 0.
   * - A one-shot task in progress: nothing changes (`existing`).
   * - A waiting one-shot task (`WaitingQueue`, `Queued`, `Pending` or due again) is updated in
   *   place (`updated`).
   * - A one-shot task that has ended loses its key and stays as history. The new task is stored
   *   (`created`).
   *
   * An update in place replaces type, handler name, payload, queue, priority, audit level, trace
   * context, retry policy, series, status and due instant. It clears the exception, a cancel
   * request and the rate limit slot, and sets attempt and lost count to 0. If the status changes,
   * it writes the status audit row that the new audit level requires. A series that keeps its next
   * run also keeps its status, due instant, attempt, lost count and slot.
   *
   * The call waits for the end of a transaction that holds the key of one of the tasks, unless
   * {@linkcode PersistOptions.skipBusy} is set.
   */
  persist(
    tasks: readonly NewTask[],
    options?: PersistOptions,
  ): Promise<readonly PersistResult[]>;

  /**
   * Claims due tasks for a worker: highest priority first, then longest due, then lowest id. Never
   * claims a task that another worker holds, a task of another type, or a task of a paused queue.
   * Increments `attempt` and `leaseToken`. Leaves the status unchanged; the worker reports `Queued`
   * and `InProgress`. The cost does not depend on the number of tasks that have ended or are due
   * later.
   *
   * A damaged row does not make a claim or a read fail. The counters `attempt` and `leaseToken`
   * stop at 2^31 - 1. An instant that JavaScript cannot represent is returned as an instant outside
   * of the years 1 to 9999, and the worker fails the task.
   *
   * @throws {WorkerLostError} If the worker is not registered.
   */
  claim(request: ClaimRequest): Promise<ClaimResult>;

  /**
   * Changes one task's status and writes the status audit row that the level requires, in one round
   * trip and one transaction, without a query before. See {@linkcode Storage.setStatusMany} for
   * several tasks.
   *
   * @throws {InvalidArgumentError} If the status does not exist; nothing was written. The same
   * holds for the next three methods.
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
   * Applies many status changes in one round trip and one transaction. A task may appear only once
   * in the array. The fields of a series stay unchanged; use {@linkcode Storage.updateCurrentRun}
   * to end a run or a series.
   */
  setStatusMany(
    changes: readonly StatusChange[],
    options?: ConnectionOptions,
  ): Promise<readonly ChangeResult[]>;

  /**
   * Ends a run of a recurring task. Sets status, exception, next run, due instant and last
   * execution. Increments the run count, up to 2^31 - 1. Sets attempt and lost count to 0. Writes
   * the audit rows that the level requires. See {@linkcode Storage.updateCurrentRunMany} for
   * several runs.
   *
   * @param options `status` (default `Completed`) and `exception` describe the end of the run.
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
   * Ends many runs in one round trip and one transaction. A task may appear only once in the array.
   */
  updateCurrentRunMany(
    runs: readonly RunEnd[],
    options?: ConnectionOptions,
  ): Promise<readonly ChangeResult[]>;

  /**
   * Requests the cancellation of tasks. Unclaimed tasks that have not ended, including series
   * between runs, become `Cancelled` at once: due instant, next run and exception are cleared, and
   * a status audit row is written if the task's own audit level requires it. Claimed tasks are
   * marked. Their workers learn of the request from {@linkcode Storage.heartbeat}, and at once if
   * the storage pushes notifications. The mark stays until the task ends. If the worker writes a
   * retry at the same time or is lost, the task is due at once, and the worker that claims it next
   * sees `cancelRequested`. An id may appear only once in the array.
   */
  requestCancel(taskIds: readonly string[]): Promise<readonly CancelOutcome[]>;

  /**
   * Releases claimed tasks that have not started: sets `dueAt` from the request, subtracts one from
   * `attempt`, and leaves everything else unchanged. Skips tasks that this worker does not hold
   * with this token.
   */
  release(workerId: string, tasks: readonly ReleasedTask[]): Promise<void>;

  /**
   * Releases the tasks that a worker holds without knowing it, because a claim was committed but
   * its answer was lost. The tasks become due now, one is subtracted from `attempt`, and the status
   * stays unchanged. May be slow, because it is called only after such a fault.
   *
   * @param workerId The worker that holds the tasks.
   * @param known The ids of the tasks that the worker knows it holds.
   * @returns The number of released tasks.
   */
  releaseUnknown(workerId: string, known: readonly string[]): Promise<number>;

  /**
   * Makes unclaimed tasks due now. A series between runs gets an extra run; its next run stays
   * planned. A waiting task runs early and keeps its status. A task that is already due keeps its
   * position. A one-shot task that ended in `Failed`, `Cancelled` or `ServiceStopped` is `Queued`
   * again, with attempt and lost count 0, no exception, and the audit row that its level requires.
   * Claimed tasks, `Completed` one-shot tasks and ended series stay unchanged.
   *
   * @returns Whether each task is due now.
   */
  makeDue(taskIds: readonly string[]): Promise<readonly boolean[]>;

  /**
   * Sets the next run and anchor of waiting series, and makes them due earlier. A series stays
   * unchanged if a worker holds it or its next run is not `plannedAt`, so the same correction by
   * two processes applies once. A task may appear only once in the array. Nothing is audited,
   * because no status changes.
   *
   * @returns Whether each series was changed.
   */
  correctSeries(corrections: readonly SeriesCorrection[]): Promise<readonly boolean[]>;

  /**
   * Returns the earliest instant at which a task of these types becomes due in one of these queues.
   * Ignores paused queues. Returns null if there is no such task.
   */
  nextDueAt(queues: readonly string[], types: readonly string[]): Promise<number | null>;

  /**
   * Calls `listener` after changes by other processes: due tasks were stored or released, a
   * cancellation was requested, a queue was paused or resumed, a worker was asked to stop. The
   * listener may be called more often than needed, and not after every change; polling and
   * heartbeats find the changes that it misses. It need not be called after changes by this
   * process.
   *
   * @returns A function that removes the listener.
   */
  onWake(listener: (signal: WakeSignal) => void): () => void;
}
