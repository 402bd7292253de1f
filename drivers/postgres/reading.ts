// Reads tasks and their history: calls functions, and converts rows to records and pages.

import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
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

/** Returns the rows of a task in one of the tables of history, oldest first. */
export async function listHistory<T>(
  call: Call,
  name: "list_status_audit" | "list_runs_audit" | "list_execution_logs",
  taskId: string,
  page: PageRequest = {},
): Promise<Page<T>> {
  const limit = pageLimit(page);
  const start = pageStart(page);
  const rows = await call<(T & { number: number })[]>(name, toId(taskId), start, limit + 1);
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
