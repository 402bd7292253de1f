// Searches and counts tasks by calls of functions.

import {
  duePageStart,
  type DuePlace,
  isByDue,
  mostReadByDue,
  rowsOfLine,
  toDuePage,
} from "../../src/storage/due_paging.ts";
import { countPage, matchingPage, payloadPart } from "../../src/storage/payload_search.ts";
import { countStart, taskPageStart, toTaskPage } from "../../src/storage/paging.ts";
import type {
  CountRequest,
  PartialCount,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "../../src/storage/queries.ts";
import { mostRead } from "../../src/storage/task_filter.ts";
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
  >("search_tasks", toStoredFilter(filter), oldestFirst, after, limit + 1, mostRead(filter));
  return matchingPage(toTaskPage(tasks, limit, fromStored, lastRead), filter);
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
    toStoredFilter(filter),
    after?.dueAt,
    after?.id,
    limit + 1,
    rowsOfLine(filter, 1, limit),
    mostReadByDue(filter),
  );
  return matchingPage(toDuePage(tasks.map(fromStored), limit, known), filter);
}

/** Implements {@linkcode Storage.count}. */
export async function countTasks(
  call: Call,
  filter: TaskFilter,
  request: CountRequest,
): Promise<PartialCount> {
  if (filter.payload !== undefined) {
    return await countPage(request, (page) => listTasks(call, filter, page));
  }
  const { cap, after } = countStart(request);
  const { count, lastCounted, lastRead } = await call<
    { readonly count: number; readonly lastCounted: string; readonly lastRead: string | null }
  >("count_tasks", toStoredFilter(filter), after, cap + 1, mostRead(filter));
  return count > cap ? { count: cap, next: lastCounted } : { count, next: lastRead };
}

/** Returns the filter with ids that PostgreSQL accepts, and the text of a value in payloads. */
function toStoredFilter(filter: TaskFilter): object {
  return {
    ...filter,
    ...filter.ids !== undefined && { ids: filter.ids.map(toId) },
    payload: undefined,
    payloadPart: payloadPart(filter),
    payloadPath: filter.payload?.path.split("."),
  };
}
