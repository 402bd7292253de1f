// The storage contract: the verbs that a driver implements, and what each promises. The conformance
// suite (src/testing/) checks every promise on every driver.

import type { NewLogLine } from "./queries.ts";
import type { Polling, RateSlotRequest, RateSlots, ReturnedRateSlot } from "./requests.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "./retention.ts";
import type { StorageReading } from "./storage_reading.ts";
import type { StorageTasks } from "./storage_tasks.ts";
import type { StorageWorkers } from "./storage_workers.ts";

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
export interface Storage extends StorageTasks, StorageWorkers, StorageReading {
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
