// Time that stands still until a test moves it.

import type { Clock } from "../../../src/time/clock.ts";

/** A clock whose hands a test moves. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Map<symbol, { at: number; callback: () => void }>();

  /** @param now The instant at which it starts, in epoch milliseconds. */
  constructor(now = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#now = now;
  }

  /** How many timers are set. */
  get timerCount(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const id = Symbol();
    this.#timers.set(id, { at: this.#now + Math.max(0, delayMs), callback });
    return () => this.#timers.delete(id);
  }

  /** Moves the time on, and lets every timer on the way fire at its instant, with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next || next[1].at > end) break;
      this.#timers.delete(next[0]);
      this.#now = next[1].at;
      next[1].callback();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promise reactions run that are ready to run. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
