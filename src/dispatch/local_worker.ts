// The dispatcher's interface to the worker of this process: it reserves places for tasks that are
// being stored, and reports stored tasks to the worker.

import type { ClaimedTask } from "../storage/records.ts";

/** Where a task that is dispatched goes. */
export interface Reservation {
  /** The id of the task. */
  readonly id: string;
  readonly queue: string;
  /** The worker of this process that has kept a place for it; null when it waits in storage. */
  readonly claimFor: string | null;
}

/** Places in the queues of this process that are kept for tasks on their way into storage. */
export interface LocalPlaces {
  /** Whether a dispatch to a queue has to wait, or to go elsewhere. */
  isFull(queue: string): boolean;

  /** Keeps a place for a task that is about to be stored, if there is one. */
  reserve(queue: string, id: string): Reservation;

  /**
   * Keeps a place in a full queue as soon as there is one; the task waits in storage when the
   * worker stops meanwhile.
   *
   * @throws The signal's reason, when it aborts before.
   */
  waitForRoom(queue: string, id: string, signal: AbortSignal | undefined): Promise<Reservation>;

  /** Gives a place back: its task was not stored, or not for us, or it has come. */
  unreserve(reservation: Reservation): void;
}

/** The worker of this process. */
export interface LocalWorker {
  /** Places in the queues that are kept for dispatches of this process. */
  readonly reservations: LocalPlaces;

  /**
   * Takes a stored task into the place that was kept for it.
   *
   * @param now The monotonic clock: reading it is not free, and the caller just has.
   */
  handOver(task: ClaimedTask, reservation: Reservation, payload: unknown, now: number): void;

  /**
   * Called when storing a task for this worker failed: storage may still hold it as claimed by this
   * worker.
   */
  suspectUnknownClaims(): void;

  /** Tasks that are due now wait in storage. */
  storedDue(queue: string): void;

  /** A task becomes due at this instant of the storage's clock. */
  expectDue(at: number): void;
}
