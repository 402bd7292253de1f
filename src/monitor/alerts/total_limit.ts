// A token bucket over all alerts of a channel: a bad night must not become a thousand mails.

import type { Clock } from "../../time/clock.ts";

/** Lets a number of alerts pass in a minute, as a burst or spread. */
export class TotalLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  #tokens: number;
  #filledAt: number;

  /** @param perMinute How many may pass; Infinity: all. */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#tokens = Math.max(1, perMinute);
    this.#filledAt = clock.monotonic();
  }

  /** Whether one more may pass now; if so, it counts. */
  take(): boolean {
    if (this.#perMinute === Infinity) return true;
    const now = this.#clock.monotonic();
    const earned = (now - this.#filledAt) / 60_000 * this.#perMinute;
    this.#tokens = Math.min(Math.max(1, this.#perMinute), this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
