// Schedules that are written in wall-clock time (daily and coarser, and cron), laid over the clock
// changes of a time zone. The only place that knows the rules for daylight saving.

import { day, dayOf, floorToSecond, second } from "./civil_time.ts";
import type { Grid } from "./grid.ts";
import type { TimeZone, Transition } from "./time_zone.ts";
import type { TimesOfDay } from "./times_of_day.ts";

/** The days on which a schedule runs. */
export interface DayRule {
  /** The first such day at or after another, or undefined if there is none before dates end. */
  atOrAfter(day: number): number | undefined;
}

/** All days. */
export const everyDay: DayRule = { atOrAfter: (day) => day };

/**
 * What to do with a wall-clock time that occurs twice because the clocks were put back: fixed times
 * run at the first of the two, intervals at both.
 */
export type RepeatedTimes = "first" | "both";

/**
 * The instants at which the wall clocks of a zone show the times of a schedule.
 *
 * - A time that the clocks skip counts as the first instant after the gap; several such times, or
 *   one that falls there anyway, are one run.
 * - A time that occurs twice runs once, at the first, or both times: see {@linkcode RepeatedTimes}.
 */
export class WallClockGrid implements Grid {
  readonly #days: DayRule;
  readonly #times: TimesOfDay;
  readonly #zone: TimeZone;
  readonly #repeated: RepeatedTimes;

  constructor(days: DayRule, times: TimesOfDay, zone: TimeZone, repeated: RepeatedTimes) {
    this.#days = days;
    this.#times = times;
    this.#zone = zone;
    this.#repeated = repeated;
  }

  next(after: number): number | undefined {
    let from = this.#firstUnseen(after);
    let reached = after;
    let offset = this.#zone.offsetAt(after);
    while (true) {
      const reading = this.#readingAtOrAfter(from);
      if (reading === undefined) return undefined;
      const change = this.#zone.nextTransition(reached, reading - offset);
      if (change === undefined) return reading - offset;
      // A clock change comes before this reading: looks again from the reading after the change.
      const resumed = this.#readingAtOrAfter(this.#unseenAfter(change));
      if (resumed === undefined) return undefined;
      if (resumed <= change.at + change.offsetAfter) return change.at;
      reached = change.at;
      offset = change.offsetAfter;
      from = resumed;
    }
  }

  /** The day, as the clocks show it, whose time comes next after an instant. */
  dayAfter(instant: number): number {
    const from = this.#firstUnseen(instant);
    return dayOf(this.#readingAtOrAfter(from) ?? from);
  }

  count(after: number, upTo: number): number {
    if (upTo <= after) return 0;
    let total = 0;
    let from = this.#firstUnseen(after);
    let reached = after;
    let offset = this.#zone.offsetAt(after);
    while (true) {
      const change = this.#zone.nextTransition(reached, upTo);
      if (change === undefined) break;
      total += this.#countReadings(from, change.at + change.offsetBefore);
      from = this.#unseenAfter(change);
      const firstShown = change.at + change.offsetAfter;
      const resumed = this.#readingAtOrAfter(from);
      if (resumed !== undefined && resumed <= firstShown) {
        total++;
        from = firstShown + second;
      }
      reached = change.at;
      offset = change.offsetAfter;
    }
    return total + this.#countReadings(from, floorToSecond(upTo) + offset + second);
  }

  /** The first reading that has not been dealt with at an instant. */
  #firstUnseen(instant: number): number {
    let from = floorToSecond(instant) + this.#zone.offsetAt(instant) + second;
    if (this.#repeated === "first") {
      // In a second pass, what the clocks showed before they were put back is done. No change is
      // greater than a day.
      let change = this.#zone.nextTransition(instant - 2 * day, instant);
      while (change !== undefined) {
        from = Math.max(from, change.at + change.offsetBefore);
        change = this.#zone.nextTransition(change.at, instant);
      }
    }
    return from;
  }

  /**
   * The first reading to deal with when the clocks are changed; it may be in the gap that the
   * change makes.
   */
  #unseenAfter({ at, offsetBefore, offsetAfter }: Transition): number {
    const offset = this.#repeated === "both" ? Math.min(offsetBefore, offsetAfter) : offsetBefore;
    return at + offset;
  }

  #readingAtOrAfter(local: number): number | undefined {
    const today = dayOf(local);
    const found = this.#days.atOrAfter(today);
    if (found === undefined) return undefined;
    if (found > today) return found * day + this.#times.atOrAfter(0)!;
    const time = this.#times.atOrAfter(local - today * day);
    if (time !== undefined) return today * day + time;
    const later = this.#days.atOrAfter(today + 1);
    return later === undefined ? undefined : later * day + this.#times.atOrAfter(0)!;
  }

  #countReadings(from: number, before: number): number {
    if (before <= from) return 0;
    const firstDay = dayOf(from);
    const lastDay = dayOf(before);
    let total = 0;
    let found = this.#days.atOrAfter(firstDay);
    while (found !== undefined && found <= lastDay) {
      const end = found === lastDay
        ? this.#times.countBefore(before - found * day)
        : this.#times.size;
      const start = found === firstDay ? this.#times.countBefore(from - found * day) : 0;
      total += end - start;
      found = this.#days.atOrAfter(found + 1);
    }
    return total;
  }
}
