// Decides what an operator's change does to a task, or why it does not apply, from the task alone.
// Storage applies the decision only if the task still has the same version.

import type { Due, NewSeries, RowEdit, TaskEdit } from "../storage/requests.ts";
import type { TaskRecord } from "../storage/records.ts";
import { isWaiting } from "../storage/task_status.ts";
import type { RefusalReason } from "./refusal.ts";

/** A change of a task, and the fields that its action records. */
export interface Decision {
  readonly change: TaskEdit["change"];
  /** The changed fields, before the change. */
  readonly before: NotedFields;
  /** The changed fields, after the change; null if the task is deleted. */
  readonly after: NotedFields | null;
}

/**
 * Fields of a task in an action. Instants are in ISO 8601, or relative to the storage's clock:
 * `now`, `now + 500 ms`.
 */
export type NotedFields = Readonly<Record<string, string | number | boolean | null>>;

/** Decides about a task. */
export type Decide = (task: TaskRecord) => Decision | RefusalReason;

/** The fields of a task that an operator may edit. */
export interface FieldEdit {
  /** As JSON text. */
  readonly payload?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly due?: Due;
}

/** Edits a task that waits. */
export function decideEdit(edit: FieldEdit): Decide {
  return (task) => {
    if (task.workerId !== null) return "held";
    if (hasEnded(task)) return task.series === null ? "ended" : "seriesEnded";
    if (isOutOfLine(task)) return "outOfLine";
    const { due, ...fields } = edit;
    if (due !== undefined && task.series !== null) return "series";
    const before: Record<string, string | number | null> = {};
    for (const name of Object.keys(fields) as (keyof typeof fields)[]) before[name] = task[name];
    if (due === undefined) return { change: edit, before, after: fields };
    return {
      change: edit,
      before: { ...before, dueAt: instant(task.dueAt) },
      after: { ...fields, dueAt: "at" in due ? instant(due.at) : `now + ${due.inMs} ms` },
    };
  };
}

/** Deletes a task that no worker holds. */
export const decideDelete: Decide = (task) => {
  if (task.workerId !== null) return "held";
  const { type, status, queue, priority, taskKey, payload, exception } = task;
  const fields = { type, status, queue, priority, taskKey, payload, exception };
  return { change: "delete", before: { ...fields, dueAt: instant(task.dueAt) }, after: null };
};

/** Runs an ended task again from the start. */
export const decideRetry: Decide = decideRetryWith({});

/** Runs an ended task again from the start, with another payload if one is given. */
export function decideRetryWith(edit: Pick<FieldEdit, "payload">): Decide {
  return (task) => {
    if (task.workerId !== null) return "held";
    if (task.series !== null) return hasEnded(task) ? "seriesEnded" : "series";
    if (task.dueAt !== null) return "waiting";
    const { status, attempt, payload } = task;
    return {
      change: { ...edit, status: "Queued", startsAnew: true, due: "soonest" },
      before: { status, attempt, ...edit.payload !== undefined && { payload } },
      after: { status: "Queued", attempt: 0, ...edit },
    };
  };
}

/** Makes a task due now: a waiting task, a series, or a task that ended without completing. */
export const decideRunNow: Decide = (task) => {
  if (task.workerId !== null) return "held";
  if (task.series !== null && hasEnded(task)) return "seriesEnded";
  if (task.series === null && task.dueAt === null) {
    return task.status === "Completed" ? "completed" : decideRetry(task);
  }
  return {
    change: { due: "soonest" },
    before: { dueAt: instant(task.dueAt) },
    after: { dueAt: "now" },
  };
};

/** Cancels a waiting task, or asks the worker that holds a task to cancel it. */
export const decideCancel: Decide = (task) => {
  const { status } = task;
  if (task.workerId !== null) {
    if (task.cancelRequested) return "cancelling";
    return {
      change: { cancelRequested: true },
      before: { status, cancelRequested: false },
      after: { status, cancelRequested: true },
    };
  }
  if (hasEnded(task)) return task.series === null ? "ended" : "seriesEnded";
  return {
    change: { status: "Cancelled", endsSeries: true, due: null, cancelRequested: false },
    before: { status, dueAt: instant(task.dueAt) },
    after: { status: "Cancelled", dueAt: null },
  };
};

/** Pauses a series. The current run ends first, with its retries. */
export const decidePause: Decide = (task) => {
  const { series, workerId } = task;
  if (series === null) return "oneShot";
  if (hasEnded(task)) return "seriesEnded";
  if (series.paused) return "paused";
  if (task.cancelRequested) return "cancelling";
  const change: RowEdit = workerId === null ? { paused: true, due: null } : { paused: true };
  return { change, before: { paused: false }, after: { paused: true } };
};

/** Resumes a series at its planned run. */
export const decideResume: Decide = (task) => {
  const { series, workerId, dueAt } = task;
  if (series === null) return "oneShot";
  if (hasEnded(task)) return "seriesEnded";
  if (!series.paused) return "notPaused";
  const isAtRest = workerId === null && dueAt === null && series.nextRunAt !== null;
  const change = isAtRest ? { paused: false, due: { at: series.nextRunAt } } : { paused: false };
  return { change, before: { paused: true }, after: { paused: false } };
};

/** Gives a series another schedule. */
export function decideReschedule(plan: NewSeries): Decide {
  return (task) => {
    const { series } = task;
    if (series === null) return "oneShot";
    if (hasEnded(task)) return "seriesEnded";
    if (task.workerId !== null) return "held";
    const due = series.paused ? {} : { due: { at: plan.nextRunAt } };
    return {
      change: { series: plan, startsAnew: true, ...due },
      before: scheduleFields(series),
      after: scheduleFields(plan),
    };
  };
}

function scheduleFields(
  { schedule, info, maxRuns, runUntil, nextRunAt }: Omit<NewSeries, "nextRunAt" | "anchorAt"> & {
    readonly nextRunAt: number | null;
  },
): NotedFields {
  const instants = { runUntil: instant(runUntil), nextRunAt: instant(nextRunAt) };
  return { schedule, info, maxRuns, ...instants };
}

/** Reports whether an unclaimed task has ended: it does not run again by itself. */
function hasEnded({ workerId, dueAt, series, status }: TaskRecord): boolean {
  if (workerId !== null || dueAt !== null || series?.nextRunAt != null) return false;
  return !isWaiting(status) && status !== "InProgress";
}

/** Reports whether a change by hand keeps workers from claiming a task. */
function isOutOfLine({ dueAt, series }: TaskRecord): boolean {
  return dueAt === null && !(series?.paused && series.nextRunAt !== null);
}

function instant(epochMs: number | null): string | null {
  if (epochMs === null) return null;
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}
