// The slots of a rate limit's key that were given back and not yet taken again.

/** Slots that were given back; instants in epoch milliseconds, whole. */
export interface ReturnedSlots {
  /**
   * Removes the slots that lead up to `end` without a gap: the slot one interval before `end`, the
   * slot one interval before that one, and so on. A difference of one millisecond is ignored,
   * because slots are rounded up.
   *
   * @returns The first of the removed slots; null if the slot one interval before `end` was not
   * given back.
   */
  takeLine(end: number, intervalMs: number): number | null;
  /**
   * Removes and returns the first slot that is later than `after` and not later than `latest`. Also
   * removes the slots that are not later than `after`, because nothing can use them any more.
   *
   * @returns The slot; null if there is none.
   */
  takeFirst(after: number, latest: number): number | null;
}

/** An empty list. */
export const noSlots: ReturnedSlots = { takeLine: () => null, takeFirst: () => null };

/** A list of returned slots in memory. */
export class ReturnedSlotList implements ReturnedSlots {
  /** Ascending, without duplicates. */
  #slots: number[] = [];

  /** Adds a slot. */
  add(slotAt: number): void {
    const place = this.#slots.findLastIndex((slot) => slot <= slotAt);
    if (this.#slots[place] !== slotAt) this.#slots.splice(place + 1, 0, slotAt);
  }

  /** Removes all slots. */
  clear(): void {
    this.#slots = [];
  }

  /** Returns the number of slots later than `after`, and the first of them. */
  later(after: number): { readonly count: number; readonly first: number | null } {
    const place = this.#slots.findIndex((slot) => slot > after);
    if (place === -1) return { count: 0, first: null };
    return { count: this.#slots.length - place, first: this.#slots[place]! };
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
