// Describes a recurrence in words. The description is stored with the series, and shown in lists
// and events.

import {
  type CalendarRecurrence,
  type IntervalRecurrence,
  parseRecurrence,
  type Recurrence,
  type RecurrenceOptions,
} from "./recurrence.ts";
import { formatTimeOfDay } from "./time_text.ts";

const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const ordinals = ["", "first", "second", "third", "fourth", "fifth"];

/**
 * Describes a schedule in one English sentence.
 *
 * @throws {InvalidScheduleError} If the recurrence is invalid.
 *
 * @example
 * ```ts
 * import { describeRecurrence } from "@evertask/evertask/schedule";
 *
 * describeRecurrence({
 *   kind: "calendar",
 *   every: 2,
 *   unit: "days",
 *   times: ["09:00"],
 *   timeZone: "Europe/Rome",
 *   maxRuns: 10,
 * }); // "every 2 days at 09:00 Europe/Rome, at most 10 runs"
 * ```
 */
export function describeRecurrence(recurrence: Recurrence): string {
  const valid = parseRecurrence(recurrence);
  return describeStart(valid) + describeRhythm(valid) + describeLimits(valid);
}

function describeStart({ start }: RecurrenceOptions): string {
  switch (start?.mode) {
    case "runNow":
      return "now, then ";
    case "runDelayed":
      return `after ${describeDelay(start.delayMs)}, then `;
    case "runAt":
      return `at ${describeInstant(start.at)}, then `;
    default:
      return "";
  }
}

function describeRhythm(recurrence: Recurrence): string {
  const zone = recurrence.timeZone ?? "UTC";
  switch (recurrence.kind) {
    case "interval":
      return describeInterval(recurrence, zone);
    case "calendar": {
      const days = describeDays(recurrence);
      if (recurrence.times !== undefined) return `${days} at ${list(recurrence.times)} ${zone}`;
      return zone === "UTC" ? days : `${days} ${zone}`;
    }
    case "cron": {
      const both = recurrence.dayMatch === "both" ? " (both days must match)" : "";
      return `cron "${recurrence.expression}"${both} ${zone}`;
    }
  }
}

function describeInterval(recurrence: IntervalRecurrence, zone: string): string {
  const { every, unit, minute, second } = recurrence;
  const period = periods(every, unit);
  if (minute === undefined) return second === undefined ? period : `${period} at second ${second}`;
  const zoned = zone === "UTC" ? "" : ` ${zone}`;
  // The time without the hour: ":05" or ":05:30".
  return `${period} at ${formatTimeOfDay(0, minute, second ?? 0).slice(2)}${zoned}`;
}

function describeDays(recurrence: CalendarRecurrence): string {
  const { every, unit, weekdays, months } = recurrence;
  const period = months === undefined
    ? periods(every, unit)
    : `every ${list(months.map((month) => monthNames[month - 1]!))}`;
  if (weekdays !== undefined) return `${period} on ${list(weekdays)}`;
  const { monthDays, monthWeekday, workday } = recurrence;
  if (monthDays !== undefined) {
    return `${period} on day${monthDays.length === 1 ? "" : "s"} ${list(monthDays.map(String))}`;
  }
  if (monthWeekday !== undefined) {
    const { nth, weekday } = monthWeekday;
    return `${period} on the ${nth === "last" ? nth : ordinals[nth]} ${weekday}`;
  }
  return workday === undefined ? period : `${period} on the ${workday} working day`;
}

function describeLimits({ maxRuns, runUntil, misfire = "skip" }: RecurrenceOptions): string {
  let limits = "";
  if (runUntil !== undefined) limits += `, until ${describeInstant(runUntil)}`;
  if (maxRuns !== undefined) limits += `, at most ${maxRuns} run${maxRuns === 1 ? "" : "s"}`;
  if (misfire === "once") limits += ", one run for all that were missed";
  else if (misfire !== "skip") limits += `, catching up on at most ${misfire.all} missed runs`;
  return limits;
}

/** "every day", "every 2 days". */
function periods(every: number, unit: string): string {
  return every === 1 ? `every ${unit.slice(0, -1)}` : `every ${every} ${unit}`;
}

/** "a, b and c". */
function list(items: readonly string[]): string {
  const last = items[items.length - 1]!;
  return items.length === 1 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}

function describeInstant(epoch: number): string {
  return new Date(epoch).toISOString().replace(".000Z", "Z");
}

const delayUnits = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

function describeDelay(delayMs: number): string {
  for (const [unit, size] of delayUnits) {
    const amount = delayMs / size;
    if (amount >= 1 && Number.isInteger(amount)) {
      return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
    }
  }
  return `${delayMs} ms`;
}
