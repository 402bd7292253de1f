// Formats numbers, durations and instants.

import type { TaskCount } from "./answers.ts";
import { texts } from "./texts.ts";

/** Formats an integer with separators between thousands. */
export function integer(value: number): string {
  return integerFormat.format(value);
}

const integerFormat = new Intl.NumberFormat("en");

/** Formats a number of tasks: `402`, or `10,000+` if there may be more. */
export function countText({ count, exact }: TaskCount): string {
  return exact ? integer(count) : texts.atLeast(integer(count));
}

/** Formats a number of bytes in the largest unit: `1.4 GB`. */
export function byteSize(bytes: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const size = bytes / 1000 ** power;
  return `${size.toFixed(size < 10 && power > 0 ? 1 : 0)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

const units: readonly [name: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** Formats a duration in its one or two largest units: `4 m 12 s`, `30 ms`. */
export function duration(ms: number): string {
  const positive = Math.max(0, ms);
  if (positive < 1_000) return `${Math.round(positive)} ms`;
  if (positive < 10_000) return `${(positive / 1_000).toFixed(1)} s`;
  const first = units.findIndex(([, unitMs]) => positive >= unitMs);
  const [name, unitMs] = units[first]!;
  const whole = `${Math.floor(positive / unitMs)} ${name}`;
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor(positive % unitMs / next[1]);
  return rest === 0 ? whole : `${whole} ${rest} ${next![0]}`;
}

/** Formats an instant relative to now, in the past or in the future. */
export function distance(instant: string, now: number): string {
  const ms = Date.parse(instant) - now;
  if (Math.abs(ms) < 1_000) return "now";
  const text = duration(Math.floor(Math.abs(ms) / 1_000) * 1_000).replace(".0 s", " s");
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

// A formatter takes longer to create than to use a hundred times, and toLocaleString creates one.
const dateFormat = new Intl.DateTimeFormat("sv-SE");
const timeFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const minuteFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric" });

/** Formats an instant in the browser's time zone, without the date if that is today. */
export function localTime(instant: string, now: number): string {
  const date = new Date(instant);
  const isToday = date.toDateString() === new Date(now).toDateString();
  const time = timeFormat.format(date);
  return isToday ? time : `${dateFormat.format(date)} ${time}`;
}

/** Formats an instant as hours and minutes, in the browser's time zone. */
export function hourAndMinute(epochMs: number): string {
  return minuteFormat.format(epochMs);
}

/** Formats an instant as a day such as `Mon 24`, in the browser's time zone. */
export function weekday(epochMs: number): string {
  return dayFormat.format(epochMs);
}
