// How many tasks a worker should hold. Too few, and it waits for claims; too many, and slow tasks
// are hoarded while other workers idle. So it follows the throughput: about as many as were
// finished in the last tenth of a second. It is quick to grow, so that a worker that meets a
// backlog is at its full speed after a few claims, and slow to shrink.

import type { QueueSettings } from "../../task/queue_settings.ts";

/**
 * The span that the prefetch covers, in milliseconds: some claim round trips of a busy database.
 */
const spanMs = 100;

/**
 * By how much the target falls at most from one span to the next: a pause in which nothing could be
 * done tells little.
 */
const mostDrop = 2;

/** Follows one queue's throughput. */
export class Prefetch {
  readonly #least: number;
  readonly #most: number;
  #target: number;
  #finished = 0;
  #windowStartedAt = 0;

  constructor(
    { parallelism, capacity, whenFull }: Pick<
      QueueSettings,
      "parallelism" | "capacity" | "whenFull"
    >,
  ) {
    // A queue with back pressure holds as many tasks as its capacity, since dispatches depend on
    // it.
    this.#least = whenFull === "store" ? Math.min(2 * parallelism, capacity) : capacity;
    this.#most = capacity;
    this.#target = this.#least;
  }

  /** A task has ended. */
  finished(): void {
    this.#finished++;
  }

  /** Estimates how many tasks end within `ms` milliseconds. */
  endingWithin(ms: number, now: number): number {
    const target = this.target(now);
    // While little is done, the target says nothing about the throughput.
    return target > this.#least ? Math.floor(target * Math.min(1, ms / spanMs)) : 0;
  }

  /** How many tasks to hold, running ones included, at a reading of the monotonic clock. */
  target(now: number): number {
    const elapsed = now - this.#windowStartedAt;
    if (elapsed >= spanMs) {
      const rate = this.#finished / elapsed;
      const wanted = Math.max(rate * spanMs, this.#target / mostDrop);
      this.#target = Math.max(this.#least, Math.min(this.#most, Math.ceil(wanted)));
      this.#finished = 0;
      this.#windowStartedAt = now;
    } else if (this.#finished > this.#target) {
      // More than were to last for the whole span are done already: no need to see it end.
      this.#target = Math.min(this.#most, 2 * this.#finished);
    }
    return this.#target;
  }
}
