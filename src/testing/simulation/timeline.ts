// The time of a simulated world. FakeClock waits for a real timer between two instants, because a
// database may have to answer. A simulated world depends on nothing outside, so a second of it
// takes microseconds.

import { macrotasksDone } from "../../time/macrotask.ts";

/** An action at an instant. */
interface Happening {
  readonly at: number;
  readonly run: () => unknown;
}

/**
 * The maximum number of turns of the event loop at one instant. More turns are assumed to be an
 * endless loop.
 */
const mostTurns = 10_000;

/** Runs actions one after the other, each at its instant, in milliseconds from the start. */
export class Timeline {
  /** The beginning, in epoch milliseconds. */
  readonly startsAt: number;
  #now = 0;
  readonly #happenings = new Set<Happening>();

  constructor(startsAt: number) {
    this.startsAt = startsAt;
  }

  /** The present time. */
  get now(): number {
    return this.#now;
  }

  /**
   * Plans an action. Actions at the same instant run in the order of planning.
   *
   * @param delayMs The delay in milliseconds. A negative value counts as 0.
   * @param run The action. If it returns a promise, time stands still until the promise settles,
   * because a store may have to wait for the real event loop.
   * @returns A function that cancels the action.
   */
  in(delayMs: number, run: () => unknown): () => void {
    if (delayMs === Infinity) return () => {};
    const happening = { at: this.#now + Math.max(0, delayMs), run };
    this.#happenings.add(happening);
    return () => void this.#happenings.delete(happening);
  }

  /** Resolves after a delay. */
  pass(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.in(delayMs, resolve));
  }

  /**
   * Advances the time. Between two actions, runs all work that waits only for promises and turns of
   * the event loop.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await macrotasksDone(mostTurns);
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at;
      this.#happenings.delete(next);
      await next.run();
      await macrotasksDone(mostTurns);
    }
    this.#now = end;
  }

  #next(end: number): Happening | undefined {
    let next: Happening | undefined;
    for (const happening of this.#happenings) {
      if (happening.at <= end && !(next && next.at <= happening.at)) next = happening;
    }
    return next;
  }
}
