// Replays the history of a store by the rules of the storage contract. Derives the state of each
// task before and after each entry. The checker's rules compare these states with the store and
// with the entries.

import type { AuditLevel } from "../../audit/audit_level.ts";
import { shouldCreateStatusAudit } from "../../storage/kit/audit_policy.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import type { History, HistoryEntry, StoreEntry } from "./history.ts";

/** The state of a task. */
export interface TaskState {
  readonly status: TaskStatus;
  readonly level: AuditLevel;
  readonly queue: string;
  readonly key: string | null;
  readonly worker: string | null;
  readonly token: number;
  readonly attempt: number;
  readonly lostCount: number;
  readonly dueAt: number | null;
  readonly cancelRequested: boolean;
  readonly retries: number;
  /** The number of failed attempts after which the task was to be retried. */
  readonly failures: number;
  /** The status audit that the task must have. */
  readonly trail: readonly AuditedStatus[];
}

/** A row of a status audit. */
export interface AuditedStatus {
  /** The status, followed by `!` if the row has an exception. */
  readonly status: string;
  /** When the row was written. The change of status may have happened earlier. */
  readonly writtenAt: number;
}

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
}

/** Replays a history. */
export function replay(history: History): ReplayedHistory {
  const states = new Map<string, TaskState>();
  const moments = history.entries.map((entry): Moment => {
    const task = "task" in entry ? entry.task ?? "" : "";
    const before = states.get(task);
    applyTo(states, entry);
    return { entry, before, after: states.get(task) };
  });
  return { history, moments, states };
}

/** Returns the moments whose entry is of one of `kinds`. */
export function momentsOf<Kind extends HistoryEntry["kind"]>(
  { moments }: ReplayedHistory,
  ...kinds: Kind[]
): Moment<Extract<HistoryEntry, { kind: Kind }>>[] {
  return moments.filter(({ entry }) => kinds.includes(entry.kind as Kind)) as never;
}

/** Reports whether a task has ended and will not run again. */
export function hasEnded({ worker, dueAt }: TaskState): boolean {
  return worker === null && dueAt === null;
}

/** Reports whether `worker` holds the task under the lease with `token`. */
export function isHeld(
  state: TaskState | undefined,
  { worker, token }: { readonly worker: string; readonly token: number },
): boolean {
  return state !== undefined && state.worker === worker && state.token === token;
}

function applyTo(states: Map<string, TaskState>, entry: HistoryEntry): void {
  if (entry.kind === "releasedUnknown") {
    for (const [task, state] of states) {
      if (state.worker !== entry.worker || entry.known.includes(task)) continue;
      states.set(task, givenBack(state, Math.floor(entry.at)));
    }
    return;
  }
  if (entry.kind === "stored") return store(states, entry);
  if (!("task" in entry) || entry.task === null) return;
  const state = states.get(entry.task);
  if (state !== undefined) states.set(entry.task, next(state, entry, Math.floor(entry.at)));
}

function store(
  states: Map<string, TaskState>,
  entry: Extract<HistoryEntry, { kind: "stored" }>,
): void {
  const { task, outcome, status, level, queue, key, dueAt, claimedBy, retries } = entry;
  const known = states.get(task);
  const now = Math.floor(entry.at);
  const given = { level, queue, retries, attempt: 0, lostCount: 0, failures: 0 };
  if (outcome === "updated" && known !== undefined) {
    const updated = { ...known, ...given, dueAt, cancelRequested: false };
    states.set(task, known.status === status ? updated : withStatus(updated, status, now));
  }
  if (outcome !== "created" || known !== undefined) return;
  for (const [other, state] of states) {
    if (key !== null && state.key === key) states.set(other, { ...state, key: null });
  }
  const state = {
    ...given,
    status,
    key,
    worker: null,
    token: 0,
    dueAt,
    cancelRequested: false,
    trail: [],
  };
  const stored = withStatus(state, status, now);
  states.set(task, claimedBy === null ? stored : claimed(stored, claimedBy));
}

function next(state: TaskState, entry: HistoryEntry, now: number): TaskState {
  switch (entry.kind) {
    case "claimed":
      return claimed(state, entry.worker);
    case "changed": {
      if (!entry.applied) return state;
      const changed = entry.transitions.reduce(
        (each, status) => withStatus(each, status, now),
        state,
      );
      const counted = entry.returnsAttempt ? lessOneAttempt(changed) : changed;
      if (entry.dueAt !== null) return unleased(counted, entry.dueAt, now);
      const goesOn = counted.status === "InProgress" || counted.status === "Queued";
      return goesOn ? counted : unleased(counted, null, now);
    }
    case "released":
      return isHeld(state, entry) ? givenBack(state, entry.dueAt, now) : state;
    case "cancelled":
      if (entry.outcome === "requested") return { ...state, cancelRequested: true };
      if (entry.outcome !== "cancelled") return state;
      return unleased(withStatus(state, "Cancelled", now), null, now);
    case "lost":
      return taken(state, entry, now);
    default:
      return state;
  }
}

function claimed(state: TaskState, worker: string): TaskState {
  const { attempt, token } = state;
  return { ...state, worker, attempt: attempt + 1, token: token + 1, dueAt: null };
}

function taken(
  state: TaskState,
  { poisoned }: Extract<StoreEntry, { kind: "lost" }>,
  now: number,
): TaskState {
  const counts = state.status === "InProgress" || state.lostCount === 0;
  const counted = counts ? { ...state, lostCount: state.lostCount + 1 } : lessOneAttempt(state);
  const stopped = withStatus(counted, poisoned ? "Failed!" : "ServiceStopped!", now);
  return unleased(stopped, poisoned ? null : now, now);
}

function givenBack(state: TaskState, dueAt: number, now = dueAt): TaskState {
  return unleased(lessOneAttempt(state), dueAt, now);
}

function lessOneAttempt(state: TaskState): TaskState {
  return { ...state, attempt: Math.max(0, state.attempt - 1) };
}

/** Ends the task's lease. A task with a cancel request is due at once, unless it has ended. */
function unleased(state: TaskState, dueAt: number | null, now: number): TaskState {
  const cancelRequested = state.cancelRequested && dueAt !== null;
  return { ...state, worker: null, dueAt: cancelRequested ? now : dueAt, cancelRequested };
}

/** @param marked The status, with `!` if it carries an exception. */
function withStatus(state: TaskState, marked: string, now: number): TaskState {
  const isError = marked.endsWith("!");
  const status = (isError ? marked.slice(0, -1) : marked) as TaskStatus;
  const isAudited = shouldCreateStatusAudit(state.level, status, isError ? "an error" : null);
  return {
    ...state,
    status,
    failures: state.failures + (marked === "Pending!" ? 1 : 0),
    trail: isAudited ? [...state.trail, { status: marked, writtenAt: now }] : state.trail,
  };
}
