// Converts users' durations to milliseconds.

import { InvalidArgumentError } from "../guards/errors.ts";
import { readEntries, tagOf } from "../thrown/reading.ts";

/** A duration in named units, which are added. */
export interface DurationParts {
  /** Days of exactly 24 hours. */
  readonly days?: number;
  /** Hours. */
  readonly hours?: number;
  /** Minutes. */
  readonly minutes?: number;
  /** Seconds. */
  readonly seconds?: number;
  /** Milliseconds. */
  readonly milliseconds?: number;
}

/**
 * A duration: a number of milliseconds, or named units such as `{ minutes: 5 }` or `{ hours: 1,
 * minutes: 30 }`.
 */
export type Duration = number | DurationParts;

const unitMilliseconds = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
};

/**
 * The maximum duration in milliseconds: 1000 years, which every store can add to the current time.
 */
export const longestDurationMs = 365_000 * unitMilliseconds.days;

const remedy = "be a finite duration of at least 0: milliseconds as a number, " +
  "or { days, hours, minutes, seconds, milliseconds }";

/**
 * Converts a duration to milliseconds, rounded to the nearest integer.
 *
 * @param duration The user's value.
 * @param argument The option's name, for the error message.
 * @throws {InvalidArgumentError} If the duration is negative, is longer than 1000 years, or has an
 * unknown unit.
 */
export function toMilliseconds(duration: Duration, argument: string): number {
  const milliseconds = sum(duration, argument);
  if (milliseconds <= longestDurationMs) return milliseconds;
  throw new InvalidArgumentError(argument, duration, "be at most 1000 years (365,000 days)");
}

/**
 * Like {@linkcode toMilliseconds}, but converts a duration of more than 1000 years to 1000 years.
 */
export function toMillisecondsAtMost(duration: Duration, argument: string): number {
  return Math.min(sum(duration, argument), longestDurationMs);
}

function sum(duration: Duration, argument: string): number {
  let total = 0;
  if (typeof duration === "number") {
    total = duration;
  } else if (tagOf(duration) === "[object Object]") {
    const parts = readEntries(duration) ?? [];
    if (parts.length === 0) throw new InvalidArgumentError(argument, duration, remedy);
    for (const [unit, amount] of parts) {
      const size = Object.hasOwn(unitMilliseconds, unit)
        ? unitMilliseconds[unit as keyof typeof unitMilliseconds]
        : NaN;
      total += typeof amount === "number" ? size * amount : NaN;
    }
  } else {
    total = NaN;
  }
  if (!Number.isFinite(total) || total < 0) {
    throw new InvalidArgumentError(argument, duration, remedy);
  }
  return Math.round(total);
}
