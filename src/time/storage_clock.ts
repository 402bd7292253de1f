// The storage's clock, as far as this process can tell: its last known reading plus what has gone by since. Planning goes by
// it, so that a process whose own clock is wrong does no harm.

import type { Clock } from "./clock.ts";

/** Estimates the storage's clock between its readings. */
export class StorageClock {
  readonly #clock: Clock;
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Takes a reading that storage has just given. */
  sync(storageNow: number): void {
    this.#offset = storageNow - this.#clock.monotonic();
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
