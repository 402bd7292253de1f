// Cron expressions: 5 fields, or 6 with the seconds first; nicknames such as @daily; names, lists,
// ranges that may wrap, steps; L, L-3, LW, 15W for the day of the month and 5L, MON#1 for the day
// of the week.

import { CronDays, type DayMatch } from "./cron_days.ts";
import { CronSource, type FieldRange, type FieldText, readField } from "./cron_fields.ts";
import { readSpecialDate, readSpecialWeekday, weekdayNames } from "./cron_specials.ts";
import { CombinedTimes, type TimesOfDay } from "./times_of_day.ts";
import { type DayRule, everyDay, type RepeatedTimes } from "./wall_clock_grid.ts";

const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const secondRange: FieldRange = { label: "second", min: 0, max: 59 };
const minuteRange: FieldRange = { label: "minute", min: 0, max: 59 };
const hourRange: FieldRange = { label: "hour", min: 0, max: 23 };
const dateRange: FieldRange = { label: "day of the month", min: 1, max: 31 };
const monthRange: FieldRange = {
  label: "month",
  min: 1,
  max: 12,
  names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
const weekdayRange: FieldRange = {
  label: "day of the week",
  min: 0,
  max: 6,
  maxWritten: 7,
  names: weekdayNames,
};

/** The parsed expressions, because a worker uses the same few expressions again and again. */
const known = new Map<string, CronExpression>();
const maximumKnown = 500;

/** A parsed cron expression. */
export class CronExpression {
  readonly days: DayRule;
  readonly times: TimesOfDay;
  /**
   * The rule for local times that occur twice: fixed times run once, intervals run both times. As
   * in Vixie cron, an expression is an interval if its hour or a finer field has a `*`, a range or
   * a step.
   */
  readonly repeated: RepeatedTimes;

  private constructor(expression: string, dayMatch: DayMatch) {
    const source = new CronSource(expression);
    const fields = splitFields(source);
    const [seconds, minutes, hours, dates, months, daysOfWeek] = fields;
    // Fields are parsed from left to right, so that the first mistake is reported.
    const second = seconds && readField(source, seconds, secondRange);
    const minute = readField(source, minutes, minuteRange);
    const hour = readField(source, hours, hourRange);
    this.times = new CombinedTimes(hour.values, minute.values, second?.values ?? [0]);
    const isInterval = hour.isInterval || minute.isInterval || (second?.isInterval ?? false);
    this.repeated = isInterval ? "both" : "first";
    const dayFields = {
      dates: readField(source, dates, dateRange, readSpecialDate),
      months: readField(source, months, monthRange),
      weekdays: readField(source, daysOfWeek, weekdayRange, readSpecialWeekday),
      dayMatch,
    };
    const isEveryDay = dayFields.dates.isEvery && dayFields.months.isEvery &&
      dayFields.weekdays.isEvery;
    this.days = isEveryDay ? everyDay : new CronDays(dayFields);
    if (this.days.atOrAfter(0) === undefined) {
      source.fail(dates.position, "have a day that occurs, such as 28 in place of 30 in February");
    }
  }

  /**
   * Parses an expression.
   *
   * @param dayMatch The rule for expressions with both a day of the month and a day of the week.
   * @throws {InvalidScheduleError} If the expression is invalid. The error has the position of the
   * mistake.
   */
  static of(expression: string, dayMatch: DayMatch): CronExpression {
    const key = `${dayMatch} ${expression}`;
    let cron = known.get(key);
    if (cron === undefined) {
      cron = new CronExpression(expression, dayMatch);
      if (known.size >= maximumKnown) known.clear();
      known.set(key, cron);
    }
    return cron;
  }
}

type SixFields = [FieldText | undefined, FieldText, FieldText, FieldText, FieldText, FieldText];

function splitFields(source: CronSource): SixFields {
  const { expression } = source;
  const start = expression.search(/\S/);
  const trimmed = expression.trim().toLowerCase();
  if (trimmed.startsWith("@")) {
    const meaning = Object.hasOwn(nicknames, trimmed) ? nicknames[trimmed] : undefined;
    if (meaning === undefined) {
      source.fail(start, `have one of the nicknames ${Object.keys(nicknames).join(", ")}`);
    }
    return splitFields(new CronSource(meaning));
  }
  const fields = [...expression.matchAll(/\S+/g)]
    .map((match): FieldText => ({ text: match[0], position: match.index }));
  if (fields.length === 5) return [undefined, ...fields] as SixFields;
  if (fields.length === 6) return fields as SixFields;
  return source.fail(
    fields[6]?.position ?? expression.length,
    `have 5 fields, or 6 with the seconds first, not ${fields.length}`,
  );
}
