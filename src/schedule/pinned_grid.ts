// Schedules such as "every n hours at minute m" and "every n minutes at second s": intervals of
// elapsed time at which the clocks of a zone show the given fields. They differ from an even grid
// only if clocks are changed by a part of the cycle, as by half an hour on Lord Howe Island.

import { ceilToSecond, modulo } from "./civil_time.ts";
import type { Grid } from "./grid.ts";
import type { TimeZone } from "./time_zone.ts";

/** The parts of a {@linkcode PinnedGrid}, with instants and durations in milliseconds. */
export interface PinnedGridOptions {
  /** The earliest possible instant. */
  readonly from: number;
  /** The interval between instants, a multiple of the cycle. */
  readonly step: number;
  /** The period of the fixed fields: an hour or a minute. */
  readonly cycle: number;
  /** The offset of the instants in a cycle, as the clocks show it. */
  readonly pinned: number;
  readonly zone: TimeZone;
}

/**
 * If the step is one cycle, the grid has all instants at which the clocks show the fixed fields. If
 * the step is longer, the grid is an even grid whose instants are each moved to the next time at
 * which the clocks show the fields. A clock change then neither repeats nor removes an instant.
 */
export class PinnedGrid implements Grid {
  readonly #shown: ShownFields;
  readonly #origin: number;
  readonly #step: number;
  readonly #cycle: number;

  constructor({ from, step, cycle, pinned, zone }: PinnedGridOptions) {
    this.#shown = new ShownFields(cycle, pinned, zone);
    this.#origin = this.#shown.next(ceilToSecond(from) - 1);
    this.#step = step;
    this.#cycle = cycle;
  }

  next(after: number): number {
    if (after < this.#origin) return this.#origin;
    if (this.#step === this.#cycle) return this.#shown.next(after);
    let index = this.#indexAt(after);
    while (this.#at(index) <= after) index++;
    return this.#at(index);
  }

  count(after: number, upTo: number): number {
    if (upTo <= after) return 0;
    return this.#countUpTo(upTo) - this.#countUpTo(after);
  }

  #countUpTo(instant: number): number {
    if (instant < this.#origin) return 0;
    if (this.#step === this.#cycle) return this.#shown.count(this.#origin - 1, instant);
    const index = this.#indexAt(instant);
    return this.#at(index) <= instant ? index + 1 : index;
  }

  /** Returns the last index whose position on the even grid is not after an instant. */
  #indexAt(instant: number): number {
    return Math.floor((instant - this.#origin) / this.#step);
  }

  /**
   * Returns the instant of an index. The instant is less than two cycles, and therefore less than a
   * step, after the position of the index on the even grid.
   */
  #at(index: number): number {
    return this.#shown.next(this.#origin + index * this.#step - 1);
  }
}

/** All instants at which the clocks of a zone show the fixed fields. */
class ShownFields {
  readonly #cycle: number;
  readonly #pinned: number;
  readonly #zone: TimeZone;

  constructor(cycle: number, pinned: number, zone: TimeZone) {
    this.#cycle = cycle;
    this.#pinned = pinned;
    this.#zone = zone;
  }

  /**
   * Returns the next instant after `after`. If the clocks are changed before that instant, searches
   * again from the change.
   */
  next(after: number): number {
    let found = this.#nextWith(this.#zone.offsetAt(after), after);
    let change = this.#zone.nextTransition(after, found);
    while (change !== undefined) {
      found = this.#nextWith(change.offsetAfter, change.at - 1);
      change = this.#zone.nextTransition(change.at, found);
    }
    return found;
  }

  /** Counts the instants that are after `after` and not after `upTo`. */
  count(after: number, upTo: number): number {
    let total = 0;
    let from = after;
    let offset = this.#zone.offsetAt(after);
    let change = this.#zone.nextTransition(after, upTo);
    while (change !== undefined) {
      total += this.#cyclesAt(change.at - 1, offset) - this.#cyclesAt(from, offset);
      from = change.at - 1;
      offset = change.offsetAfter;
      change = this.#zone.nextTransition(change.at, upTo);
    }
    return total + this.#cyclesAt(upTo, offset) - this.#cyclesAt(from, offset);
  }

  /** Returns the next instant for a constant offset. */
  #nextWith(offset: number, after: number): number {
    return after + 1 + modulo(this.#pinned - (after + 1 + offset), this.#cycle);
  }

  /**
   * Returns the number of times that clocks with a constant offset have shown the fields until an
   * instant, counted from a fixed epoch.
   */
  #cyclesAt(instant: number, offset: number): number {
    return Math.floor((instant + offset - this.#pinned) / this.#cycle);
  }
}
