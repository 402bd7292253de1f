// This process's estimate of the storage's clock: the last reading plus the time since then.
// Schedules use this estimate, so that a wrong clock of the process has no effect.

import type { Clock } from "./clock.ts";

/** The maximum time by which the estimate may be behind the storage's clock, in milliseconds. */
export const readingErrorMs = 5_000;

/** The maximum duration of a call whose reading shows a small correction, in milliseconds. */
const promptMs = 500;

/** Estimates the storage's clock between its readings. */
export class StorageClock {
  readonly #clock: Clock;
  #offset: number;
  /** The largest offset that a reading has proved since the clock was last found to be set back. */
  #provenOffset = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /**
   * Sets the estimate to a reading that storage has returned. A reading that arrives late, because
   * the process was frozen, is less accurate than the estimate. Such a reading corrects the
   * estimate only as far as it proves the estimate wrong.
   *
   * @param askedAt The time at which storage was called, by the monotonic clock.
   */
  sync(storageNow: number, askedAt: number): void {
    const now = this.#clock.monotonic();
    const least = storageNow - now;
    const isLate = now - askedAt > readingErrorMs;
    this.#offset = isLate ? Math.min(Math.max(this.#offset, least), storageNow - askedAt) : least;
    this.#provenOffset = Math.max(this.#provenOffset, least);
  }

  /**
   * Sets the estimate to a reading that storage has just returned. Returns the minimum time by
   * which the storage's clock was set back since the previous call, in milliseconds; 0 if it was
   * not. The clock was set back if the reading is earlier than previous readings allow, regardless
   * of the duration of the call.
   *
   * @param askedAt The time at which storage was called, by the monotonic clock.
   */
  syncAndCompare(storageNow: number, askedAt: number): number {
    const most = storageNow - askedAt;
    const setBackMs = this.#provenOffset - most;
    const wasSetBack = setBackMs > readingErrorMs;
    const isPrompt = this.#clock.monotonic() - askedAt <= promptMs;
    if (wasSetBack) this.#provenOffset = -Infinity;
    // A machine may correct its clock by some milliseconds a second, which must not add up.
    else if (isPrompt) this.#provenOffset = Math.min(this.#provenOffset, most);
    this.sync(storageNow, askedAt);
    return wasSetBack ? setBackMs : 0;
  }

  /** Returns the estimated time of the storage's clock now, in epoch milliseconds. */
  now(): number {
    return Math.round(this.#clock.monotonic() + this.#offset);
  }

  /** Returns the estimated time of the storage's clock at a reading of the monotonic clock. */
  at(monotonic: number): number {
    return Math.round(monotonic + this.#offset);
  }
}
