// Series whose next run was planned while the storage's clock was ahead of the present. Once the
// clock is right again, that run lies later than the schedule has any; left alone, the series would
// wait for as long as the clock was ahead.

import { readingErrorMs } from "../time/storage_clock.ts";
import type { Recurrence } from "./recurrence.ts";
import { anchored, type AnchoredRecurrence, firstRun, occurrenceAfter } from "./series.ts";

/** When a series runs next, and the instant on which its grid hangs; epoch milliseconds. */
export interface SeriesTimes {
  /** The planned instant of the next run. */
  readonly nextRunAt: number;
  /** {@linkcode RecurrenceOptions.anchor}. */
  readonly anchorAt: number;
}

/** A clock that shows an earlier year has not been set since its machine was started. */
const earliestPresent = Date.UTC(2020, 0, 1);

/**
 * Returns the next run and anchor of a series if its present ones can only come from a clock that
 * was ahead; null if they are right.
 *
 * The next run of a series is never later than the first occurrence after the present. A series
 * whose registration itself lies in the future counts as registered now.
 *
 * No occurrence runs twice for a clock that was ahead by less than an interval: then the next run
 * is the second one after the present, since the first has run, and stays where it is.
 *
 * @param nextRunAt The planned instant of the next run, in epoch milliseconds.
 * @param now The estimated time of storage: an instant that is ahead by less than {@linkcode
 * readingErrorMs} proves nothing.
 * @param aheadMs By how much that clock was ahead. Unless that is known, it is taken for twice as
 * much as the first occurrence is away: that one has run when it was reached, or later.
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

/** When a series was registered; -Infinity where its anchor does not tell. */
function registrationOf({ start, anchor }: AnchoredRecurrence): number {
  if (start?.mode === "runAt") return -Infinity;
  return start?.mode === "runDelayed" ? anchor - start.delayMs : anchor;
}

/** The times of a series that was registered in the future, as if it were registered now. */
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
