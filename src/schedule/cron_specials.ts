// The items of a cron expression's day fields that name other dates in each month: `L`, `L-3`,
// `LW`, `15W` for the day of the month and `5L`, `MON#1` for the day of the week.

/** What decides about the dates of a month. */
export interface Month {
  /** Its number of days. */
  readonly length: number;
  /** The day of the week of its first day; 0 is Sunday, as in cron. */
  readonly firstWeekday: number;
}

/** Picks a date, from 1 on, or undefined in a month without one. */
export type DatePick = (month: Month) => number | undefined;

/** The names of the days of the week, from 0 on. */
export const weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** The day of the week of a date; 0 is Sunday. */
export function weekdayIn({ firstWeekday }: Month, date: number): number {
  return (firstWeekday + date - 1) % 7;
}

/** Reads `L`, `L-3`, `LW` and `15W`; undefined for anything else. */
export function readSpecialDate(item: string): DatePick | undefined {
  const [, last, before, date] = /^(L)(?:-0*([1-9]|[12]\d|30)|W)?$|^0*([1-9]|[12]\d|3[01])W$/i
    .exec(item) ?? [];
  if (date !== undefined) return (month) => workdayNear(month, Number(date));
  if (last === undefined) return undefined;
  if (before !== undefined) return ({ length }) => dateOrNone(length - Number(before));
  return item.length === 1 ? ({ length }) => length : (month) => workdayNear(month, month.length);
}

/** Reads `5L`, `FRIL`, `1#2` and `MON#2`; undefined for anything else. */
export function readSpecialWeekday(item: string): DatePick | undefined {
  const [, day, which] = /^(0*[0-7]|[A-Z]{3})(L|#0*[1-5])$/i.exec(item) ?? [];
  if (day === undefined || which === undefined) return undefined;
  const named = weekdayNames.indexOf(day.toUpperCase());
  const weekday = named >= 0 ? named : Number(day) % 7;
  if (Number.isNaN(weekday)) return undefined;
  if (!which.startsWith("#")) {
    return (month) => month.length - (weekdayIn(month, month.length) - weekday + 7) % 7;
  }
  const nth = Number(which.slice(1));
  return (month) => {
    const date = 1 + (weekday - month.firstWeekday + 7) % 7 + (nth - 1) * 7;
    return date <= month.length ? date : undefined;
  };
}

/** The day from Monday to Friday that is closest to a date, in the same month. */
function workdayNear(month: Month, date: number): number | undefined {
  if (date > month.length) return undefined;
  switch (weekdayIn(month, date)) {
    case 0:
      return date < month.length ? date + 1 : date - 2;
    case 6:
      return date > 1 ? date - 1 : date + 2;
    default:
      return date;
  }
}

function dateOrNone(date: number): number | undefined {
  return date > 0 ? date : undefined;
}
