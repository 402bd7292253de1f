// The days of daily, weekly and monthly schedules: the chosen days of every n-th period.

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

/** Divides the days into numbered periods, and chooses days of each period. */
interface Periods {
  indexOf(day: number): number;
  /** Returns the chosen days of one period, in ascending order; may be empty. */
  daysIn(index: number): readonly number[];
}

/**
 * The maximum number of consecutive periods without a day. "The fifth Monday of each 12th month"
 * can be 40 years away.
 */
const maximumEmptyPeriods = 1_000;

/**
 * The chosen days of every n-th period, counted from the period of the first chosen day at or after
 * a given day.
 */
export class CalendarDays implements DayRule {
  readonly #periods: Periods;
  readonly #every: number;
  readonly #phase: number;

  /**
   * @param recurrence The schedule that chooses the days.
   * @param anchorDay The day whose weekday or day of the month is used if the schedule sets none.
   * @param notBefore The day from which periods are counted.
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

/** Returns the chosen days of one month, as days since the epoch. */
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
  // A date that the month does not have becomes its last day. 30 and 31 may then be the same day.
  return [...new Set(dates.map((date) => Math.min(first + date - 1, last)))];
}
