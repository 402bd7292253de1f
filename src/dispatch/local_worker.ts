// The dispatcher's interface to the worker of this process: reserves places for tasks that are
// being stored, and reports stored tasks to the worker.

import type { ClaimedTask } from "../storage/records.ts";

/** The place of a task that is being dispatched. */
export interface Reservation {
  /** The id of the task. */
  readonly id: string;
  readonly queue: string;
  /**
   * The id of the worker of this process that has reserved a place for the task; null if the task
   * waits in storage.
   */
  readonly claimFor: string | null;
}

/** Places in the queues of this process that are reserved for tasks while they are being stored. */
export interface LocalPlaces {
  /** Reports whether a queue has no place for a dispatch. If it has none, `whenFull` applies. */
  isFull(queue: string): boolean;

  /** Reserves a place, if one is free, for a task that is about to be stored. */
  reserve(queue: string, id: string): Reservation;

  /**
   * Waits for a place in a full queue and reserves it. If the worker stops first, the task waits in
   * storage.
   *
   * @throws The signal's reason, if it aborts first.
   */
  waitForRoom(queue: string, id: string, signal: AbortSignal | undefined): Promise<Reservation>;

  /**
   * Frees a place: the worker has taken the task over, or the task was not stored as claimed by
   * this worker.
   */
  unreserve(reservation: Reservation): void;
}

/** The worker of this process. */
export interface LocalWorker {
  /** The places in the queues that are reserved for dispatches of this process. */
  readonly reservations: LocalPlaces;

  /**
   * Puts a stored task into the place that was reserved for it.
   *
   * @param now The present reading of the monotonic clock. The caller passes it to save another
   * reading.
   */
  handOver(task: ClaimedTask, reservation: Reservation, payload: unknown, now: number): void;

  /**
   * Called when storing a task for this worker failed: storage may still hold it as claimed by this
   * worker.
   */
  suspectUnknownClaims(): void;

  /** Called when a task that is due now was stored in this queue. */
  storedDue(queue: string): void;

  /**
   * Called when a task that is due later was stored.
   *
   * @param at The due instant by the storage's clock, in epoch milliseconds.
   */
  expectDue(at: number): void;
}
