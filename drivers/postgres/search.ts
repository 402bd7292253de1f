// Searches and counts tasks by calls of functions.

import {
  duePageStart,
  type DuePlace,
  isByDue,
  rowsOfLine,
  toDuePage,
} from "../../src/storage/due_paging.ts";
import { countStart, mostRowsRead, taskPageStart, toTaskPage } from "../../src/storage/paging.ts";
import type {
  CountRequest,
  PartialCount,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "../../src/storage/queries.ts";
import { readsInVain } from "../../src/storage/task_filter.ts";
import type { Call } from "./database.ts";
import { fromStored, type StoredTaskRecord, toId } from "./rows.ts";

/** Implements {@linkcode Storage.list}. */
export async function listTasks(
  call: Call,
  filter: TaskFilter = {},
  page: TaskPageRequest = {},
): Promise<TaskPage> {
  if (isByDue(page)) return await listDueTasks(call, filter, page);
  const { limit, oldestFirst, after } = taskPageStart(page);
  const { tasks, lastRead } = await call<
    { readonly tasks: StoredTaskRecord[]; readonly lastRead: string | null }
  >("search_tasks", withIds(filter), oldestFirst, after, limit + 1, mostRead(filter));
  return toTaskPage(tasks, limit, fromStored, lastRead);
}

async function listDueTasks(
  call: Call,
  filter: TaskFilter,
  page: TaskPageRequest,
): Promise<TaskPage> {
  const { limit, after } = duePageStart(page);
  const { tasks, known } = await call<
    { readonly tasks: StoredTaskRecord[]; readonly known: DuePlace | null }
  >(
    "search_due_tasks",
    withIds(filter),
    after?.dueAt,
    after?.id,
    limit + 1,
    rowsOfLine(filter, 1, limit),
    mostRowsRead,
  );
  return toDuePage(tasks.map(fromStored), limit, known);
}

/** Implements {@linkcode Storage.count}. */
export async function countTasks(
  call: Call,
  filter: TaskFilter,
  request: CountRequest,
): Promise<PartialCount> {
  const { cap, after } = countStart(request);
  const { count, lastCounted, lastRead } = await call<
    { readonly count: number; readonly lastCounted: string; readonly lastRead: string | null }
  >("count_tasks", withIds(filter), after, cap + 1, mostRead(filter));
  return count > cap ? { count: cap, next: lastCounted } : { count, next: lastRead };
}

/** Returns the filter with ids that PostgreSQL accepts. */
function withIds(filter: TaskFilter): TaskFilter {
  return filter.ids === undefined ? filter : { ...filter, ids: filter.ids.map(toId) };
}

function mostRead(filter: TaskFilter): number | undefined {
  return readsInVain(filter) ? mostRowsRead : undefined;
}
