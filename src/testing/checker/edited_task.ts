// The state of a task after a change by an operator, by the storage contract.

import type { EditedFields } from "./operator_entries.ts";
import { type TaskState, withStatus } from "./task_state.ts";

/** Returns the state after a change by an operator. */
export function edited(state: TaskState, change: EditedFields, now: number): TaskState {
  const { dispatch, queue, priority, status, startsAnew, cancelRequested } = change;
  const after: TaskState = {
    ...state,
    ...startsAnew ? { attempt: 0, lostCount: 0, failures: 0, cancelRequested: false } : {},
    dispatch: dispatch ?? state.dispatch,
    queue: queue ?? state.queue,
    priority: priority ?? state.priority,
    edits: state.edits + 1,
    dueAt: dueAfter(state, change, now),
    series: seriesAfter(state, change),
  };
  const asked = cancelRequested === undefined ? after : { ...after, cancelRequested };
  return status === undefined ? asked : withStatus(asked, status, now);
}

function dueAfter({ dueAt }: TaskState, change: EditedFields, now: number): number | null {
  if (change.dueAt === undefined) return dueAt;
  return change.dueAt === "soonest" ? Math.min(dueAt ?? now, now) : change.dueAt;
}

function seriesAfter({ series }: TaskState, change: EditedFields): TaskState["series"] {
  if (series === null) return null;
  const paused = change.paused ?? series.paused;
  if (change.series !== undefined) return { ...change.series, runCount: series.runCount, paused };
  return { ...series, nextRunAt: change.endsSeries ? null : series.nextRunAt, paused };
}

/**
 * Returns what a version of a task stands for. Two states differ in it if an operator who has seen
 * one of them must not change the other.
 */
export function versionOf(state: TaskState): string {
  const { edits, token, status, dueAt, series, worker, cancelRequested } = state;
  return JSON.stringify([
    edits,
    token,
    status,
    dueAt,
    series?.nextRunAt,
    worker !== null,
    cancelRequested,
  ]);
}
