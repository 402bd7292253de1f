// The items of a cron expression's day fields whose date depends on the month: `L`, `L-3`, `LW`,
// `15W` for the day of the month, and `5L`, `MON#1` for the day of the week.

/** The properties of a month that determine its dates. */
export interface Month {
  /** The number of days. */
  readonly length: number;
  /** The weekday of the first day; 0 is Sunday, as in cron. */
  readonly firstWeekday: number;
}

/** Returns a day of a month, from 1 on; undefined if the month has no such day. */
export type DatePick = (month: Month) => number | undefined;

/** The names of the weekdays 0 to 6. */
export const weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Returns the weekday of a date; 0 is Sunday. */
export function weekdayIn({ firstWeekday }: Month, date: number): number {
  return (firstWeekday + date - 1) % 7;
}

/** Parses `L`, `L-3`, `LW` and `15W`. Returns undefined for anything else. */
export function readSpecialDate(item: string): DatePick | undefined {
  const [, last, before, date] = /^(L)(?:-0*([1-9]|[12]\d|30)|W)?$|^0*([1-9]|[12]\d|3[01])W$/i
    .exec(item) ?? [];
  if (date !== undefined) return (month) => workdayNear(month, Number(date));
  if (last === undefined) return undefined;
  if (before !== undefined) return ({ length }) => dateOrNone(length - Number(before));
  return item.length === 1 ? ({ length }) => length : (month) => workdayNear(month, month.length);
}

/** Parses `5L`, `FRIL`, `1#2` and `MON#2`. Returns undefined for anything else. */
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

/** Returns the day from Monday to Friday that is closest to a date and in the same month. */
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
