// Schedules in wall-clock time (days, weeks, months and cron), with the clock changes of a time
// zone. Only this file has the rules for daylight saving time.

import { day, dayOf, floorToSecond, second } from "./civil_time.ts";
import type { Grid } from "./grid.ts";
import type { TimeZone, Transition } from "./time_zone.ts";
import type { TimesOfDay } from "./times_of_day.ts";

/** The days on which a schedule runs. */
export interface DayRule {
  /**
   * Returns the first day of the schedule at or after `day`, or undefined if there is none before
   * the last possible date.
   */
  atOrAfter(day: number): number | undefined;
}

/** The rule of all days. */
export const everyDay: DayRule = { atOrAfter: (day) => day };

/**
 * The rule for a wall-clock time that occurs twice because the clocks were put back: run only the
 * first time (for fixed times), or both times (for intervals).
 */
export type RepeatedTimes = "first" | "both";

/**
 * The instants at which the wall clocks of a zone show the times of a schedule.
 *
 * - A time that the clocks skip runs at the first instant after the gap. Several times with the
 *   same instant are one run.
 * - A time that occurs twice runs the first time or both times; see {@linkcode RepeatedTimes}.
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
      // The clocks are changed before this reading, so search again from the reading after the
      // change.
      const resumed = this.#readingAtOrAfter(this.#unseenAfter(change));
      if (resumed === undefined) return undefined;
      if (resumed <= change.at + change.offsetAfter) return change.at;
      reached = change.at;
      offset = change.offsetAfter;
      from = resumed;
    }
  }

  /** Returns the local day of the next time after an instant. */
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

  /** Returns the first clock reading that is not handled yet at an instant. */
  #firstUnseen(instant: number): number {
    let from = floorToSecond(instant) + this.#zone.offsetAt(instant) + second;
    if (this.#repeated === "first") {
      // After the clocks were put back, the readings that they showed before are already handled.
      // No change is greater than a day.
      let change = this.#zone.nextTransition(instant - 2 * day, instant);
      while (change !== undefined) {
        from = Math.max(from, change.at + change.offsetBefore);
        change = this.#zone.nextTransition(change.at, instant);
      }
    }
    return from;
  }

  /**
   * Returns the first clock reading to handle after a clock change. The reading may be in the gap
   * of the change.
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
