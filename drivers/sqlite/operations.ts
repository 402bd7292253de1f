// Implements editTasks: changes tasks that still have the version that the operator has seen.

import type { TaskRecord } from "../../src/storage/records.ts";
import type { RowEdit, TaskEdit, TasksEdit, TasksEdited } from "../../src/storage/requests.ts";
import { cancelsAsked, makesDue } from "../../src/storage/edit_news.ts";
import { nothingEdited, progressOf } from "../../src/storage/kit/edit_results.ts";
import { isInTurn, noteProgress } from "./actions.ts";
import { AuditWriter } from "./audit_writer.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";
import { getTask } from "./reading.ts";
import type { SqliteValue } from "./sqlite_library.ts";
import { replaceTags } from "./tags.ts";
import { dueInstant } from "./task_inserts.ts";

/** Changes tasks for an operator; see `Storage.editTasks`. */
export function editTasks(connection: Connection, request: TasksEdit): TasksEdited {
  const { edits, action, batch } = request;
  return connection.transaction((now) => {
    const begun = batch?.continues ?? null;
    if (begun !== null && !isInTurn(connection, begun.actionId, begun.next)) {
      return nothingEdited(request);
    }
    const audit = new AuditWriter(connection, now, edits.length);
    const applied = edits.map((edit) => editTask(connection, now, audit, edit));
    audit.flush();
    const progress = progressOf(request, applied);
    if (progress === null) return nothingEdited(request);
    const actionId = noteProgress(connection, now, action, begun?.actionId ?? null, progress);
    const edited = { actionId, applied };
    if (makesDue(request, edited)) countChange(connection, "task_changes");
    if (cancelsAsked(request, edited).length > 0) countChange(connection, "cancel_changes");
    return edited;
  });
}

function editTask(
  connection: Connection,
  now: number,
  audit: AuditWriter,
  { taskId, version, change }: TaskEdit,
): boolean {
  const task = getTask(connection, taskId);
  if (task === null || task.version !== version) return false;
  if (change === "delete") {
    if (task.tags.length > 0) replaceTags(connection, taskId, []);
    deleteTask(connection, taskId);
    return true;
  }
  const columns = columnsOf(change, task, now);
  const assignments = Object.keys(columns).map((column) => `${column} = ?, `);
  connection.run(
    `UPDATE queued_tasks SET ${assignments.join("")}edits = coalesce(edits, 0) + 1 WHERE id = ?`,
    ...Object.values(columns),
    taskId,
  );
  if (change.status !== undefined) {
    audit.addTransitions(taskId, task.auditLevel, [
      { status: change.status, exception: null, agoMs: 0 },
    ]);
  }
  return true;
}

const tablesOfTask = [
  ["status_audit", "queued_task_id"],
  ["runs_audit", "queued_task_id"],
  ["task_execution_log", "task_id"],
  ["task_series", "task_id"],
  ["queued_tasks", "id"],
] as const;

function deleteTask(connection: Connection, taskId: string): void {
  for (const [table, column] of tablesOfTask) {
    connection.run(`DELETE FROM ${table} WHERE ${column} = ?`, taskId);
  }
}

/** The columns that an edit sets, and their values. */
function columnsOf(edit: RowEdit, { dueAt }: TaskRecord, now: number): Record<string, SqliteValue> {
  const { payload, queue, priority, status, due, series, paused } = edit;
  return {
    ...payload !== undefined && { request: payload },
    ...queue !== undefined && { queue_name: queue },
    ...priority !== undefined && { priority },
    ...status !== undefined && { status, exception: null },
    ...edit.startsAnew && { attempt: 0, lost_count: 0, rate_slot_utc: null, cancel_requested: 0 },
    ...edit.cancelRequested !== undefined && { cancel_requested: edit.cancelRequested ? 1 : 0 },
    ...due !== undefined && { due_at_utc: dueAfter(due, dueAt, now) },
    ...series !== undefined && {
      recurring_task: series.schedule,
      recurring_info: series.info,
      max_runs: series.maxRuns,
      run_until: series.runUntil,
      anchor_utc: series.anchorAt,
      next_run_utc: series.nextRunAt,
    },
    ...edit.endsSeries && { next_run_utc: null },
    ...paused !== undefined && { paused: paused ? 1 : null },
  };
}

function dueAfter(
  due: NonNullable<RowEdit["due"]> | null,
  dueAt: number | null,
  now: number,
): number | null {
  if (due === "soonest") return Math.min(dueAt ?? now, now);
  return due === null ? null : dueInstant({ due }, now);
}
