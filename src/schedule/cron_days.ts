// The days of a cron expression: the dates of its months that match its day fields.

import { firstDayOfMonth, lastDay, modulo, monthIndexOf, weekdayOf } from "./civil_time.ts";
import type { CronField } from "./cron_fields.ts";
import { type DatePick, type Month, weekdayIn } from "./cron_specials.ts";
import type { DayRule } from "./wall_clock_grid.ts";

/**
 * The rule for expressions with both a day of the month and a day of the week: a day must match
 * either of them, as in POSIX, or both.
 */
export type DayMatch = "either" | "both";

/** The day fields of an expression. */
export interface CronDayFields {
  readonly dates: CronField<DatePick>;
  readonly months: CronField;
  /** 0 is Sunday. */
  readonly weekdays: CronField<DatePick>;
  readonly dayMatch: DayMatch;
}

/**
 * The calendar repeats after 400 years. An expression that matches no day in 400 years never
 * matches.
 */
const mostMonths = 400 * 12;

/** The days that match the fields. */
export class CronDays implements DayRule {
  readonly #fields: CronDayFields;
  /** Caches the last computed month, because a schedule asks for its days one after the other. */
  #known: { readonly index: number; readonly days: readonly number[] } | undefined;

  constructor(fields: CronDayFields) {
    this.#fields = fields;
  }

  atOrAfter(day: number): number | undefined {
    const from = monthIndexOf(day);
    for (let index = from; index < from + mostMonths; index++) {
      const found = this.#daysOf(index).find((candidate) => candidate >= day);
      if (found !== undefined) return found <= lastDay ? found : undefined;
    }
    return undefined;
  }

  #daysOf(index: number): readonly number[] {
    if (!this.#fields.months.values.includes(modulo(index, 12) + 1)) return [];
    if (this.#known?.index !== index) {
      const first = firstDayOfMonth(index);
      const month = {
        length: firstDayOfMonth(index + 1) - first,
        firstWeekday: (weekdayOf(first) + 1) % 7,
      };
      const days = matchingDates(month, this.#fields).map((date) => first + date - 1);
      this.#known = { index, days };
    }
    return this.#known.days;
  }
}

/** Returns the matching dates of a month, in ascending order. */
function matchingDates(month: Month, { dates, weekdays, dayMatch }: CronDayFields): number[] {
  const pickedByDate = new Set([...dates.values, ...dates.specials.map((pick) => pick(month))]);
  const pickedByWeekday = new Set(weekdays.specials.map((pick) => pick(month)));
  const isEither = dayMatch === "either" && !dates.isEvery && !weekdays.isEvery;
  return Array.from({ length: month.length }, (_, index) => index + 1).filter((date) => {
    const onDate = pickedByDate.has(date);
    const onWeekday = weekdays.values.includes(weekdayIn(month, date)) ||
      pickedByWeekday.has(date);
    return isEither ? onDate || onWeekday : onDate && onWeekday;
  });
}
