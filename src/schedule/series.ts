// Plans the runs of a recurring series: the first run, and the next one after a run or after
// downtime. It uses only the data of the row: the recurrence with its anchor, the planned instant
// and the run count.

import { latestInstant } from "../time/instant.ts";
import { gridOf } from "./compile.ts";
import { countedBack, type Grid } from "./grid.ts";
import type { Recurrence } from "./recurrence.ts";

/** The state of a series, from which {@linkcode runAfter} and {@linkcode runDue} decide. */
export interface SeriesState {
  /** The planned instant of the run that has ended or was found due, in epoch milliseconds. */
  readonly scheduledAt: number;
  /** The present, in epoch milliseconds; of the storage's clock, so that all workers agree. */
  readonly now: number;
  /** How many real runs the series has had, the one that has just ended among them. */
  readonly runCount: number;
}

/** The state of a series whose run is due. */
export interface DueState extends SeriesState {
  /**
   * Since when its worker has been alive and serving its queue without a break, in epoch
   * milliseconds of the storage's clock.
   */
  readonly servedSince: number;
}

/** The next run of a series. */
export interface NextRun {
  /**
   * The planned instant of the next run, or null if the series has ended. If it is not after now,
   * run it at once.
   */
  readonly nextRunAt: number | null;
  /** How many occurrences were dropped on the way. */
  readonly skipped: number;
}

/** A recurrence of a registered series, whose rhythm has a known anchor. */
export type AnchoredRecurrence = Recurrence & { readonly anchor: number };

/** The recurrence of a series that is registered at an instant; one that has an anchor keeps it. */
export function anchored(recurrence: Recurrence, registeredAt: number): AnchoredRecurrence {
  return { ...recurrence, anchor: recurrence.anchor ?? anchorOf(recurrence, registeredAt) };
}

/** The anchor of a rhythm: the first run if the start mode names one, else the registration. */
export function anchorOf({ start }: Recurrence, registeredAt: number): number {
  if (start?.mode === "runAt") return start.at;
  return start?.mode === "runDelayed" ? registeredAt + start.delayMs : registeredAt;
}

/**
 * When a series runs for the first time, in epoch milliseconds; null if it never does, because its
 * `runUntil` comes first.
 *
 * @param registeredAt Epoch milliseconds.
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
 * The occurrence after an instant: the start mode's first run if it is still to come, else the next
 * one on the grid.
 *
 * @param after Epoch milliseconds.
 * @param anchor The anchor of the grid, if the recurrence has none.
 */
export function occurrenceAfter(
  recurrence: Recurrence,
  after: number,
  anchor: number,
): number | null {
  return withinLimit(recurrence, seriesGrid(recurrence, anchor).next(after));
}

/** How many occurrences lie after one instant and not after another. */
export function countOccurrences(
  recurrence: Recurrence,
  after: number,
  upTo: number,
  anchor: number,
): number {
  const last = Math.min(upTo, (recurrence.runUntil ?? Infinity) - 1, latestInstant);
  return seriesGrid(recurrence, anchor).count(after, last);
}

/** Returns the next run after one that has ended. */
export function runAfter(recurrence: Recurrence, state: SeriesState): NextRun {
  return settle(recurrence, state, state.scheduledAt, false);
}

/**
 * The time for a restart of a program, in milliseconds: occurrences that become due in it were not
 * missed.
 */
const restartMs = 5_000;

/**
 * Decides about a due run: usually to run it, but after downtime the misfire policy may drop it. If
 * the returned `nextRunAt` is not after now, run it, and then pass that instant to {@linkcode
 * runAfter} as `scheduledAt`. Otherwise store it and wait.
 *
 * Downtime and overload look alike: a run is found late, and its successors are due. An occurrence
 * that became due while the worker was there was delayed, not missed, and the latest one still
 * runs, under any policy. Otherwise a busy worker, which finds each occurrence late, would skip
 * them all forever.
 */
export function runDue(recurrence: Recurrence, state: DueState): NextRun {
  const isDelayed = state.scheduledAt >= state.servedSince - restartMs;
  return settle(recurrence, state, state.scheduledAt - 1, isDelayed);
}

/**
 * Applies the misfire policy to the occurrences after `seen`.
 *
 * @param isDelayed Whether nothing was missed: then the latest due occurrence runs even if the
 * policy is to skip.
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
  // Nothing was missed, or the one due occurrence is only slightly late.
  if (due <= 1) return { nextRunAt: withinLimit(recurrence, grid.next(seen)), skipped: 0 };

  if (now >= runUntil) return { nextRunAt: null, skipped: grid.count(seen, runUntil - 1) };
  const policy = misfire === "skip" && isDelayed ? "once" : misfire;
  const caughtUp = policy === "skip" ? 0 : policy === "once" ? 1 : Math.min(policy.all, due);
  const nextRunAt = caughtUp === 0
    ? withinLimit(recurrence, grid.next(now))
    : countedBack(grid, caughtUp, seen, now);
  return { nextRunAt, skipped: due - caughtUp };
}

/** The grid from its anchor on, which is itself a run in every start mode except "schedule". */
function seriesGrid(recurrence: Recurrence, fallbackAnchor: number): Grid {
  const anchor = recurrence.anchor ?? anchorOf(recurrence, fallbackAnchor);
  const mode = recurrence.start?.mode ?? "schedule";
  return new GridFrom(
    gridOf(recurrence, anchor),
    anchor,
    mode === "schedule" ? undefined : anchor,
  );
}

/** The instants of a grid after an instant, optionally with one more instant before them. */
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

/** `runUntil` is exclusive, and all series end with the last year that stores can hold. */
function withinLimit({ runUntil = Infinity }: Recurrence, next: number | undefined): number | null {
  return next === undefined || next >= runUntil || next > latestInstant ? null : next;
}
