// Corrects series whose next run was planned while the storage's clock was ahead. Once the clock is
// right again, that run is later than the schedule's next occurrence. Without a correction, the
// series would wait for as long as the clock was ahead.

import { readingErrorMs } from "../time/storage_clock.ts";
import type { Recurrence } from "./recurrence.ts";
import { anchored, type AnchoredRecurrence, firstRun, occurrenceAfter } from "./series.ts";

/** The next run of a series and the anchor of its grid, in epoch milliseconds. */
export interface SeriesTimes {
  /** The planned instant of the next run. */
  readonly nextRunAt: number;
  /** {@linkcode RecurrenceOptions.anchor}. */
  readonly anchorAt: number;
}

/**
 * The earliest credible time. A clock with an earlier year has not been set since its machine
 * started.
 */
const earliestPresent = Date.UTC(2020, 0, 1);

/**
 * Returns the corrected next run and anchor of a series if its present times can only come from a
 * clock that was ahead; null if the present times are right.
 *
 * The next run of a series is never later than the first occurrence after the present. A series
 * whose registration itself lies in the future counts as registered now.
 *
 * No occurrence runs twice because of a clock that was ahead by less than an interval. In this
 * case, the first occurrence after the present has already run, so the next run stays at the second
 * occurrence.
 *
 * @param nextRunAt The planned instant of the next run, in epoch milliseconds.
 * @param now The estimated time of the storage's clock. An instant that is ahead by less than
 * {@linkcode readingErrorMs} is ignored.
 * @param aheadMs The time by which the storage's clock was ahead. If unknown, twice the time until
 * the first occurrence is assumed, because that occurrence ran when the clock reached it, or later.
 */
export function timesFromNow(
  recurrence: AnchoredRecurrence,
  nextRunAt: number,
  now: number,
  aheadMs?: number,
): SeriesTimes | null {
  const latestNow = now + readingErrorMs;
  if (nextRunAt <= latestNow || now < earliestPresent) return null;
  if (registrationOf(recurrence) > latestNow) return registeredNow(recurrence, nextRunAt, now);
  const latest = occurrenceAfter(recurrence, latestNow, latestNow);
  if (latest === null || nextRunAt <= latest) return null;
  const first = occurrenceAfter(recurrence, now, now)!;
  const wasAheadMs = aheadMs ?? 2 * (first - now);
  const isSecond = nextRunAt === occurrenceAfter(recurrence, first, now);
  if (isSecond && wasAheadMs + readingErrorMs < nextRunAt - first) return null;
  return { nextRunAt: first, anchorAt: recurrence.anchor };
}

/** Returns the instant of the registration; -Infinity if the anchor does not show it. */
function registrationOf({ start, anchor }: AnchoredRecurrence): number {
  if (start?.mode === "runAt") return -Infinity;
  return start?.mode === "runDelayed" ? anchor - start.delayMs : anchor;
}

/**
 * Returns the times of a series that was registered in the future, as if it were registered now.
 */
function registeredNow(
  { anchor, ...recurrence }: AnchoredRecurrence,
  nextRunAt: number,
  now: number,
): SeriesTimes | null {
  const hasStarted = nextRunAt > anchor;
  const renewed = anchored(hasStarted ? withoutStart(recurrence) : recurrence, now);
  const first = firstRun(renewed, now);
  return first === null ? null : { nextRunAt: first, anchorAt: renewed.anchor };
}

function withoutStart({ start: _, ...recurrence }: Recurrence): Recurrence {
  return recurrence;
}
