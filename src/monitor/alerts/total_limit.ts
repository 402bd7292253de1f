// A token bucket over all alerts of a channel, so that many failures do not cause thousands of
// messages.

import type { Clock } from "../../time/clock.ts";

/** Allows a number of alerts per minute, at once or spread over the minute. */
export class TotalLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  #tokens: number;
  #filledAt: number;

  /** @param perMinute The number of alerts per minute; Infinity for no limit. */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#tokens = Math.max(1, perMinute);
    this.#filledAt = clock.monotonic();
  }

  /** Takes a token. Returns false if there is none. */
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
