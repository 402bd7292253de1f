// The common form of all schedules: an ordered, possibly infinite set of instants. Finds the next
// instant and counts the instants of a span without iterating.

/** The instants of a schedule, which are whole seconds in epoch milliseconds. */
export interface Grid {
  /** Returns the first instant strictly after `after`; undefined if there is none. */
  next(after: number): number | undefined;
  /** Counts the instants that are after `after` and not after `upTo`. */
  count(after: number, upTo: number): number;
}

/** Instants at a constant interval of elapsed time. The cost does not depend on their number. */
export class EvenGrid implements Grid {
  readonly #origin: number;
  readonly #step: number;

  /**
   * @param origin The first instant, in epoch milliseconds.
   * @param step The interval in milliseconds.
   */
  constructor(origin: number, step: number) {
    this.#origin = origin;
    this.#step = step;
  }

  next(after: number): number {
    return this.#origin + this.#indexAfter(after) * this.#step;
  }

  count(after: number, upTo: number): number {
    return upTo <= after ? 0 : this.#indexAfter(upTo) - this.#indexAfter(after);
  }

  #indexAfter(instant: number): number {
    return Math.max(0, Math.floor((instant - this.#origin) / this.#step) + 1);
  }
}

/**
 * Returns the `count`-th last instant of a grid that is not after `upTo`: 1 is the last instant, 2
 * the instant before it. Searches back from the end in growing steps, so the cost depends on the
 * distance, not on the number of missed instants.
 *
 * @param after An instant after which there are at least `count` instants.
 */
export function countedBack(grid: Grid, count: number, after: number, upTo: number): number {
  let stride = 1_000;
  let early = Math.max(after, upTo - stride);
  while (early > after && grid.count(early, upTo) < count) {
    stride *= 2;
    early = Math.max(after, upTo - stride);
  }
  // There are enough instants after `early`, and too few after `late`. Halve the span until both
  // meet.
  let late = upTo;
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (grid.count(middle, upTo) >= count) early = middle;
    else late = middle;
  }
  return grid.next(early)!;
}
