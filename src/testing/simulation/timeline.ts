// The time of a simulated world. FakeClock waits for a real timer between two instants, since a
// database may have to answer; here nothing is outside of the world, and a second of it takes
// microseconds.

import { macrotasksDone } from "../../time/macrotask.ts";

/** Something that happens at an instant. */
interface Happening {
  readonly at: number;
  readonly run: () => void;
}

/** The maximum number of turns of the event loop at one instant; more mean an endless loop. */
const mostTurns = 10_000;

/** Lets things happen one after the other, each at its instant, in milliseconds from the start. */
export class Timeline {
  #now = 0;
  readonly #happenings = new Set<Happening>();

  /** The present. */
  get now(): number {
    return this.#now;
  }

  /**
   * Plans an action. Actions at the same instant run in the order of planning.
   *
   * @param delayMs Milliseconds from now; less than 0 counts as 0.
   * @returns A function that calls it off.
   */
  in(delayMs: number, run: () => void): () => void {
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
   * Lets time go by. Between two happenings everything runs that waits for nothing but promises and
   * turns of the event loop.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await macrotasksDone(mostTurns);
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at;
      this.#happenings.delete(next);
      next.run();
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
