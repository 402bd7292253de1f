// Computes the occurrences of schedules, for previews, tests and monitoring. Pure functions of a
// recurrence and an instant.

import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import { parseRecurrence, type Recurrence } from "./recurrence.ts";
import { anchored, countOccurrences, firstRun, occurrenceAfter } from "./series.ts";

/**
 * Returns the first occurrence strictly after an instant, or null if there is none. Every
 * occurrence is a whole second.
 *
 * Intervals such as "every 5 minutes" are counted from an anchor. The recurrence of a registered
 * series has this anchor as `anchor`. Without `anchor`, the series counts as registered at `after`.
 * `runUntil` applies. `maxRuns` is ignored, because the number of runs is unknown.
 *
 * @throws {InvalidScheduleError} If the recurrence is invalid.
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
 * Iterates over the occurrences after an instant, in order. The iteration is infinite unless the
 * recurrence has a limit; it yields at most `maxRuns` occurrences. Without an anchor, the series
 * counts as registered at `from`. With a start of `runNow`, `from` is then the first occurrence.
 *
 * @throws {InvalidScheduleError} If the recurrence is invalid.
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
 * `anchor`. The cost does not depend on that number.
 *
 * @param recurrence The schedule.
 * @param anchor The instant of the last run or of the registration. Intervals are counted from this
 * instant if the recurrence has no anchor.
 * @param now The present instant.
 * @returns The first occurrence after `now`, or null if the series has ended; and the number of
 * occurrences after `anchor` and not after `now`.
 * @throws {InvalidScheduleError} If the recurrence is invalid.
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

/** The checked recurrences, because callers ask for many occurrences one by one. */
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
