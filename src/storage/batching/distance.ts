// Estimates how far away storage is: the time that a call spends in the network.

/** The time for which the shortest call counts, in milliseconds. */
const windowMs = 5_000;

/** The duration of a call of a storage that is near, in milliseconds. */
const nearMs = 5;

/** Follows the shortest call of the last seconds. */
export class Distance {
  #shortest = Infinity;
  #shortestBefore = Infinity;
  #windowStartedAt = -Infinity;
  #ms = 0;

  /** The time by which calls take longer than calls of a near storage, in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /** Notes that a call has succeeded. Both times are readings of the monotonic clock. */
  answered(sentAt: number, now: number): void {
    if (now - this.#windowStartedAt >= windowMs) {
      this.#shortestBefore = this.#shortest;
      this.#shortest = Infinity;
      this.#windowStartedAt = now;
    }
    this.#shortest = Math.min(this.#shortest, now - sentAt);
    this.#ms = Math.max(0, Math.min(this.#shortest, this.#shortestBefore) - nearMs);
  }
}
