// The days of daily, weekly and monthly schedules: every n-th period, and in each of these the days
// that are pinned.

import {
  dayOfMonth,
  firstDayOfMonth,
  lastDay,
  modulo,
  monthIndexOf,
  weekdayOf,
} from "./civil_time.ts";
import { type CalendarRecurrence, weekdays } from "./recurrence.ts";
import type { DayRule } from "./wall_clock_grid.ts";

/** A way to divide the days into numbered periods and to pick days in each. */
interface Periods {
  indexOf(day: number): number;
  /** The picked days of one period, in ascending order; may be none. */
  daysIn(index: number): readonly number[];
}

/**
 * The most periods in a row that may be without a day: "the fifth Monday of each 12th month" can be
 * 40 years away.
 */
const maximumEmptyPeriods = 1_000;

/**
 * Every n-th period, counted from the one that holds the first picked day at or after a given day.
 */
export class CalendarDays implements DayRule {
  readonly #periods: Periods;
  readonly #every: number;
  readonly #phase: number;

  /**
   * @param recurrence Which days.
   * @param anchorDay The day that gives the weekday or the day of the month if none is pinned.
   * @param notBefore Where the counting begins.
   */
  constructor(recurrence: CalendarRecurrence, anchorDay: number, notBefore: number) {
    this.#periods = periodsOf(recurrence, anchorDay);
    this.#every = 1;
    this.#phase = 0;
    const first = this.atOrAfter(notBefore);
    this.#every = recurrence.every;
    this.#phase = this.#periods.indexOf(first ?? notBefore);
  }

  atOrAfter(day: number): number | undefined {
    const current = this.#periods.indexOf(day);
    let index = current + modulo(this.#phase - current, this.#every);
    for (let empty = 0; empty < maximumEmptyPeriods; empty++) {
      for (const candidate of this.#periods.daysIn(index)) {
        if (candidate > lastDay) return undefined;
        if (candidate >= day) return candidate;
      }
      index += this.#every;
    }
    return undefined;
  }
}

function periodsOf(recurrence: CalendarRecurrence, anchorDay: number): Periods {
  switch (recurrence.unit) {
    case "days":
      return { indexOf: (day) => day, daysIn: (index) => [index] };
    case "weeks": {
      const picked = recurrence.weekdays?.map((name) => weekdays.indexOf(name)) ??
        [weekdayOf(anchorDay)];
      return {
        // Weeks begin on Monday; day 0 was a Thursday.
        indexOf: (day) => Math.floor((day + 3) / 7),
        daysIn: (index) => picked.map((weekday) => index * 7 - 3 + weekday),
      };
    }
    case "months": {
      const { months } = recurrence;
      return {
        indexOf: monthIndexOf,
        daysIn: (index) =>
          months === undefined || months.includes(modulo(index, 12) + 1)
            ? daysOfMonth(recurrence, index, anchorDay)
            : [],
      };
    }
  }
}

/** The picked days of one month, as days since the epoch. */
function daysOfMonth(
  recurrence: CalendarRecurrence,
  monthIndex: number,
  anchorDay: number,
): readonly number[] {
  const first = firstDayOfMonth(monthIndex);
  const last = firstDayOfMonth(monthIndex + 1) - 1;
  if (recurrence.monthWeekday !== undefined) {
    const { nth, weekday } = recurrence.monthWeekday;
    const wanted = weekdays.indexOf(weekday);
    if (nth === "last") return [last - modulo(weekdayOf(last) - wanted, 7)];
    const found = first + modulo(wanted - weekdayOf(first), 7) + (nth - 1) * 7;
    return found <= last ? [found] : [];
  }
  if (recurrence.workday === "first") {
    const weekday = weekdayOf(first);
    return [weekday < 5 ? first : first + 7 - weekday];
  }
  if (recurrence.workday === "last") return [last - Math.max(0, weekdayOf(last) - 4)];
  const dates = recurrence.monthDays ??
    [recurrence.months === undefined ? dayOfMonth(anchorDay) : 1];
  // A date that the month does not have is its last day; 30 and 31 then are the same one.
  return [...new Set(dates.map((date) => Math.min(first + date - 1, last)))];
}
