// The part of the storage contract about workers; see storage.ts.

import type {
  HeartbeatResult,
  LostTask,
  NewOperatorAction,
  ReleaseLostRequest,
  WorkerRegistration,
} from "./requests.ts";

/** The methods of {@linkcode Storage} for workers, and for the tasks of lost workers. */
export interface StorageWorkers {
  /**
   * Registers a worker as alive now. Registering it again has the effect of a heartbeat.
   *
   * @param worker The worker's id (any string of up to 100 characters, new for each start of a
   * process), its host, and the queues and types that it serves.
   */
  registerWorker(worker: WorkerRegistration): Promise<void>;

  /**
   * Reports that a worker is alive. Does not register a lost worker again; for such a worker the
   * result has no cancel requests.
   *
   * @param leaseMs A worker whose heartbeat is older than this counts as late, for `othersLost`.
   * @param holdsSince An instant that an earlier heartbeat of this worker returned as {@linkcode
   * HeartbeatResult.claimsFrom}. The worker holds no task that it claimed before this instant. A
   * storage without an index of each worker's tasks can leave out older claims when it searches for
   * them; other storages ignore the parameter. @default the last instant that was passed
   */
  heartbeat(workerId: string, leaseMs: number, holdsSince?: number): Promise<HeartbeatResult>;

  /**
   * Asks a worker to stop claiming, and to end when its running tasks have ended. The worker learns
   * of the request from {@linkcode Storage.heartbeat}, and at once if the storage pushes
   * notifications. The request stays until the worker is removed.
   *
   * @param action The action to record in the same transaction.
   * @returns Whether the worker is registered; if not, nothing is recorded.
   */
  drainWorker(workerId: string, action: NewOperatorAction): Promise<boolean>;

  /**
   * Removes a worker that stops. {@linkcode Storage.releaseLost} finds the tasks that it still
   * holds.
   */
  unregisterWorker(workerId: string): Promise<void>;

  /**
   * Removes the workers whose heartbeat is older than the lease. A heartbeat that is more than a
   * lease in the future, because a clock was ahead, is set to now. Releases the tasks of all
   * workers that are not registered: they become `ServiceStopped` with `lostReason` as exception,
   * due now. The counters depend on whether a task is known to have started:
   *
   * - A task whose stored status is `InProgress` was running: `lostCount` is incremented, and
   *   `attempt` stays unchanged. If `lostCount` is then above the poison limit, the task becomes
   *   `Failed` with `poisonReason` instead. A failed task is not due, and a failed series has no
   *   next run.
   * - Any other task was only claimed, or had started so recently that its start was not written
   *   yet. If `lostCount` was 0, it becomes 1, because the task may have caused the loss. Otherwise
   *   `lostCount` stays unchanged, and one is subtracted from `attempt`, because the claim does not
   *   count as an attempt. Such losses alone never make a task `Failed`: another task of the worker
   *   may have caused them.
   *
   * In all cases, `attempt` - `lostCount` is the number of attempts that count. Status audit rows
   * are written as the audit levels of the tasks require. A worker's leases are valid until this
   * method removes the worker, even if its heartbeat is late. A task that another transaction is
   * writing may be skipped; a later call releases it.
   */
  releaseLost(request: ReleaseLostRequest): Promise<readonly LostTask[]>;
}
