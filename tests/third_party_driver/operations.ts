// Changes of tasks by operators, and the record of their actions.

import {
  type ActionFilter,
  nothingEdited,
  type OperatorActionRecord,
  pageLimit,
  pageStart,
  progressOf,
  type RowEdit,
  type TaskEdit,
  toPage,
  type VerbArguments as Args,
  type VerbResult as Result,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { dueInstant, type Row, startAnew, toRecord, wellFormed } from "./rows.ts";

/** Applies edits to tasks that still have the version that the operator has seen. */
export function editTasks(
  database: MapDatabase,
  ...[request, now]: [...Args<"editTasks">, number]
): Awaited<Result<"editTasks">> {
  const { edits, action, batch } = request;
  const continued = batch?.continues ?? null;
  const begun = database.actions.find(({ id }) => id === continued?.actionId);
  if (continued !== null && begun?.next !== continued.next) return nothingEdited(request);
  const applied = edits.map((edit) => editTask(database, edit, now));
  const progress = progressOf(request, applied);
  if (progress === null) return nothingEdited(request);
  if (begun === undefined) {
    return { actionId: noteAction(database, { ...action, ...progress }, now), applied };
  }
  begun.changed += progress.changed;
  begun.skipped += progress.skipped;
  begun.next = progress.next;
  return { actionId: begun.id, applied };
}

/** Records an action, and returns its id. */
export function noteAction(
  database: MapDatabase,
  action: Omit<OperatorActionRecord, "id" | "doneAt">,
  now: number,
): string {
  const { by, reason, target } = action;
  const id = String(database.nextNumber());
  database.actions.unshift({
    ...action,
    id,
    doneAt: now,
    by: wellFormed(by),
    reason: reason === null ? null : wellFormed(reason),
    target: target.id === null ? target : { ...target, id: wellFormed(target.id) },
  });
  return id;
}

/** Returns a page of actions, newest first. */
export function operatorActions(
  database: MapDatabase,
  ...[filter = {}, page = {}]: Args<"operatorActions">
): Awaited<Result<"operatorActions">> {
  const limit = pageLimit(page);
  const before = pageStart(page) || Infinity;
  const found = database.actions.filter((action) =>
    Number(action.id) < before && matches(action, filter)
  );
  return toPage(found, limit, (action) => ({ ...action }), ({ id }) => id);
}

function matches({ by, verb, target }: OperatorActionRecord, filter: ActionFilter): boolean {
  const isOf = (kind: string, id: string | undefined) =>
    id === undefined || target.kind === kind && target.id === wellFormed(id);
  return (filter.by === undefined || by === wellFormed(filter.by)) &&
    (filter.verbs?.includes(verb) ?? true) &&
    isOf("task", filter.taskId) && isOf("queue", filter.queue);
}

function editTask(database: MapDatabase, edit: TaskEdit, now: number): boolean {
  const row = database.rows.get(edit.taskId);
  if (row === undefined || toRecord(row).version !== edit.version) return false;
  if (edit.change === "delete") database.rows.delete(row.id);
  else apply(database, row, edit.change, now);
  return true;
}

function apply(database: MapDatabase, row: Row, edit: RowEdit, now: number): void {
  const { due, paused, series } = edit;
  row.edits++;
  if (edit.payload !== undefined) row.payload = wellFormed(edit.payload);
  if (edit.queue !== undefined) row.queue = wellFormed(edit.queue);
  if (edit.priority !== undefined) row.priority = edit.priority;
  if (edit.startsAnew) {
    startAnew(row);
    row.cancelRequested = false;
  }
  row.cancelRequested = edit.cancelRequested ?? row.cancelRequested;
  if (due !== undefined) {
    const soonest = Math.min(row.dueAt ?? now, now);
    row.dueAt = due === null ? null : due === "soonest" ? soonest : dueInstant({ due }, now);
  }
  if (row.series !== null) {
    if (series !== undefined) Object.assign(row.series, series);
    if (edit.endsSeries) row.series.nextRunAt = null;
    if (paused) row.series.paused = true;
    else if (paused === false) delete row.series.paused;
  }
  if (edit.status !== undefined) database.setStatus(row, edit.status, null, now);
}
