// Arithmetic with calendar dates and wall-clock times, without a time zone. A "local" time is the
// reading of a wall clock, kept as the epoch milliseconds that the same reading has in UTC; a "day"
// is its number since 1970-01-01.

import { latestInstant } from "../time/instant.ts";

/** Milliseconds in a second, a minute, an hour and a civil day. */
export const second = 1_000;
export const minute = 60_000;
export const hour = 3_600_000;
export const day = 86_400_000;

/**
 * The last day that clocks show anywhere before {@linkcode latestInstant}: 1 January 10000, to the
 * east of Greenwich.
 */
export const lastDay = Math.floor(latestInstant / day) + 1;

/** The remainder that is never negative, unlike `%`. */
export function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

/** The whole second at or before. */
export function floorToSecond(time: number): number {
  return Math.floor(time / second) * second;
}

/** The whole second at or after. */
export function ceilToSecond(time: number): number {
  return Math.ceil(time / second) * second;
}

/** The day that a local time falls on. */
export function dayOf(local: number): number {
  return Math.floor(local / day);
}

/** 0 is Monday and 6 is Sunday, as in ISO 8601: 1970-01-01 was a Thursday. */
export function weekdayOf(dayNumber: number): number {
  return modulo(dayNumber + 3, 7);
}

/** Months counted through from year 0: `year * 12 + month`, January being month 0. */
export function monthIndexOf(dayNumber: number): number {
  const date = new Date(dayNumber * day);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first day of a month, given as {@linkcode monthIndexOf} counts them. */
export function firstDayOfMonth(monthIndex: number): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(monthIndex / 12), modulo(monthIndex, 12), 1);
  return Math.round(date.getTime() / day);
}

/** 1 to 31. */
export function dayOfMonth(dayNumber: number): number {
  return new Date(dayNumber * day).getUTCDate();
}
