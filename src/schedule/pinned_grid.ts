// "Every n hours at minute m" and "every n minutes at second s": elapsed time, but exact on the
// clocks of a zone. It differs from an even grid only where clocks are changed by a part of the
// cycle, as by half an hour on Lord Howe Island.

import { ceilToSecond, modulo } from "./civil_time.ts";
import { EvenGrid, type Grid } from "./grid.ts";
import type { TimeZone } from "./time_zone.ts";

/** What a {@linkcode PinnedGrid} is made of; instants and lengths in milliseconds. */
export interface PinnedGridOptions {
  /** No instant lies before this one. */
  readonly from: number;
  /** From one instant to the next: a whole number of cycles. */
  readonly step: number;
  /** What the pinned fields recur in: an hour or a minute. */
  readonly cycle: number;
  /** How far into a cycle the instants lie, as the clocks show it. */
  readonly pinned: number;
  readonly zone: TimeZone;
}

/**
 * An even grid that is moved by part of a cycle whenever the clocks are, so that they always show
 * the pinned fields.
 */
export class PinnedGrid implements Grid {
  readonly #origin: number;
  readonly #originOffset: number;
  readonly #step: number;
  readonly #cycle: number;
  readonly #zone: TimeZone;

  constructor({ from, step, cycle, pinned, zone }: PinnedGridOptions) {
    this.#step = step;
    this.#cycle = cycle;
    this.#zone = zone;
    this.#origin = this.#nextShown(
      ceilToSecond(from) - 1,
      (after, offset) => after + 1 + modulo(pinned - (after + 1 + offset), cycle),
    );
    this.#originOffset = zone.offsetAt(this.#origin);
  }

  next(after: number): number {
    return this.#nextShown(after, (from, offset) => this.#gridWith(offset).next(from));
  }

  count(after: number, upTo: number): number {
    let total = 0;
    let from = after;
    let grid = this.#gridWith(this.#zone.offsetAt(after));
    let change = this.#zone.nextTransition(after, upTo);
    while (change !== undefined) {
      total += grid.count(from, change.at - 1);
      from = change.at - 1;
      grid = this.#gridWith(change.offsetAfter);
      change = this.#zone.nextTransition(change.at, upTo);
    }
    return total + grid.count(from, upTo);
  }

  /**
   * The next instant after another. If the clocks are changed before, it looks again from there.
   *
   * @param next Finds it for clocks that are never changed.
   */
  #nextShown(after: number, next: (after: number, offset: number) => number): number {
    let found = next(after, this.#zone.offsetAt(after));
    let change = this.#zone.nextTransition(after, found);
    while (change !== undefined) {
      found = next(change.at - 1, change.offsetAfter);
      change = this.#zone.nextTransition(change.at, found);
    }
    return found;
  }

  #gridWith(offset: number): EvenGrid {
    const moved = modulo(this.#originOffset - offset, this.#cycle);
    return new EvenGrid(this.#origin + moved, this.#step);
  }
}
