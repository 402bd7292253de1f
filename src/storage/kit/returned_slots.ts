// The slots of a rate limit's key that were reserved and given back, until they are taken again.

/** Slots that were given back; instants in epoch milliseconds, whole. */
export interface ReturnedSlots {
  /**
   * Takes out the last ones of a line of slots: the last one an interval before `end`, and each an
   * interval before the next, give or take a millisecond, since slots are rounded up.
   *
   * @returns The first of them; null if the line does not end with a slot that was given back.
   */
  takeLine(end: number, intervalMs: number): number | null;
  /**
   * Takes out the first one that is later than `after` and not later than `latest`, and forgets
   * those before it, whose time has passed.
   *
   * @returns It; null if there is none.
   */
  takeFirst(after: number, latest: number): number | null;
}

/** None at all. */
export const noSlots: ReturnedSlots = { takeLine: () => null, takeFirst: () => null };

/** Slots that were given back, in memory. */
export class ReturnedSlotList implements ReturnedSlots {
  /** Ascending, without doubles. */
  #slots: number[] = [];

  /** Puts one in. */
  add(slotAt: number): void {
    const place = this.#slots.findLastIndex((slot) => slot <= slotAt);
    if (this.#slots[place] !== slotAt) this.#slots.splice(place + 1, 0, slotAt);
  }

  takeLine(end: number, intervalMs: number): number | null {
    let first: number | null = null;
    let before = end;
    for (let last; (last = this.#slots.at(-1)) !== undefined; before = last) {
      if (before - last > intervalMs + 1) break;
      first = last;
      this.#slots.pop();
    }
    return first;
  }

  takeFirst(after: number, latest: number): number | null {
    const place = this.#slots.findIndex((slot) => slot > after);
    const found = this.#slots[place];
    if (found === undefined) {
      this.#slots = [];
      return null;
    }
    const isWithin = found <= latest;
    this.#slots.splice(0, isWithin ? place + 1 : place);
    return isWithin ? found : null;
  }
}
