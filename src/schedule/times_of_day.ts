// The times of day at which a schedule runs, as milliseconds since local midnight: a short list
// ("09:00", "14:00"), or every combination of some hours, minutes and seconds (cron). The
// combinations may be all 86,400 seconds, so they are not stored as a list.

import { hour, minute, second } from "./civil_time.ts";

/** An ordered, non-empty set of times of day. */
export interface TimesOfDay {
  /** The number of times. */
  readonly size: number;
  /**
   * Returns the first time at or after a time of day, or undefined if no time is left on that day.
   */
  atOrAfter(time: number): number | undefined;
  /** Counts the times before a time of day. */
  countBefore(time: number): number;
}

/** A list of times. */
export class ListedTimes implements TimesOfDay {
  readonly #times: readonly number[];

  /** @param times The times in ascending order, without duplicates. */
  constructor(times: readonly number[]) {
    this.#times = times;
  }

  get size(): number {
    return this.#times.length;
  }

  atOrAfter(time: number): number | undefined {
    return this.#times.find((candidate) => candidate >= time);
  }

  countBefore(time: number): number {
    const next = this.#times.findIndex((candidate) => candidate >= time);
    return next === -1 ? this.#times.length : next;
  }
}

/** Every combination of some hours, minutes and seconds. */
export class CombinedTimes implements TimesOfDay {
  readonly #hours: Ranks;
  readonly #minutes: Ranks;
  readonly #seconds: Ranks;

  constructor(hours: Iterable<number>, minutes: Iterable<number>, seconds: Iterable<number>) {
    this.#hours = new Ranks(hours, 24);
    this.#minutes = new Ranks(minutes, 60);
    this.#seconds = new Ranks(seconds, 60);
  }

  get size(): number {
    return this.#hours.size * this.#minutes.size * this.#seconds.size;
  }

  atOrAfter(time: number): number | undefined {
    const [h, m, s] = split(time);
    if (this.#hours.has(h)) {
      const inMinute = this.#minutes.has(m) ? this.#seconds.atOrAfter(s) : undefined;
      if (inMinute !== undefined) return join(h, m, inMinute);
      const nextMinute = this.#minutes.atOrAfter(m + 1);
      if (nextMinute !== undefined) return join(h, nextMinute, this.#seconds.first);
    }
    const nextHour = this.#hours.atOrAfter(h + 1);
    if (nextHour === undefined) return undefined;
    return join(nextHour, this.#minutes.first, this.#seconds.first);
  }

  countBefore(time: number): number {
    const [h, m, s] = split(time);
    let count = this.#hours.countBefore(h) * this.#minutes.size * this.#seconds.size;
    if (!this.#hours.has(h)) return count;
    count += this.#minutes.countBefore(m) * this.#seconds.size;
    if (!this.#minutes.has(m)) return count;
    return count + this.#seconds.countBefore(s);
  }
}

/**
 * A set of small integers. Finds the next member after a number, and the number of members before
 * it, in constant time.
 */
class Ranks {
  readonly #next: (number | undefined)[] = [];
  readonly #before: number[] = [];
  readonly size: number;

  /** @param limit One more than the largest possible member. */
  constructor(members: Iterable<number>, limit: number) {
    const sorted = [...new Set(members)].sort((a, b) => a - b);
    this.size = sorted.length;
    let rank = 0;
    for (let value = 0; value < limit; value++) {
      this.#before.push(rank);
      this.#next.push(sorted[rank]);
      if (sorted[rank] === value) rank++;
    }
  }

  get first(): number {
    return this.#next[0]!;
  }

  has(value: number): boolean {
    return this.#next[value] === value;
  }

  atOrAfter(value: number): number | undefined {
    return this.#next[value];
  }

  countBefore(value: number): number {
    return this.#before[value] ?? this.size;
  }
}

function split(time: number): [hours: number, minutes: number, seconds: number] {
  const seconds = Math.ceil(time / second);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
}

function join(hours: number, minutes: number, seconds: number): number {
  return hours * hour + minutes * minute + seconds * second;
}
