// Changes of tasks by operators, in the memory store.

import { nothingEdited, progressOf } from "../../src/storage/kit/edit_results.ts";
import type { RowEdit, TaskEdit, TasksEdit, TasksEdited } from "../../src/storage/requests.ts";
import { isInTurn, noteProgress } from "./actions.ts";
import { dueInstant } from "./persist.ts";
import { newSeries, type TaskRow } from "./rows.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.editTasks}. */
export function editTasks(state: MemoryState, request: TasksEdit, now: number): TasksEdited {
  const { edits, action, batch } = request;
  const begun = batch?.continues ?? null;
  if (begun !== null && !isInTurn(state, begun.actionId, begun.next)) return nothingEdited(request);
  const applied = edits.map((edit) => editTask(state, edit, now));
  const progress = progressOf(request, applied);
  if (progress === null) return nothingEdited(request);
  const actionId = noteProgress(state, action, begun?.actionId ?? null, progress, now);
  return { actionId, applied };
}

function editTask(state: MemoryState, { taskId, version, change }: TaskEdit, now: number): boolean {
  const row = state.rows.get(taskId);
  if (row === undefined || row.toRecord().version !== version) return false;
  if (change === "delete") {
    state.due.setDue(row, null);
    state.delete(row);
  } else {
    applyEdit(state, row, change, now);
  }
  return true;
}

function applyEdit(state: MemoryState, row: TaskRow, edit: RowEdit, now: number): void {
  const dueAt = dueAfter(row, edit, now);
  // The task leaves its heap first, because the fields below determine the heap.
  state.due.setDue(row, null);
  row.edits++;
  row.payload = edit.payload?.toWellFormed() ?? row.payload;
  row.queue = edit.queue?.toWellFormed() ?? row.queue;
  row.priority = edit.priority ?? row.priority;
  if (edit.startsAnew) {
    row.attempt = 0;
    row.lostCount = 0;
    row.rateSlotAt = null;
    row.cancelRequested = false;
  }
  row.cancelRequested = edit.cancelRequested ?? row.cancelRequested;
  if (row.series !== null) {
    const { runCount, nextRunAt } = row.series;
    const paused = edit.paused ?? row.series.paused === true;
    if (edit.series !== undefined) row.series = { ...newSeries(edit.series), runCount };
    else row.series.nextRunAt = edit.endsSeries ? null : nextRunAt;
    if (paused) row.series.paused = true;
    else delete row.series.paused;
  }
  if (edit.status !== undefined) state.setStatus(row, edit.status, null, now);
  state.due.setDue(row, dueAt);
}

function dueAfter({ dueAt }: TaskRow, { due }: RowEdit, now: number): number | null {
  if (due === undefined) return dueAt;
  if (due === "soonest") return Math.min(dueAt ?? now, now);
  return due === null ? null : dueInstant({ due }, now);
}
