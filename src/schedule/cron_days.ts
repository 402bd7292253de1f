// The days of a cron expression, searched by croner. It is given the day fields alone and in UTC: the times of day and the
// clock changes of time zones are ours (times_of_day.ts, wall_clock_grid.ts), whose rules differ from croner's.

import { Cron } from "croner";
import { day, monthIndexOf } from "./civil_time.ts";
import type { CronField } from "./cron_fields.ts";
import type { DayRule } from "./wall_clock_grid.ts";

/**
 * What a day must match if an expression gives both a day of the month and a day of the week: either of them, as in
 * POSIX, or both.
 */
export type DayMatch = "either" | "both";

/** The day fields of an expression. */
export interface CronDayFields {
  readonly dates: CronField;
  readonly months: CronField;
  readonly weekdays: CronField;
  readonly dayMatch: DayMatch;
}

/** The days that match the fields. */
export function cronDays(fields: CronDayFields): DayRule {
  const { dates, months, weekdays, dayMatch } = fields;
  if (dates.isEvery && months.isEvery && weekdays.isEvery) return everyDay;

  const month = months.isEvery ? "*" : months.values.join(",");
  const weekday = weekdays.isEvery ? "*" : [...weekdays.values, ...weekdays.specials].join(",");
  const beforeLast = dates.specials.filter((item) => item.startsWith("L-"));
  const otherDates = [
    ...dates.values,
    ...dates.specials.filter((item) => !beforeLast.includes(item)),
  ].join(",");
  const date = dates.isEvery ? "*" : otherDates;

  const rules: DayRule[] = [];
  const both = dayMatch === "both";
  if (date !== "") rules.push(new CronerDays(search(date, month, weekday, { domAndDow: both })));
  else if (weekday !== "*" && !both) rules.push(new CronerDays(search("*", month, weekday)));
  // croner knows no L-3, but it can search for L and answer with the day three days before.
  for (const item of beforeLast) {
    const daysBefore = Number(item.slice(2));
    const cron = search("L", month, "*", { dayOffset: -daysBefore });
    const onWeekday = both && weekday !== "*" ? search("*", "*", weekday) : undefined;
    rules.push(
      new CronerDays(cron, (found) =>
        monthIndexOf(found) === monthIndexOf(found + daysBefore) &&
        (onWeekday?.match(new Date(found * day)) ?? true)),
    );
  }
  const [only, ...others] = rules;
  return new RememberedDays(only !== undefined && others.length === 0 ? only : earliestOf(rules));
}

const everyDay: DayRule = { atOrAfter: (day) => day };

function search(
  date: string,
  month: string,
  weekday: string,
  options: { domAndDow?: boolean; dayOffset?: number } = {},
): Cron {
  return new Cron(`0 0 0 ${date} ${month} ${weekday}`, {
    mode: "6-part",
    timezone: "UTC",
    paused: true,
    ...options,
  });
}

function earliestOf(rules: readonly DayRule[]): DayRule {
  return {
    atOrAfter(day) {
      const found = rules.map((rule) => rule.atOrAfter(day)).filter((day) => day !== undefined);
      return found.length === 0 ? undefined : Math.min(...found);
    },
  };
}

/** How many days that croner finds may be refused in a row before there is none: some centuries of month ends. */
const maximumRefused = 5_000;

/** The days that croner finds and a filter lets pass. */
class CronerDays implements DayRule {
  readonly #cron: Cron;
  readonly #accepts: (day: number) => boolean;

  constructor(cron: Cron, accepts: (day: number) => boolean = () => true) {
    this.#cron = cron;
    this.#accepts = accepts;
  }

  atOrAfter(wanted: number): number | undefined {
    let after = wanted * day - 1_000;
    for (let refused = 0; refused < maximumRefused; refused++) {
      const found = this.#cron.nextRun(new Date(after));
      if (found === null) return undefined;
      const foundDay = Math.round(found.getTime() / day);
      if (this.#accepts(foundDay)) return foundDay;
      after = found.getTime();
    }
    return undefined;
  }
}

/** Remembers the last answer: a schedule asks for the same day again until that day is over. */
class RememberedDays implements DayRule {
  readonly #rule: DayRule;
  #from = 0;
  #found: number | undefined = -1;

  constructor(rule: DayRule) {
    this.#rule = rule;
  }

  atOrAfter(day: number): number | undefined {
    const isKnown = day >= this.#from && (this.#found === undefined || day <= this.#found);
    if (!isKnown) {
      this.#found = this.#rule.atOrAfter(day);
      this.#from = day;
    }
    return this.#found;
  }
}
