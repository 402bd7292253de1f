// Implements editTasks. Sorts the edits by task id, the order in which all batches lock rows.

import { nothingEdited } from "../../src/storage/kit/edit_results.ts";
import type { TaskEdit, TasksEdit, TasksEdited } from "../../src/storage/requests.ts";
import type { DatabaseAccess } from "./database.ts";
import { byTaskId, toId } from "./rows.ts";

/** The result of edit_tasks. */
interface StoredEdits {
  readonly actionId: string;
  /** The ids of the tasks that were changed. */
  readonly edited: readonly string[];
}

/** Implements {@linkcode Storage.editTasks}. */
export async function editTasks(
  access: DatabaseAccess,
  request: TasksEdit,
): Promise<TasksEdited> {
  const { edits, action, batch } = request;
  const rows = [...edits].sort(byTaskId).map(toEdit);
  const sender = access.session.channel?.sender ?? null;
  const answer = await access.call<StoredEdits | null>("edit_tasks", rows, action, batch, sender);
  if (answer === null) return nothingEdited(request);
  const edited = new Set(answer.edited);
  return { actionId: answer.actionId, applied: edits.map(({ taskId }) => edited.has(taskId)) };
}

/** Converts an edit for edit_tasks. */
function toEdit({ taskId, version, change }: TaskEdit): object {
  const row = { id: toId(taskId), version };
  if (change === "delete") return { ...row, deletes: true };
  const { payload, queue, priority, status, due, series, paused } = change;
  return {
    ...row,
    payload,
    queue,
    priority,
    status,
    starts_anew: change.startsAnew,
    cancels: change.cancelRequested,
    ...due !== undefined && { moves_due: true },
    ...due === "soonest" && { soonest: true },
    ...typeof due === "object" && due !== null && "inMs" in due && { due_in_ms: due.inMs },
    ...typeof due === "object" && due !== null && "at" in due && { due_at_ms: due.at },
    schedule: series?.schedule,
    info: series?.info,
    anchor_at_ms: series?.anchorAt,
    max_runs: series?.maxRuns,
    run_until_ms: series?.runUntil,
    next_run_at_ms: series?.nextRunAt,
    ends_series: change.endsSeries,
    paused,
  };
}
