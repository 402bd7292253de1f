// Plans the runs of a recurring series: the first run, and the next run after a run has ended or
// after downtime. Uses only the data of the row: the recurrence with its anchor, the planned
// instant and the run count.

import { latestInstant } from "../time/instant.ts";
import { gridOf } from "./compile.ts";
import { countedBack, type Grid } from "./grid.ts";
import type { Recurrence } from "./recurrence.ts";

/** The state of a series, from which {@linkcode runAfter} and {@linkcode runDue} decide. */
export interface SeriesState {
  /** The planned instant of the run that has ended or was found due, in epoch milliseconds. */
  readonly scheduledAt: number;
  /**
   * The present instant in epoch milliseconds, by the storage's clock, so that all workers agree.
   */
  readonly now: number;
  /** The number of counted runs, including the run that has just ended. */
  readonly runCount: number;
}

/** The state of a series whose run is due. */
export interface DueState extends SeriesState {
  /**
   * The instant since which the worker has been alive and serving the queue without a break, in
   * epoch milliseconds of the storage's clock.
   */
  readonly servedSince: number;
}

/** The next run of a series. */
export interface NextRun {
  /**
   * The planned instant of the next run, or null if the series has ended. If that instant is not
   * after now, the run is due at once.
   */
  readonly nextRunAt: number | null;
  /** The number of dropped occurrences. */
  readonly skipped: number;
}

/** The recurrence of a registered series, which has an anchor. */
export type AnchoredRecurrence = Recurrence & { readonly anchor: number };

/**
 * Returns the recurrence of a series that is registered at an instant. An existing anchor is kept.
 */
export function anchored(recurrence: Recurrence, registeredAt: number): AnchoredRecurrence {
  return { ...recurrence, anchor: recurrence.anchor ?? anchorOf(recurrence, registeredAt) };
}

/**
 * Returns the anchor of a series: the first run if the start mode names one, otherwise the
 * registration.
 */
export function anchorOf({ start }: Recurrence, registeredAt: number): number {
  if (start?.mode === "runAt") return start.at;
  return start?.mode === "runDelayed" ? registeredAt + start.delayMs : registeredAt;
}

/**
 * Returns the first run of a series in epoch milliseconds; null if the series never runs, for
 * example because its `runUntil` comes first.
 *
 * @param registeredAt The instant of the registration, in epoch milliseconds.
 */
export function firstRun(recurrence: Recurrence, registeredAt: number): number | null {
  const { start } = recurrence;
  const anchor = recurrence.anchor ?? anchorOf(recurrence, registeredAt);
  let first: number | undefined;
  if (start?.mode === "runNow") first = registeredAt;
  else if (start?.mode === "runDelayed") first = registeredAt + start.delayMs;
  else if (start?.mode === "runAt" && start.at >= registeredAt) first = start.at;
  else first = gridOf(recurrence, anchor).next(registeredAt);
  return withinLimit(recurrence, first);
}

/**
 * Returns the occurrence after an instant: the start mode's first run if it is later than the
 * instant, otherwise the next instant of the grid.
 *
 * @param after The instant in epoch milliseconds.
 * @param anchor The anchor of the grid, if the recurrence has none.
 */
export function occurrenceAfter(
  recurrence: Recurrence,
  after: number,
  anchor: number,
): number | null {
  return withinLimit(recurrence, seriesGrid(recurrence, anchor).next(after));
}

/** Counts the occurrences that are after `after` and not after `upTo`. */
export function countOccurrences(
  recurrence: Recurrence,
  after: number,
  upTo: number,
  anchor: number,
): number {
  const last = Math.min(upTo, (recurrence.runUntil ?? Infinity) - 1, latestInstant);
  return seriesGrid(recurrence, anchor).count(after, last);
}

/** Returns the next run after a run that has ended. */
export function runAfter(recurrence: Recurrence, state: SeriesState): NextRun {
  return settle(recurrence, state, state.scheduledAt, false);
}

/**
 * The time for a restart of a program, in milliseconds. Occurrences that became due at most this
 * long before the worker served the queue do not count as missed.
 */
const restartMs = 5_000;

/**
 * Decides whether a due run starts. After downtime, the misfire policy may drop it. If the returned
 * `nextRunAt` is not after now, the caller starts the run, and passes `nextRunAt` to
 * {@linkcode runAfter} as `scheduledAt`. Otherwise the caller stores `nextRunAt` and waits.
 *
 * Downtime and overload have the same effect: a run is late, and its successors are due, too. But
 * an occurrence that became due while the worker was running was delayed, not missed, so the latest
 * such occurrence runs under any policy. Without this rule, a busy worker, for which each
 * occurrence is late, would skip all of them.
 */
export function runDue(recurrence: Recurrence, state: DueState): NextRun {
  const isDelayed = state.scheduledAt >= state.servedSince - restartMs;
  return settle(recurrence, state, state.scheduledAt - 1, isDelayed);
}

/**
 * Applies the misfire policy to the occurrences after `seen`.
 *
 * @param isDelayed Whether occurrences were delayed, not missed. The latest due occurrence then
 * runs even if the policy is `"skip"`.
 */
function settle(
  recurrence: Recurrence,
  state: SeriesState,
  seen: number,
  isDelayed: boolean,
): NextRun {
  const { now, runCount, scheduledAt } = state;
  const { maxRuns = Infinity, misfire = "skip", runUntil = Infinity } = recurrence;
  if (runCount >= maxRuns) return { nextRunAt: null, skipped: 0 };
  const series = seriesGrid(recurrence, scheduledAt);
  const grid = seen < scheduledAt ? new GridFrom(series, scheduledAt, scheduledAt) : series;
  const due = grid.count(seen, now);
  // No occurrence is due, or only one, which is late but not missed.
  if (due <= 1) return { nextRunAt: withinLimit(recurrence, grid.next(seen)), skipped: 0 };

  if (now >= runUntil) return { nextRunAt: null, skipped: grid.count(seen, runUntil - 1) };
  const policy = misfire === "skip" && isDelayed ? "once" : misfire;
  const caughtUp = policy === "skip" ? 0 : policy === "once" ? 1 : Math.min(policy.all, due);
  const nextRunAt = caughtUp === 0
    ? withinLimit(recurrence, grid.next(now))
    : countedBack(grid, caughtUp, seen, now);
  return { nextRunAt, skipped: due - caughtUp };
}

/**
 * Returns the grid from its anchor on. The anchor itself is a run in every start mode except
 * "schedule".
 */
function seriesGrid(recurrence: Recurrence, fallbackAnchor: number): Grid {
  const anchor = recurrence.anchor ?? anchorOf(recurrence, fallbackAnchor);
  const mode = recurrence.start?.mode ?? "schedule";
  return new GridFrom(
    gridOf(recurrence, anchor),
    anchor,
    mode === "schedule" ? undefined : anchor,
  );
}

/** The instants of a grid after an instant, optionally preceded by one more instant. */
class GridFrom implements Grid {
  readonly #grid: Grid;
  readonly #after: number;
  readonly #first: number | undefined;

  constructor(grid: Grid, after: number, first?: number) {
    this.#grid = grid;
    this.#after = after;
    this.#first = first;
  }

  next(after: number): number | undefined {
    if (this.#first !== undefined && after < this.#first) return this.#first;
    return this.#grid.next(Math.max(after, this.#after));
  }

  count(after: number, upTo: number): number {
    const first = this.#first;
    const isFirstInside = first !== undefined && after < first && first <= upTo;
    return (isFirstInside ? 1 : 0) + this.#grid.count(Math.max(after, this.#after), upTo);
  }
}

/**
 * Returns null for an instant that is not before `runUntil`, or after the last year that stores can
 * hold.
 */
function withinLimit({ runUntil = Infinity }: Recurrence, next: number | undefined): number | null {
  return next === undefined || next >= runUntil || next > latestInstant ? null : next;
}
