// This process's estimate of the storage's clock: its last reading plus the time since. Planning
// uses it, so that a wrong clock of the process does no harm.

import type { Clock } from "./clock.ts";

/**
 * How far this process may be behind the storage's clock, in milliseconds: at most as long as the
 * answer with the last reading took.
 */
export const readingErrorMs = 5_000;

/** Estimates the storage's clock between its readings. */
export class StorageClock {
  readonly #clock: Clock;
  #offset: number;
  /**
   * The largest offset that a reading has proved, since the clock was last found to be set back.
   */
  #provenOffset = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Takes a reading that storage has just given. */
  sync(storageNow: number): void {
    this.#offset = storageNow - this.#clock.monotonic();
    this.#provenOffset = Math.max(this.#provenOffset, this.#offset);
  }

  /**
   * Takes a reading that storage has just given, and tells by how much, at the least, the storage's
   * clock was set back since this was asked before; 0: it was not. Then the reading is earlier than
   * those before it allow, however long its answer took.
   *
   * @param askedAt When storage was asked, by the monotonic clock.
   */
  syncAndCompare(storageNow: number, askedAt: number): number {
    const setBackMs = this.#provenOffset - (storageNow - askedAt);
    const wasSetBack = setBackMs > readingErrorMs;
    if (wasSetBack) this.#provenOffset = -Infinity;
    this.sync(storageNow);
    return wasSetBack ? setBackMs : 0;
  }

  /** The storage's clock now, in epoch milliseconds. */
  now(): number {
    return Math.round(this.#clock.monotonic() + this.#offset);
  }

  /** The storage's clock at a reading of the monotonic clock. */
  at(monotonic: number): number {
    return Math.round(monotonic + this.#offset);
  }
}
