// Rules about the runs of series: at the instants of the schedule, each once, and dropped only by
// the misfire policy.

import { countOccurrences, occurrenceAfter } from "../../schedule/series.ts";
import { inLease } from "./ending_rules.ts";
import type { HistoryEntry } from "./history.ts";
import { runsExtra } from "./operator_rules.ts";
import { type Moment, momentsOf, type ReplayedHistory } from "./replay.ts";
import { locate, type Rule } from "./rule.ts";
import type { SeriesState } from "./task_state.ts";

/**
 * The maximum error of a process's estimate of the store's time: the duration of an answer, and the
 * error of its own clock since then.
 */
const estimateErrorMs = 1_000;

/** A real run that has ended. */
interface Run {
  readonly entry: Extract<HistoryEntry, { kind: "runEnded" }>;
  readonly start: Extract<HistoryEntry, { kind: "started" }>;
  /** The planned instant. */
  readonly plannedAt: number;
  /** The series before the end of the run. */
  readonly series: SeriesState;
  /** The instant after which the occurrence of the run was searched for. */
  readonly after: number;
  /** The start of the previous run; null for the first run since the series started. */
  readonly previousStart: number | null;
  /** Whether the task has a rate limit, which may also drop occurrences. */
  readonly isLimited: boolean;
}

/** The instants of a schedule, in milliseconds from the start of the history. */
class Grid {
  readonly #series: SeriesState;
  readonly #startsAt: number;

  constructor({ history: { startsAt } }: ReplayedHistory, series: SeriesState) {
    this.#series = series;
    this.#startsAt = startsAt;
  }

  /** Counts the instants after one instant and up to another. */
  count(after: number, upTo: number): number {
    const { recurrence, anchor } = this.#recurrence;
    return countOccurrences(recurrence, this.#startsAt + after, this.#startsAt + upTo, anchor);
  }

  has(instant: number): boolean {
    const { recurrence, anchor } = this.#recurrence;
    const at = this.#startsAt + instant;
    return occurrenceAfter(recurrence, at - 1, anchor) === at;
  }

  get #recurrence() {
    const { schedule, anchorAt, runUntil } = this.#series;
    const anchor = this.#startsAt + anchorAt;
    const limit = runUntil === null ? {} : { runUntil: this.#startsAt + runUntil };
    return { recurrence: { ...schedule, anchor, ...limit }, anchor };
  }
}

/** The planned runs that have ended, in order. */
function plannedRuns(history: ReplayedHistory): Run[] {
  const runs: Run[] = [];
  const positions = new Map<string, { after: number; previousStart: number | null }>();
  const extra = new Set<string>();
  for (const { entry, before, after } of history.moments) {
    if (!("task" in entry) || entry.task === null) continue;
    if (after?.series && hasRestarted(before?.series ?? null, after.series)) {
      positions.set(entry.task, { after: after.series.nextRunAt! - 1, previousStart: null });
    }
    if (entry.kind === "madeDue" && entry.isDue) extra.add(entry.task);
    if (entry.kind === "edited" && runsExtra(entry)) extra.add(entry.task);
    if (entry.kind !== "runEnded" || !entry.applied || !before?.series) continue;
    const start = inLease(history, entry).findLast((each) => each.kind === "started");
    const isExtra = extra.delete(entry.task) && start?.kind === "started" &&
      start.plannedAt! < before.series.nextRunAt!;
    if (!entry.counts || isExtra || start?.kind !== "started") continue;
    const plannedAt = start.plannedAt!;
    const isLimited = start.limit !== null;
    const position = positions.get(entry.task)!;
    runs.push({ entry, start, plannedAt, series: before.series, isLimited, ...position });
    positions.set(entry.task, { after: plannedAt, previousStart: start.at });
  }
  return runs;
}

/**
 * Whether a series has started again: it is new, has another schedule or anchor, or had ended
 * before.
 */
function hasRestarted(before: SeriesState | null, after: SeriesState): boolean {
  return before === null || before.anchorAt !== after.anchorAt ||
    (after.runCount === 0 && after.nextRunAt !== null && before.nextRunAt === null) ||
    JSON.stringify(before.schedule) !== JSON.stringify(after.schedule);
}

/** Runs keep to the schedule. */
export const runsOnGrid: Rule = {
  name: "a series runs at the instants of its schedule",
  check: (history) =>
    plannedRuns(history)
      .filter(({ series, plannedAt }) => !new Grid(history, series).has(plannedAt))
      .map(({ entry, plannedAt }) => `${locate(entry)}, planned for ${plannedAt}`),
};

/** No occurrence runs twice. */
export const runsOnce: Rule = {
  name: "each occurrence of a series runs once",
  check: (history) =>
    plannedRuns(history).filter(({ after, plannedAt }) => plannedAt <= after)
      .map(({ entry, plannedAt, after }) => `${locate(entry)}, planned for ${plannedAt}: ${after}`),
};

/** No occurrence is lost. */
export const misfiresAsAllowed: Rule = {
  name: "occurrences are dropped as the misfire policy says, and no others",
  check: (history) =>
    plannedRuns(history).filter((run) => !run.isLimited && !mayHaveDropped(history, run))
      .map(({ entry, after, plannedAt }) =>
        `${locate(entry)}, planned for ${plannedAt}, the first one after ${after}`
      ),
};

function mayHaveDropped(history: ReplayedHistory, run: Run): boolean {
  const { series, after, plannedAt, start } = run;
  const grid = new Grid(history, series);
  if (grid.count(after, plannedAt - 1) === 0) return true;
  const decidedAt = start.at + estimateErrorMs;
  const { misfire = "skip" } = series.schedule;
  if (misfire === "skip") return grid.count(after, decidedAt) >= 2;
  const most = misfire === "once" ? 1 : misfire.all;
  return grid.count(plannedAt - 1, decidedAt) >= most;
}

/** The misfire policy limits late runs. */
export const catchUpsAsAllowed: Rule = {
  name: "a series makes up for no more late runs than the misfire policy allows",
  check: (history) =>
    plannedRuns(history).filter(({ series, plannedAt, previousStart }) => {
      if (previousStart === null) return false;
      const { misfire = "skip" } = series.schedule;
      const most = typeof misfire === "string" ? 1 : misfire.all;
      const decidedAt = previousStart - estimateErrorMs;
      return new Grid(history, series).count(plannedAt - 1, decidedAt) > most;
    }).map(({ entry, plannedAt }) => `${locate(entry)}, planned for ${plannedAt}`),
};

/** A series ends by its limits or by a cancellation, and not otherwise. */
export const seriesEndInTime: Rule = {
  name: "a series ends when its limits say, and not before",
  check: (history) => {
    const plannedAt = new Map(plannedRuns(history).map((run) => [run.entry, run.plannedAt]));
    return momentsOf(history, "runEnded")
      .filter((moment) =>
        hasTooManyRuns(moment) ||
        (isLastRun(moment) && !mayEnd(history, moment, plannedAt.get(moment.entry)))
      )
      .map(({ entry }) => locate(entry));
  },
};

/** The end of a run, or of an occurrence that was skipped. */
type RunEndMoment = Moment<Extract<HistoryEntry, { kind: "runEnded" }>>;

function hasTooManyRuns({ entry, after }: RunEndMoment): boolean {
  const { maxRuns = null, runCount = 0 } = after?.series ?? {};
  return entry.applied && entry.nextRunAt !== null && runCount >= (maxRuns ?? Infinity);
}

function isLastRun({ entry, before }: RunEndMoment): boolean {
  return entry.applied && entry.nextRunAt === null && before?.series?.nextRunAt != null;
}

function mayEnd(
  history: ReplayedHistory,
  { entry, before, after }: RunEndMoment,
  plannedAt: number | undefined,
): boolean {
  const { series, cancelRequested } = before!;
  const { runCount } = after!.series!;
  if (series!.maxRuns !== null && runCount >= series!.maxRuns) return true;
  if (cancelRequested || entry.transitions.at(-1) === "Cancelled") return true;
  if (series!.runUntil === null) return false;
  const grid = new Grid(history, series!);
  const decidedAt = entry.at + estimateErrorMs;
  if (decidedAt >= series!.runUntil) return true;
  const seen = plannedAt ?? series!.nextRunAt!;
  if (grid.count(Math.max(seen, decidedAt), series!.runUntil - 1) > 0) return false;
  const { misfire = "skip" } = series!.schedule;
  // A rate limit may have dropped the other occurrences.
  const isLimited = inLease(history, entry).some(({ kind }) => kind === "slotTaken");
  return isLimited || grid.count(seen, decidedAt) === 0 ||
    (misfire === "skip" && grid.count(plannedAt ?? seen - 1, decidedAt) >= 2);
}

/** Every run has its number. */
export const runsNumbered: Rule = {
  name: "the runs of a series are numbered one after the other",
  check: (history) =>
    plannedRuns(history).filter(({ start, series }) => start.run !== series.runCount + 1)
      .map(({ entry, start }) => `${locate(entry)}: ${start.run}`),
};

/** Series are planned correctly. */
export const plannedRight: Rule = {
  name: "no series has to be corrected while the store's clock is right",
  check: (history) =>
    momentsOf(history, "corrected").filter(({ entry }) => entry.applied)
      .map(({ entry }) => locate(entry)),
};

/** All rules about series. */
export const seriesRules: readonly Rule[] = [
  runsOnGrid,
  runsOnce,
  misfiresAsAllowed,
  catchUpsAsAllowed,
  seriesEndInTime,
  runsNumbered,
  plannedRight,
];
