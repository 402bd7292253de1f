// Computes the number of tasks that a worker should hold. A worker with too few tasks waits for
// claims. A worker with too many keeps slow tasks while other workers are idle. The number
// therefore follows the throughput: about as many tasks as ended in the last tenth of a second. The
// number shrinks slowly, and grows quickly, so that a worker with a backlog reaches its full speed
// after a few claims.

import type { QueueSettings } from "../../task/queue_settings.ts";

/**
 * The time that the prefetch covers, in milliseconds: several round trips of claims on a busy
 * database.
 */
const spanMs = 100;

/**
 * The maximum factor by which the target falls from one span to the next. A pause in which no task
 * could run says little about the throughput.
 */
const mostDrop = 2;

/** Measures one queue's throughput. */
export class Prefetch {
  readonly #least: number;
  readonly #most: number;
  #target: number;
  /** The throughput of the last span, in tasks a millisecond. */
  #rate = 0;
  #finished = 0;
  #windowStartedAt = 0;

  constructor(
    { parallelism, capacity, whenFull }: Pick<
      QueueSettings,
      "parallelism" | "capacity" | "whenFull"
    >,
  ) {
    // A queue with back pressure holds as many tasks as its capacity, because the capacity also
    // limits dispatches.
    this.#least = whenFull === "store" ? Math.min(2 * parallelism, capacity) : capacity;
    this.#most = capacity;
    this.#target = this.#least;
  }

  /** Counts a task that has ended. */
  finished(): void {
    this.#finished++;
  }

  /** Estimates how many tasks end within `ms` milliseconds. */
  endingWithin(ms: number, now: number): number {
    const target = this.target(now);
    // At the minimum, the target does not reflect the throughput.
    return target > this.#least ? Math.floor(target * Math.min(1, ms / spanMs)) : 0;
  }

  /**
   * Returns how many tasks end within `ms` milliseconds by the throughput of the last span, in
   * addition to those that the target covers.
   */
  endingDuring(ms: number): number {
    return Math.floor(this.#rate * ms);
  }

  /**
   * Returns the number of tasks to hold, including running ones, at `now` of the monotonic clock.
   */
  target(now: number): number {
    const elapsed = now - this.#windowStartedAt;
    if (elapsed >= spanMs) {
      this.#rate = this.#finished / elapsed;
      const wanted = Math.max(this.#rate * spanMs, this.#target / mostDrop);
      this.#target = Math.max(this.#least, Math.min(this.#most, Math.ceil(wanted)));
      this.#finished = 0;
      this.#windowStartedAt = now;
    } else if (this.#finished > this.#target) {
      // More tasks have ended than were expected for the whole span, so grow without waiting for
      // its end.
      this.#target = Math.min(this.#most, 2 * this.#finished);
    }
    return this.#target;
  }
}
