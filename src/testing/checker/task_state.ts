// The state of a task, and how the writes of a worker change it by the storage contract.

import type { AuditLevel } from "../../audit/audit_level.ts";
import type { Recurrence } from "../../schedule/recurrence.ts";
import {
  keepsHistory,
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "../../storage/kit/audit_policy.ts";
import type { TaskStatus } from "../../storage/task_status.ts";
import type { StoreEntry } from "./history.ts";

/** A write about a task that a worker holds. */
type HeldWrite = Extract<StoreEntry, { kind: "changed" | "runEnded" }>;

/** The state of a task. */
export interface TaskState {
  readonly type: string;
  readonly priority: number;
  readonly status: TaskStatus;
  readonly level: AuditLevel;
  readonly queue: string;
  readonly key: string | null;
  /** The number in its payload. */
  readonly dispatch: number;
  /** The number of changes by operators and by dispatches with its key. */
  readonly edits: number;
  readonly worker: string | null;
  readonly token: number;
  readonly attempt: number;
  readonly lostCount: number;
  readonly dueAt: number | null;
  readonly cancelRequested: boolean;
  /** The maximum number of retries; null if unknown. */
  readonly retries: number | null;
  /** The number of failed attempts of this run after which the task was to be retried. */
  readonly failures: number;
  readonly createdAt: number;
  readonly lastExecutionAt: number | null;
  /** The status audit that the task must have. */
  readonly trail: readonly AuditedStatus[];
  /** The runs audit that the task must have. */
  readonly runs: readonly AuditedStatus[];
  readonly series: SeriesState | null;
}

/** The state of a series. */
export interface SeriesState {
  /** The schedule, without its limits and anchor. */
  readonly schedule: Recurrence;
  readonly anchorAt: number;
  readonly maxRuns: number | null;
  readonly runUntil: number | null;
  readonly nextRunAt: number | null;
  readonly runCount: number;
  /** Whether an operator has paused it. */
  readonly paused: boolean;
}

/** A row of an audit. */
export interface AuditedStatus {
  /** The status, followed by `!` if the row has an exception. */
  readonly status: string;
  /** The instant of the row. */
  readonly at: number;
  /** When the row was written. The change of status may have happened earlier. */
  readonly writtenAt: number;
}

/** Reports whether a task has ended and will not run again by itself. */
export function hasEnded(state: TaskState): boolean {
  return state.worker === null && state.dueAt === null && !isPaused(state);
}

/** Reports whether a task is a series that an operator has paused. */
export function isPaused({ series }: TaskState): boolean {
  return series !== null && series.paused && series.nextRunAt !== null;
}

/** Reports whether `worker` holds the task under the lease with `token`. */
export function isHeld(
  state: TaskState | undefined,
  { worker, token }: { readonly worker: string; readonly token: number },
): boolean {
  return state !== undefined && state.worker === worker && state.token === token;
}

/** The state after a claim by `worker`. */
export function claimed(state: TaskState, worker: string): TaskState {
  const { attempt, token } = state;
  return { ...state, worker, attempt: attempt + 1, token: token + 1, dueAt: null };
}

/**
 * Reports whether a write repeats the report that an attempt has started. Such a write has no
 * effect.
 */
export function repeatsStart(state: TaskState, entry: HeldWrite): boolean {
  return entry.kind === "changed" && entry.dueAt === null && state.status === "InProgress" &&
    entry.transitions.at(-1) === "InProgress";
}

/** The state after a status change. */
export function changed(
  state: TaskState,
  entry: Extract<StoreEntry, { kind: "changed" }>,
  now: number,
): TaskState {
  if (repeatsStart(state, entry)) return state;
  const after = withTransitions(state, entry, now);
  const counted = entry.returnsAttempt ? lessOneAttempt(after) : after;
  const executedAt = entry.executed && keepsHistory(state.level) ? entry.happenedAt.at(-1) : null;
  const dated = { ...counted, lastExecutionAt: executedAt ?? counted.lastExecutionAt };
  if (entry.dueAt !== null) return unleased(dated, entry.dueAt, now);
  const goesOn = dated.status === "InProgress" || dated.status === "Queued";
  return goesOn ? dated : unleased(dated, null, now);
}

/** The state after a run of a series has ended, or an occurrence was skipped. */
export function runEnded(
  state: TaskState,
  entry: Extract<StoreEntry, { kind: "runEnded" }>,
  now: number,
): TaskState {
  const after = withTransitions(state, entry, now);
  const { counts, nextRunAt } = entry;
  const series = state.series!;
  const at = entry.happenedAt.at(-1)!;
  const marked = entry.transitions.at(-1)!;
  const isAudited = counts && asksFor(shouldCreateRunsAudit, state.level, marked);
  return unleased(
    {
      ...after,
      attempt: 0,
      lostCount: 0,
      failures: 0,
      series: { ...series, nextRunAt, runCount: series.runCount + (counts ? 1 : 0) },
      lastExecutionAt: counts ? at : after.lastExecutionAt,
      runs: isAudited ? [...after.runs, { status: marked, at, writtenAt: now }] : after.runs,
    },
    series.paused && !state.cancelRequested ? null : nextRunAt,
    now,
  );
}

/** The state after the task was taken from its lost worker. */
export function takenFromLost(state: TaskState, poisoned: boolean, now: number): TaskState {
  const counts = state.status === "InProgress" || state.lostCount === 0;
  const counted = counts ? { ...state, lostCount: state.lostCount + 1 } : lessOneAttempt(state);
  const stopped = withStatus(counted, poisoned ? "Failed!" : "ServiceStopped!", now);
  return unleased(poisoned ? withoutNextRun(stopped) : stopped, poisoned ? null : now, now);
}

/** The state after a claim was given back. The attempt of that claim does not count. */
export function givenBack(state: TaskState, dueAt: number, now = dueAt): TaskState {
  return unleased(lessOneAttempt(state), dueAt, now);
}

/** The state after a waiting task was cancelled. */
export function cancelled(state: TaskState, now: number): TaskState {
  return unleased(withStatus(withoutNextRun(state), "Cancelled", now), null, now);
}

/** The state after a task was made due: a waiting task is due now, an ended one is queued again. */
export function madeDue(state: TaskState, now: number): TaskState {
  if (state.dueAt !== null || isPaused(state)) {
    return { ...state, dueAt: Math.min(state.dueAt ?? now, now) };
  }
  const renewed = { ...state, attempt: 0, lostCount: 0, failures: 0, dueAt: now };
  return withStatus(renewed, "Queued", now);
}

/** The state with the status `marked`, which is followed by `!` if it has an exception. */
export function withStatus(
  state: TaskState,
  marked: string,
  writtenAt: number,
  at = writtenAt,
): TaskState {
  const isAudited = asksFor(shouldCreateStatusAudit, state.level, marked);
  return {
    ...state,
    status: statusOf(marked),
    failures: state.failures + (marked === "Pending!" ? 1 : 0),
    trail: isAudited ? [...state.trail, { status: marked, at, writtenAt }] : state.trail,
  };
}

function withTransitions(state: TaskState, entry: HeldWrite, now: number): TaskState {
  return entry.transitions.reduce(
    (each, marked, i) => withStatus(each, marked, now, entry.happenedAt[i]),
    state,
  );
}

function withoutNextRun(state: TaskState): TaskState {
  return state.series === null ? state : { ...state, series: { ...state.series, nextRunAt: null } };
}

function lessOneAttempt(state: TaskState): TaskState {
  return { ...state, attempt: Math.max(0, state.attempt - 1) };
}

/** Ends the task's lease. A task with a cancel request is due at once, unless it has ended. */
function unleased(state: TaskState, dueAt: number | null, now: number): TaskState {
  const cancelRequested = state.cancelRequested && dueAt !== null;
  const atOnce = cancelRequested && dueAt !== null ? Math.min(now, dueAt) : dueAt;
  return { ...state, worker: null, dueAt: atOnce, cancelRequested };
}

function statusOf(marked: string): TaskStatus {
  return (marked.endsWith("!") ? marked.slice(0, -1) : marked) as TaskStatus;
}

function asksFor(
  policy: typeof shouldCreateStatusAudit,
  level: AuditLevel,
  marked: string,
): boolean {
  return policy(level, statusOf(marked), marked.endsWith("!") ? "an error" : null);
}
