// Replays the history of a store by the rules of the storage contract. Derives the state of each
// task before and after each entry. The checker's rules compare these states with the store and
// with the entries.

import { edited } from "./edited_task.ts";
import type { History, HistoryEntry, StoreEntry } from "./history.ts";
import {
  cancelled,
  changed,
  claimed,
  givenBack,
  hasEnded,
  isHeld,
  isPaused,
  madeDue,
  runEnded,
  takenFromLost,
  type TaskState,
  withStatus,
} from "./task_state.ts";

/** An entry of a history, and its task's state before and after; undefined if there was no task. */
export interface Moment<Entry extends HistoryEntry = HistoryEntry> {
  readonly entry: Entry;
  readonly before: TaskState | undefined;
  readonly after: TaskState | undefined;
}

/** A history, and the states derived from it. */
export interface ReplayedHistory {
  readonly history: History;
  readonly moments: readonly Moment[];
  /** The state that each task must have at the end, by task name. */
  readonly states: ReadonlyMap<string, TaskState>;
  /** The tasks that retention has deleted. */
  readonly purged: ReadonlySet<string>;
  /** The tasks that operators have deleted. */
  readonly deleted: ReadonlySet<string>;
}

/**
 * Replays a history.
 *
 * @param watch Called before each entry with the states of all tasks.
 */
export function replay(
  history: History,
  watch: (entry: HistoryEntry, states: ReadonlyMap<string, TaskState>) => void = () => {},
): ReplayedHistory {
  const replayed: Replayed = { states: new Map(), purged: new Set(), deleted: new Set() };
  const { states } = replayed;
  const moments = history.entries.map((entry): Moment => {
    const task = "task" in entry ? entry.task ?? "" : "";
    const before = states.get(task);
    watch(entry, states);
    applyTo(replayed, entry);
    return { entry, before, after: states.get(task) };
  });
  return { history, moments, ...replayed };
}

/** Returns the moments whose entry is of one of `kinds`. */
export function momentsOf<Kind extends HistoryEntry["kind"]>(
  { moments }: ReplayedHistory,
  ...kinds: Kind[]
): Moment<Extract<HistoryEntry, { kind: Kind }>>[] {
  return moments.filter(({ entry }) => kinds.includes(entry.kind as Kind)) as never;
}

/** The part of a {@linkcode ReplayedHistory} that changes during the replay. */
interface Replayed {
  readonly states: Map<string, TaskState>;
  readonly purged: Set<string>;
  readonly deleted: Set<string>;
}

function applyTo(replayed: Replayed, entry: HistoryEntry): void {
  const { states } = replayed;
  if (entry.kind === "purged") return purge(replayed, entry);
  if (entry.kind === "releasedUnknown") {
    for (const [task, state] of states) {
      if (state.worker !== entry.worker || entry.known.includes(task)) continue;
      states.set(task, givenBack(state, Math.floor(entry.at)));
    }
    return;
  }
  if (entry.kind === "stored") return store(states, entry);
  if (entry.kind === "edited" && entry.applied && entry.change === "delete") {
    states.delete(entry.task);
    replayed.deleted.add(entry.task);
    return;
  }
  if (!("task" in entry) || entry.task === null) return;
  const state = states.get(entry.task);
  if (state !== undefined) states.set(entry.task, next(state, entry, Math.floor(entry.at)));
}

function store(
  states: Map<string, TaskState>,
  entry: Extract<HistoryEntry, { kind: "stored" }>,
): void {
  const { task, outcome, key, claimedBy } = entry;
  const known = states.get(task);
  const now = Math.floor(entry.at);
  if (outcome === "updated" && known !== undefined) states.set(task, updated(known, entry, now));
  if (outcome !== "created" || known !== undefined) return;
  for (const [other, state] of states) {
    if (key !== null && state.key === key) states.set(other, { ...state, key: null });
  }
  const state: TaskState = {
    ...given(entry),
    ...fresh,
    key,
    worker: null,
    token: 0,
    edits: 0,
    createdAt: now,
    lastExecutionAt: null,
    dueAt: entry.dueAt,
    cancelRequested: false,
    trail: [],
    runs: [],
  };
  const stored = withStatus(state, entry.status, now);
  states.set(task, claimedBy === null ? stored : claimed(stored, claimedBy));
}

/** The counters of a task that has not run. */
const fresh = { attempt: 0, lostCount: 0, failures: 0 };

/** The fields that a dispatch gives. */
function given(entry: StoredEntry) {
  const { type, priority, status, level, queue, retries, dispatch, series } = entry;
  const begun = series === null ? null : { ...series, runCount: 0, paused: false };
  return { type, priority, status, level, queue, retries, dispatch, series: begun };
}

type StoredEntry = Extract<StoreEntry, { kind: "stored" }>;

/** Returns a task that a dispatch updates. A series with the same schedule keeps its next run. */
function updated(known: TaskState, entry: StoredEntry, now: number): TaskState {
  const { dueAt, status } = entry;
  const { series, status: _, ...rest } = given(entry);
  const edits = known.edits + 1;
  const replaced = { ...known, ...rest, series, edits, cancelRequested: false };
  const paused = series !== null && isPaused(known);
  const isAlive = known.series !== null && known.series.nextRunAt !== null && series !== null;
  if (isAlive && keepsRhythm(known, entry)) {
    const { nextRunAt, anchorAt, runCount } = known.series!;
    return { ...replaced, series: { ...series, nextRunAt, anchorAt, runCount, paused } };
  }
  const runCount = isAlive ? known.series!.runCount : 0;
  const renewed = {
    ...replaced,
    ...fresh,
    dueAt: isPaused(known) ? known.dueAt : dueAt,
    series: series === null ? null : { ...series, runCount, paused },
  };
  return known.status === status ? renewed : withStatus(renewed, status, now);
}

/** Whether a dispatch asks for the schedule that the series has. */
function keepsRhythm({ series }: TaskState, entry: StoredEntry): boolean {
  return JSON.stringify(series?.schedule) === JSON.stringify(entry.series?.schedule);
}

function next(state: TaskState, entry: HistoryEntry, now: number): TaskState {
  switch (entry.kind) {
    case "claimed":
      return claimed(state, entry.worker);
    case "changed":
      return entry.applied ? changed(state, entry, now) : state;
    case "runEnded":
      return entry.applied && state.series !== null ? runEnded(state, entry, now) : state;
    case "released":
      return isHeld(state, entry) ? givenBack(state, entry.dueAt, now) : state;
    case "cancelled":
      if (entry.outcome === "requested") return { ...state, cancelRequested: true };
      return entry.outcome === "cancelled" ? cancelled(state, now) : state;
    case "madeDue":
      return entry.isDue ? madeDue(state, now) : state;
    case "lost":
      return takenFromLost(state, entry.poisoned, now);
    case "edited":
      return entry.applied && entry.change !== "delete" ? edited(state, entry.change, now) : state;
    default:
      return state;
  }
}

/** Deletes audit rows that are older than the limits, and ended tasks without history. */
function purge(
  { states, purged }: Replayed,
  limits: Extract<StoreEntry, { kind: "purged" }>,
): void {
  const { statusBefore, errorsBefore, runsBefore, tasksBefore } = limits;
  const limitOf = (marked: string, other: number) => marked.endsWith("!") ? errorsBefore : other;
  for (const [task, state] of states) {
    const trail = state.trail.filter(({ status, at }) => at >= limitOf(status, statusBefore));
    const runs = state.runs.filter(({ status, at }) => at >= limitOf(status, runsBefore));
    const isOver = hasEnded(state) && state.series === null &&
      (state.status === "Completed" || state.status === "Cancelled") &&
      (state.lastExecutionAt ?? state.createdAt) < tasksBefore;
    if (isOver && trail.length === 0 && runs.length === 0) {
      states.delete(task);
      purged.add(task);
    } else if (trail.length + runs.length < state.trail.length + state.runs.length) {
      states.set(task, { ...state, trail, runs });
    }
  }
}
