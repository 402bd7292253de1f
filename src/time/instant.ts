// Converts users' instants to epoch milliseconds.

import { InvalidArgumentError } from "../guards/errors.ts";
import { isInstance, readMember } from "../thrown/reading.ts";

/**
 * A point in time: a `Date`, an ISO 8601 string with an offset (`2026-12-25T10:00:00Z`, `…+01:00`),
 * or an object with `epochMilliseconds`, such as `Temporal.Instant` and `Temporal.ZonedDateTime`.
 */
export type Instant = Date | string | { readonly epochMilliseconds: number };

const isoWithOffset =
  /^([+-]?\d{4,6})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;
/** The first instant that every store can hold, the start of the year 1, in epoch milliseconds. */
export const earliestInstant = Date.UTC(2000, 0, 1) - 63_082_281_600_000;
/** The last instant that every store can hold, the end of the year 9999, in epoch milliseconds. */
export const latestInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Reports whether epoch milliseconds are an instant that every store can hold. */
export function isStorableInstant(epoch: number): boolean {
  return epoch >= earliestInstant && epoch <= latestInstant;
}

const remedy = "be a valid Date, an ISO 8601 string with an offset such as " +
  '"2026-12-25T10:00:00Z", or an object with epochMilliseconds, of the years 1 to 9999';

/**
 * Converts an instant to epoch milliseconds.
 *
 * @param instant The user's value.
 * @param argument The option's name, for the error message.
 * @throws {InvalidArgumentError} If it is not an instant of the years 1 to 9999, or is a string
 * without an offset.
 */
export function toEpochMilliseconds(instant: Instant, argument: string): number {
  let epoch = NaN;
  if (typeof instant === "string") {
    const [, year, month, day] = isoWithOffset.exec(instant) ?? [];
    if (isDay(Number(year), Number(month), Number(day))) {
      epoch = Date.parse(instant.replace(",", "."));
    }
  } else {
    epoch = epochOf(instant);
  }
  if (isStorableInstant(epoch)) return epoch;
  throw new InvalidArgumentError(argument, instant, remedy);
}

/**
 * Returns the epoch milliseconds of a Date or of an object with `epochMilliseconds`; NaN for other
 * values.
 */
function epochOf(instant: unknown): number {
  try {
    if (isInstance(instant, Date)) return instant.getTime(); // throws for an object that only inherits from Date
  } catch {
    return NaN;
  }
  const epoch = readMember(instant, "epochMilliseconds");
  return typeof epoch === "number" ? Math.trunc(epoch) : NaN;
}

/**
 * Reports whether a month has the day. `Date.parse` does not check this, and reads February 30 as a
 * day of March.
 */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
