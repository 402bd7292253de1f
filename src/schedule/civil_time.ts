// Arithmetic with calendar dates and wall-clock times, without a time zone. A "local" time is the
// reading of a wall clock, stored as the epoch milliseconds of the same reading in UTC. A "day" is
// the number of days since 1970-01-01.

import { latestInstant } from "../time/instant.ts";

/** Milliseconds in a second, a minute, an hour and a civil day. */
export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;
export const day = 86_400_000;

/**
 * The last day that any clock shows before {@linkcode latestInstant}: 1 January 10000, to the east
 * of Greenwich.
 */
export const lastDay = Math.floor(latestInstant / day) + 1;

/** Returns the remainder of a division. Unlike the result of `%`, it is never negative. */
export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** Rounds a time down to the second. */
export function floorToSecond(time: number): number {
  return Math.floor(time / second) * second;
}

/** Rounds a time up to the second. */
export function ceilToSecond(time: number): number {
  return Math.ceil(time / second) * second;
}

/** Returns the day of a local time. */
export function dayOf(local: number): number {
  return Math.floor(local / day);
}

/**
 * Returns the weekday of a day: 0 is Monday and 6 is Sunday, as in ISO 8601. 1970-01-01 was a
 * Thursday.
 */
export function weekdayOf(dayNumber: number): number {
  return modulo(dayNumber + 3, 7);
}

/** Returns the number of months since year 0: `year * 12 + month`, where January is month 0. */
export function monthIndexOf(dayNumber: number): number {
  const date = new Date(dayNumber * day);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Returns the first day of a month, given by {@linkcode monthIndexOf}. */
export function firstDayOfMonth(monthIndex: number): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(monthIndex / 12), modulo(monthIndex, 12), 1);
  return Math.round(date.getTime() / day);
}

/** Returns the day of the month of a day, 1 to 31. */
export function dayOfMonth(dayNumber: number): number {
  return new Date(dayNumber * day).getUTCDate();
}
