// Reads tasks and their history: calls functions, and converts rows to records and pages.

import { historyPageStart } from "../../src/storage/history_paging.ts";
import { toPage } from "../../src/storage/paging.ts";
import type { HistoryPageRequest, Page } from "../../src/storage/queries.ts";
import type { TaskRecord } from "../../src/storage/records.ts";
import type { Call } from "./database.ts";
import { fromStored, type StoredTaskRecord, toId } from "./rows.ts";

/** Returns a task, or null. */
export async function getTask(call: Call, taskId: string): Promise<TaskRecord | null> {
  return toRecord(await call("get_task", toId(taskId)));
}

/** Returns the task that holds a key, or null. */
export async function getTaskByKey(call: Call, taskKey: string): Promise<TaskRecord | null> {
  return toRecord(await call("get_task_by_key", taskKey));
}

/** Returns a page of the rows of a task in one of the tables of history. */
export async function listHistory<T>(
  call: Call,
  table: "status_audit" | "runs_audit" | "execution_logs",
  taskId: string,
  page?: HistoryPageRequest,
): Promise<Page<T>> {
  const { limit, newestFirst, after } = historyPageStart(page);
  const name = newestFirst ? `list_last_${table}` as const : `list_${table}` as const;
  const rows = await call<(T & { number: number })[]>(name, toId(taskId), after, limit + 1);
  return toPage(
    rows,
    limit,
    ({ number: _, ...item }) => item as T,
    ({ number }) => String(number),
  );
}

function toRecord(stored: StoredTaskRecord | null): TaskRecord | null {
  return stored && fromStored(stored);
}
