// The common form of all schedules: an infinite ordered set of instants. It finds the next instant,
// and counts those in a span, without iterating.

/** The instants of a schedule, all of them whole seconds, in epoch milliseconds. */
export interface Grid {
  /** The first instant strictly after another; undefined if there is none. */
  next(after: number): number | undefined;
  /** How many instants lie after one instant and not after another. */
  count(after: number, upTo: number): number;
}

/** Instants that lie evenly apart, in elapsed time: nothing here depends on how many there are. */
export class EvenGrid implements Grid {
  readonly #origin: number;
  readonly #step: number;

  /**
   * @param origin The first instant, in epoch milliseconds.
   * @param step Milliseconds from one to the next.
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
 * The last `count`-th instant of a grid that is not after `upTo`: 1 is the last one, 2 the one
 * before it. Looks back from the end in growing strides, so that the cost follows from how far back
 * it lies, not from how much was missed.
 *
 * @param after There are at least `count` instants after this one.
 */
export function countedBack(grid: Grid, count: number, after: number, upTo: number): number {
  let stride = 1_000;
  let early = Math.max(after, upTo - stride);
  while (early > after && grid.count(early, upTo) < count) {
    stride *= 2;
    early = Math.max(after, upTo - stride);
  }
  // There are enough instants after `early`; halve until there are too few after `late`.
  let late = upTo;
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (grid.count(middle, upTo) >= count) early = middle;
    else late = middle;
  }
  return grid.next(early)!;
}
