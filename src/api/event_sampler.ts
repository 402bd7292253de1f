// Limits the events of a stream, and counts those that it leaves out.

import type { Clock } from "../time/clock.ts";

/** Takes a limited number of events in each second. */
export class EventSampler {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #second = -1;
  #taken = 0;
  #leftOut = 0;

  /** @param perSecond The maximum number of events a second. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Reports whether to send the next event. */
  takes(): boolean {
    const second = Math.floor(this.#clock.monotonic() / 1_000);
    if (second !== this.#second) this.#taken = 0;
    this.#second = second;
    if (this.#taken < this.#perSecond) {
      this.#taken++;
      return true;
    }
    this.#leftOut++;
    return false;
  }

  /** Returns the number of events that were left out since the previous call. */
  leftOut(): number {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
