// The storage contract: the methods that a driver implements, and their guarantees. The conformance
// suite (src/testing/) checks every guarantee on every driver.

import type { StorageMaintenance } from "./maintenance.ts";
import type { NewLogLine } from "./queries.ts";
import type {
  NewOperatorAction,
  Polling,
  RateSlotRequest,
  RateSlots,
  ReturnedRateSlot,
} from "./requests.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "./retention.ts";
import type { StorageCopying } from "./storage_copying.ts";
import type { StorageOperations } from "./storage_operations.ts";
import type { StorageReading } from "./storage_reading.ts";
import type { StorageRelay } from "./storage_relay.ts";
import type { StorageReports } from "./storage_reports.ts";
import type { StorageTasks } from "./storage_tasks.ts";
import type { StorageWorkers } from "./storage_workers.ts";

/**
 * The store of tasks. One instance serves one process. Any number of processes can share its
 * database.
 *
 * Guarantees of every method:
 * - A method that writes is one transaction: it applies all changes or none.
 * - The database's clock decides which tasks are due and which workers are late, and sets all
 *   instants. Therefore a process passes ages and delays instead of instants.
 * - Errors are {@linkcode StorageError}s. Calls that fail with a `transient` error may be retried.
 *   A retry does not apply a write twice: a repeated `persist` skips the ids that are stored, and a
 *   repeated change of a claimed task is ignored because its lease has ended. This does not hold
 *   for log lines, rate limit slots, changes without a lease and changes that keep the lease. They
 *   have no identity, so a retry may apply them twice.
 * - Results are in the order of the arguments. An empty array costs no round trip.
 * - User values are passed to the database as parameters and returned unchanged: any Unicode text,
 *   including U+0000. Only lone surrogates, which are not Unicode text, become U+FFFD, as by
 *   `String.prototype.toWellFormed`. Instants from the year 1 to the year 9999 keep their
 *   millisecond. Strings are compared by code points: keys, queues and types that differ in case,
 *   accents or trailing spaces are different.
 */
export interface Storage
  extends
    StorageTasks,
    StorageWorkers,
    StorageReading,
    StorageRelay,
    StorageReports,
    StorageOperations {
  /** `memory`, `sqlite`, `postgres`, `sqlserver`, or a third party's name. */
  readonly name: string;

  /**
   * The intervals at which workers poll for due tasks, in addition to {@linkcode Storage.onWake}.
   */
  readonly polling: Polling;

  /** The methods that copy the store to another one; absent if the driver cannot copy. */
  readonly copying?: StorageCopying;

  /** Opens the maintenance of the store; absent if the driver has none. */
  readonly maintenance?: StorageMaintenance;

  /**
   * Connects, and updates the schema. If the driver's option `migrate` is off, the method only
   * checks the schema. Several processes may do this at the same time. Opening an open storage has
   * no effect.
   *
   * @returns The storage's clock.
   * @throws {SchemaVersionError} If the schema is newer than the code, or older and `migrate` is
   * off.
   */
  open(): Promise<{ readonly now: number }>;

  /**
   * Closes the connections that the storage opened. Connections that the user passed stay open.
   * Closing a closed storage has no effect.
   */
  close(): Promise<void>;

  // ---- queues and rate limits ----

  /**
   * Pauses or resumes a queue for all workers of the store. The tasks of a paused queue are not
   * claimed. The setting is stored and survives restarts.
   *
   * @param action The action to record in the same transaction; if absent, none is recorded.
   */
  setQueuePaused(queue: string, paused: boolean, action?: NewOperatorAction): Promise<void>;

  /**
   * Takes one slot for each request, atomically, in the order of the array, by the storage's clock.
   * The rules are those of the generic cell rate algorithm. T is the emission interval, and τ =
   * (burst - 1) * T. Each key has two theoretical arrival times: R for its reservations, and S for
   * its runs. For a new key, both are `now`, or now + τ with `startEmpty`.
   *
   * - A request with a reserved slot that is in the future gets that slot again; nothing changes.
   *   But if the slot is more than a millisecond later than the stored R, the key was released
   *   after the reservation ({@linkcode Storage.releaseRateLimit}), and the request counts as one
   *   without a slot.
   * - A request with a reserved slot that is not in the future may start if S - τ - g <= now. Here
   *   g is `graceMs` + 1 if the slot was at most `graceMs` ago, and 0 otherwise. The result is now,
   *   and S becomes max(now + `startWithinMs`, S) + T.
   * - Otherwise, and for a request without a reserved slot, let A be max(R, S - `graceMs` - 1). The
   *   next slot is max(now, A - τ), rounded up to a whole millisecond. (An excess of up to a
   *   microsecond is dropped first, because it is a rounding error.) The slot is granted if it is
   *   not later than now + the horizon; R then becomes max(now, A) + T. If the slot is now, the run
   *   may start, and S becomes max(now + `startWithinMs`, S) + T.
   * - In the previous case, slots that were given back are used first. If R is later than now, the
   *   returned slots at the end of the reservations are removed: the slot at R - τ - T, the one T
   *   before it, and so on without a gap, to within a millisecond. R then becomes the first removed
   *   slot + τ, even if the request is refused. If there are hundreds of such slots, a store may
   *   leave some of them for the next request. If the next slot is later than now, a returned slot
   *   may be granted instead, without a change of R: the first one that is later than now, not
   *   earlier than `S - τ - graceMs - 1`, and within the horizon.
   *
   * `takeSlot` in src/storage/kit/gcra.ts implements these rules.
   */
  takeRateSlots(requests: readonly RateSlotRequest[]): Promise<RateSlots>;
  /** Gives back reserved slots that will not be used. Slots of unknown keys are ignored. */
  returnRateSlots(slots: readonly ReturnedRateSlot[]): Promise<void>;
  /**
   * Gives back all reserved slots of a key, and its used budget: R and S become now.
   *
   * @param action The action to record in the same transaction.
   * @returns Whether the key has a budget; if not, nothing is recorded.
   */
  releaseRateLimit(key: string, action: NewOperatorAction): Promise<boolean>;

  // ---- logs and retention ----

  /**
   * Stores log lines of any number of tasks in one bulk insert. The lines of each task are numbered
   * in the order of the array. Lines of tasks that do not exist are ignored.
   */
  saveExecutionLogs(lines: readonly NewLogLine[]): Promise<void>;

  /**
   * Deletes at most `budget` rows that the policy allows to delete, in short transactions. Only one
   * process purges at a time. Never deletes a series, or a task that has not ended.
   */
  purge(policy: RetentionPolicy, options: PurgeOptions): Promise<PurgeResult>;
}
