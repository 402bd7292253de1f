// The public arithmetic of schedules: pure functions of a recurrence and an instant, for previews,
// tests and monitoring.

import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import { parseRecurrence, type Recurrence } from "./recurrence.ts";
import { anchored, countOccurrences, firstRun, occurrenceAfter } from "./series.ts";

/**
 * The first occurrence strictly after an instant, or null if there is none. Every occurrence is a
 * whole second.
 *
 * A rhythm such as "every 5 minutes" needs an instant to hang on. That of a registered series is in
 * its recurrence (`anchor`); without one the series counts as registered at `after`. `runUntil` is
 * minded; `maxRuns` is not, because the number of runs is not known here.
 *
 * @throws {InvalidScheduleError} If the recurrence is not valid.
 * @throws {InvalidArgumentError} If `after` is not an instant.
 *
 * @example
 * ```ts
 * import { nextOccurrence } from "@evertask/evertask/schedule";
 *
 * nextOccurrence(
 *   { kind: "calendar", every: 1, unit: "days", times: ["14:30"] },
 *   "2026-03-01T12:00:00Z",
 * ); // 2026-03-01T14:30:00Z
 * ```
 */
export function nextOccurrence(recurrence: Recurrence, after: Instant): Date | null {
  const reference = toEpochMilliseconds(after, "after");
  return toDate(occurrenceAfter(checked(recurrence), reference, reference));
}

/**
 * Yields the occurrences after an instant, in order; endless unless the recurrence has a limit.
 * Without an anchor, the series counts as registered at `from`, and a start of `runNow` then makes
 * `from` itself the first. At most `maxRuns` come.
 *
 * @throws {InvalidScheduleError} If the recurrence is not valid.
 * @throws {InvalidArgumentError} If `from` is not an instant.
 *
 * @example
 * ```ts
 * import { occurrences } from "@evertask/evertask/schedule";
 *
 * const fridays = occurrences({ kind: "cron", expression: "0 17 * * FRI" }, "2026-03-01T00:00:00Z");
 * const [first, second] = fridays; // 2026-03-06T17:00:00Z, 2026-03-13T17:00:00Z
 * ```
 */
export function occurrences(recurrence: Recurrence, from: Instant): Iterable<Date> {
  const reference = toEpochMilliseconds(from, "from");
  return { [Symbol.iterator]: () => generateOccurrences(checked(recurrence), reference) };
}

function* generateOccurrences(recurrence: Recurrence, from: number): Generator<Date, void> {
  const series = anchored(recurrence, from);
  let next = recurrence.anchor === undefined
    ? firstRun(series, from)
    : occurrenceAfter(series, from, from);
  for (let runs = 0; next !== null && runs < (recurrence.maxRuns ?? Infinity); runs++) {
    yield new Date(next);
    next = occurrenceAfter(series, next, from);
  }
}

/**
 * Returns the next occurrence of a series after `now`, and the number of occurrences missed since
 * `anchor`. The cost does not grow with that number.
 *
 * @param recurrence The schedule.
 * @param anchor The instant of the last run or of the registration. The rhythm hangs on it if the
 * recurrence has no anchor of its own.
 * @param now The present.
 * @returns The first occurrence after `now`, or null if the series has ended; and the number of
 * occurrences after `anchor` and not after `now`.
 * @throws {InvalidScheduleError} If the recurrence is not valid.
 * @throws {InvalidArgumentError} If `anchor` or `now` is not an instant.
 *
 * @example
 * ```ts
 * import { skipTo } from "@evertask/evertask/schedule";
 *
 * const everyHour = { kind: "interval", every: 1, unit: "hours" } as const;
 * skipTo(everyHour, "2026-03-01T00:00:00Z", "2026-03-02T00:30:00Z"); // next: 01:00, skipped: 24
 * ```
 */
export function skipTo(
  recurrence: Recurrence,
  anchor: Instant,
  now: Instant,
): { next: Date | null; skipped: number } {
  const from = toEpochMilliseconds(anchor, "anchor");
  const to = toEpochMilliseconds(now, "now");
  const valid = checked(recurrence);
  return {
    next: toDate(occurrenceAfter(valid, to, from)),
    skipped: countOccurrences(valid, from, to, from),
  };
}

/** Recurrences that were checked already: callers ask them for many occurrences, one by one. */
const known = new WeakMap<Recurrence, Recurrence>();

function checked(recurrence: Recurrence): Recurrence {
  let valid = known.get(recurrence);
  if (valid === undefined) {
    valid = parseRecurrence(recurrence);
    known.set(recurrence, valid);
  }
  return valid;
}

function toDate(epoch: number | null): Date | null {
  return epoch === null ? null : new Date(epoch);
}
