// Compiles a recurrence and its anchor to the grid of its occurrences.

import { CalendarDays } from "./calendar_days.ts";
import { day, dayOf, floorToSecond, hour, minute, second } from "./civil_time.ts";
import { CronExpression } from "./cron_expression.ts";
import { EvenGrid, type Grid } from "./grid.ts";
import { PinnedGrid } from "./pinned_grid.ts";
import type { CalendarRecurrence, IntervalRecurrence, Recurrence } from "./recurrence.ts";
import { millisecondsOfDay } from "./time_text.ts";
import { TimeZone } from "./time_zone.ts";
import { ListedTimes } from "./times_of_day.ts";
import { everyDay, WallClockGrid } from "./wall_clock_grid.ts";

const unitLengths = { seconds: second, minutes: minute, hours: hour };

/** The grid of each recurrence for its most recent anchor. */
const compiled = new WeakMap<Recurrence, { readonly anchor: number; readonly grid: Grid }>();

/**
 * Returns the occurrences of a recurrence, without its start mode and limits.
 *
 * Intervals are counted from the first instant at or after the anchor that has all the fixed
 * fields. "Every 2 days at 09:00" with an anchor at 08:00 is counted from the same day, and with an
 * anchor at 10:00 from the next day.
 *
 * @param anchor Epoch milliseconds.
 */
export function gridOf(recurrence: Recurrence, anchor: number): Grid {
  const known = compiled.get(recurrence);
  if (known?.anchor === anchor) return known.grid;
  const grid = compile(recurrence, anchor);
  compiled.set(recurrence, { anchor, grid });
  return grid;
}

function compile(recurrence: Recurrence, anchor: number): Grid {
  const zone = TimeZone.of(recurrence.timeZone ?? "UTC");
  switch (recurrence.kind) {
    case "interval":
      return compileInterval(recurrence, anchor, zone);
    case "calendar":
      return compileCalendar(recurrence, anchor, zone);
    case "cron": {
      const cron = CronExpression.of(recurrence.expression, recurrence.dayMatch ?? "either");
      return new WallClockGrid(cron.days, cron.times, zone, cron.repeated);
    }
  }
}

function compileInterval(recurrence: IntervalRecurrence, anchor: number, zone: TimeZone): Grid {
  const { every, unit } = recurrence;
  const step = every * unitLengths[unit];
  if (recurrence.minute === undefined && recurrence.second === undefined) {
    return new EvenGrid(floorToSecond(anchor), step);
  }
  const cycle = recurrence.minute === undefined ? minute : hour;
  const pinned = (recurrence.minute ?? 0) * minute + (recurrence.second ?? 0) * second;
  return new PinnedGrid({ from: anchor, step, cycle, pinned, zone });
}

function compileCalendar(recurrence: CalendarRecurrence, anchor: number, zone: TimeZone): Grid {
  const local = floorToSecond(anchor + zone.offsetAt(anchor));
  const anchorDay = dayOf(local);
  const pinnedTimes = recurrence.times ?? (pinsDay(recurrence) ? ["00:00"] : undefined);
  const times = new ListedTimes(pinnedTimes?.map(millisecondsOfDay) ?? [local - anchorDay * day]);
  const firstDay = pinnedTimes === undefined
    ? anchorDay
    : new WallClockGrid(everyDay, times, zone, "first").dayAfter(anchor - 1);
  const days = new CalendarDays(recurrence, anchorDay, firstDay);
  return new WallClockGrid(days, times, zone, "first");
}

function pinsDay(recurrence: CalendarRecurrence): boolean {
  return recurrence.weekdays !== undefined || recurrence.monthDays !== undefined ||
    recurrence.monthWeekday !== undefined || recurrence.workday !== undefined ||
    recurrence.months !== undefined;
}
