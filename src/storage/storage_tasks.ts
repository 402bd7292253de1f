// The part of the storage contract in which tasks live; see storage.ts.

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

/** The verbs of {@linkcode Storage} by which tasks live: stored, claimed, changed, cancelled. */
export interface StorageTasks {
  /**
   * Stores new tasks with their first status audit rows, applying the task-key rules in order,
   * atomically, also against other processes. An id that is stored already is left alone and
   * answered as it was the first time (`created`; `claimed` while it still has lease token 1 and
   * the worker in `claimFor`). For a task whose key belongs to a stored task (one that is claimed
   * or `InProgress` counts as in progress):
   *
   * - A series that is in progress, and one whose key a one-shot task asks for: nothing happens
   *   (`existing`).
   * - Any other series with a next run is updated in place (`updated`). It keeps its run count, and
   *   its next run and anchor if the text of the schedule is the same.
   * - A series that has ended is updated in place and alive again (`updated`), with a new anchor and
   *   next run and a run count of 0.
   * - A one-shot task in progress: nothing happens (`existing`).
   * - A one-shot task that waits (`WaitingQueue`, `Queued`, `Pending` or due again) is updated in
   *   place (`updated`).
   * - A one-shot task that has ended gives up its key and stays as history. The new task is stored
   *   (`created`).
   *
   * "Updated in place" replaces type, handler name, payload, queue, priority, audit level, trace
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
   * Takes due tasks for a worker: never one that another worker holds, never of another type, none
   * from paused queues. Highest priority first, then longest due, then lowest id. Raises `attempt`
   * and `leaseToken`; sets no status (the worker reports `Queued` and `InProgress`). Its cost does
   * not depend on how many tasks have ended or are due later.
   *
   * A row that was damaged by hand or by a disk fails neither the claim nor a reading: both
   * counters stop at 2^31 - 1, and an instant that JavaScript cannot represent comes as one outside
   * of the years 1 to 9999. The worker fails its task then.
   *
   * @throws {WorkerLostError} If the worker is not registered.
   */
  claim(request: ClaimRequest): Promise<ClaimResult>;

  /**
   * Changes one task's status and writes a status audit row by the level: one round trip, one
   * transaction, no query before. See {@linkcode Storage.setStatusMany} for several tasks.
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
   * attempt and lost count 0, next run and due instant, last execution, and the audit rows by the
   * level. See {@linkcode Storage.updateCurrentRunMany} for several runs.
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
   * Requests the cancellation of tasks. Unclaimed ones that have not ended (also a series between
   * runs) become `Cancelled` at once, without due instant, next run and exception, and with a
   * status audit row by their own level. Claimed ones are marked, and their owners are notified by
   * {@linkcode Storage.heartbeat} and, with push, at once. The mark stays until the task ends. If
   * the task becomes due again (its owner wrote a retry at the same time, or was lost), it is due
   * at once, and the worker that claims it next sees `cancelRequested`. An id appears at most once
   * in the list.
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
   * is `Queued` again with attempt, lost count 0 and no exception (with an audit row by its level).
   * A waiting task keeps its status, and a due one its place. Anything else (claimed, `Completed`,
   * an ended series) stays unchanged.
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
}
