// "Every n hours at minute m", in elapsed hours but exact on the clocks of a zone. It differs from an even grid only where
// clocks are changed by a part of an hour, as on Lord Howe Island.

import { hour, modulo } from "./civil_time.ts";
import { EvenGrid, type Grid } from "./grid.ts";
import type { TimeZone } from "./time_zone.ts";

/** An even grid that is moved by part of an hour whenever the clocks are, so that they always show the same minute. */
export class PinnedHoursGrid implements Grid {
  readonly #origin: number;
  readonly #step: number;
  readonly #zone: TimeZone;
  readonly #offset: number;

  /**
   * @param origin The first instant, at which the clocks show the pinned minute.
   * @param step A whole number of hours, in milliseconds.
   */
  constructor(origin: number, step: number, zone: TimeZone) {
    this.#origin = origin;
    this.#step = step;
    this.#zone = zone;
    this.#offset = zone.offsetAt(origin);
  }

  next(after: number): number {
    let grid = this.#gridWith(this.#zone.offsetAt(after));
    let found = grid.next(after);
    let change = this.#zone.nextTransition(after, found);
    while (change !== undefined) {
      grid = this.#gridWith(change.offsetAfter);
      found = grid.next(change.at - 1);
      change = this.#zone.nextTransition(change.at, found);
    }
    return found;
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

  #gridWith(offset: number): EvenGrid {
    return new EvenGrid(this.#origin + modulo(this.#offset - offset, hour), this.#step);
  }
}
