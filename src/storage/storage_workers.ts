// The part of the storage contract about workers; see storage.ts.

import type {
  HeartbeatResult,
  LostTask,
  ReleaseLostRequest,
  WorkerRegistration,
} from "./requests.ts";

/** The verbs of {@linkcode Storage} about workers, and the tasks of those that are lost. */
export interface StorageWorkers {
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
   * is late. A task that another transaction is writing meanwhile may be left to it: a later call
   * takes that task.
   */
  releaseLost(request: ReleaseLostRequest): Promise<readonly LostTask[]>;
}
