// Implements setStatusMany and updateCurrentRunMany. Sorts each batch by task id, the order in
// which all batches lock rows.

import type { ChangeResult, RunEnd, StatusChange } from "../../src/storage/requests.ts";
import { putsInLine } from "../../src/storage/status_transitions.ts";
import type { DatabaseAccess } from "./database.ts";
import { byTaskId, toCompletions, toRunEnd, toStatusChange } from "./rows.ts";

/** Applies status changes. */
export async function setStatusMany(
  access: DatabaseAccess,
  changes: readonly StatusChange[],
  connection: unknown,
): Promise<readonly ChangeResult[]> {
  const sorted = [...changes].sort(byTaskId);
  const completions = toCompletions(sorted);
  if (completions !== null) {
    return await apply(access, "complete_tasks", changes, completions, connection);
  }
  const rows = sorted.map(toStatusChange);
  const givesBack = changes.some((change) => change.dueInMs === 0 || putsInLine(change));
  const args = [rows, givesBack ? access.message("tasks") : null];
  return await apply(access, "set_task_statuses", changes, args, connection);
}

/** Ends runs. */
export async function updateCurrentRunMany(
  access: DatabaseAccess,
  runs: readonly RunEnd[],
  connection: unknown,
): Promise<readonly ChangeResult[]> {
  const rows = [...runs].sort(byTaskId).map(toRunEnd);
  return await apply(access, "update_current_runs", runs, [rows, null], connection);
}

async function apply(
  access: DatabaseAccess,
  name: "set_task_statuses" | "complete_tasks" | "update_current_runs",
  changes: readonly { readonly taskId: string }[],
  args: readonly unknown[],
  connection: unknown,
): Promise<readonly ChangeResult[]> {
  if (changes.length === 0) return [];
  const applied = await access.callIn<string[] | null>(connection, name, ...args);
  if (applied === null) return changes.map(() => ({ applied: true }));
  const ids = new Set(applied);
  return changes.map(({ taskId }) => ({ applied: ids.has(taskId) }));
}
