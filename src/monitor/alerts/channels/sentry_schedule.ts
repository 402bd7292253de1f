// Converts a recurring schedule to the schedule of a Sentry monitor: a crontab of five fields, or
// an interval of at least a minute. Other schedules are not sent, because a monitor with a wrong
// schedule would raise false alarms.

import {
  type CalendarRecurrence,
  type Recurrence,
  weekdays,
} from "../../../schedule/recurrence.ts";

/** A monitor's schedule in Sentry's protocol. */
export type SentrySchedule =
  | { readonly type: "crontab"; readonly value: string }
  | {
    readonly type: "interval";
    readonly value: number;
    readonly unit: "minute" | "hour" | "day" | "week" | "month" | "year";
  };

/** Returns the schedule of a monitor; null if Sentry cannot represent it. */
export function sentrySchedule(recurrence: Recurrence): SentrySchedule | null {
  switch (recurrence.kind) {
    case "interval": {
      const { every, unit } = recurrence;
      if (unit === "hours") return { type: "interval", value: every, unit: "hour" };
      if (unit === "minutes") return { type: "interval", value: every, unit: "minute" };
      return every % 60 === 0 ? { type: "interval", value: every / 60, unit: "minute" } : null;
    }
    case "cron": {
      const fields = recurrence.expression.trim().split(/\s+/);
      const crontab = fields.length === 6 && fields[0] === "0" ? fields.slice(1) : fields;
      // Sentry's crontab supports numbers, names, lists, ranges and steps, and matches either day
      // field, as in POSIX.
      const isPlain = crontab.length === 5 && crontab.every((field) => /^[\w*,/-]+$/.test(field)) &&
        !crontab.some((field) => /L|W/i.test(field.replace(/jul|wed/gi, "")));
      const daysAgree = recurrence.dayMatch !== "both" || crontab[2] === "*" || crontab[4] === "*";
      return isPlain && daysAgree ? { type: "crontab", value: crontab.join(" ") } : null;
    }
    case "calendar":
      return calendarSchedule(recurrence);
  }
}

function calendarSchedule(recurrence: CalendarRecurrence): SentrySchedule | null {
  const { every, unit, times, months, monthDays } = recurrence;
  const time = times && crontabTime(times);
  const isSimple = every === 1 && time && !recurrence.monthWeekday && !recurrence.workday &&
    !monthDays?.some((day) => day > 28);
  if (isSimple) {
    const days = recurrence.weekdays?.map((day) => (weekdays.indexOf(day) + 1) % 7);
    if (unit === "days") return { type: "crontab", value: `${time} * * *` };
    if (unit === "weeks" && days) return { type: "crontab", value: `${time} * * ${days}` };
    if (unit === "months" && monthDays) {
      return { type: "crontab", value: `${time} ${monthDays} ${months ?? "*"} *` };
    }
  }
  // An interval cannot represent several runs per period.
  const runs = (times?.length ?? 1) * (recurrence.weekdays?.length ?? 1) * (monthDays?.length ?? 1);
  if (runs > 1 || months) return null;
  return {
    type: "interval",
    value: every,
    unit: ({ days: "day", weeks: "week", months: "month" } as const)[unit],
  };
}

/** Returns the minute and hours of a crontab; null if the times differ in more than the hour. */
function crontabTime(times: readonly string[]): string | null {
  const parts = times.map((time) => time.split(":").map(Number));
  const minutes = new Set(parts.map(([, minute]) => minute));
  if (minutes.size !== 1 || parts.some(([, , second = 0]) => second !== 0)) return null;
  return `${[...minutes][0]} ${parts.map(([hour]) => hour)}`;
}
