// Searches and counts the tasks of the memory store.

import { hasPayload } from "../../src/storage/payload_search.ts";
import {
  countStart,
  type TaskPageStart,
  taskPageStart,
  toPartialCount,
  toTaskPage,
} from "../../src/storage/paging.ts";
import type {
  CountRequest,
  PartialCount,
  TaskFilter,
  TaskPage,
  TaskPageRequest,
} from "../../src/storage/queries.ts";
import { mostRead, tagToRead } from "../../src/storage/task_filter.ts";
import type { TaskRow } from "./rows.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.list}. */
export function listTasks(
  state: MemoryState,
  filter: TaskFilter,
  page: TaskPageRequest,
): TaskPage {
  const start = taskPageStart(page);
  const { rows, lastRead } = find(state, filter, start, start.limit + 1);
  return toTaskPage(rows, start.limit, (row) => row.toRecord(), lastRead);
}

/** Implements {@linkcode Storage.count}. */
export function countTasks(
  state: MemoryState,
  filter: TaskFilter,
  request: CountRequest,
): PartialCount {
  const { cap, after } = countStart(request);
  const { rows, lastRead } = find(state, filter, { oldestFirst: false, after }, cap + 1);
  return toPartialCount(rows, cap, ({ id }) => id, lastRead);
}

/** Finds at most `most` matching tasks among the rows that one call may read. */
function find(
  state: MemoryState,
  filter: TaskFilter,
  { oldestFirst, after }: Pick<TaskPageStart, "oldestFirst" | "after">,
  most: number,
): { rows: TaskRow[]; lastRead: string | null } {
  const tag = tagToRead(filter);
  const all = tag === undefined ? state.list() : state.tagged(tag);
  const matches = matcher(filter);
  const mostRows = mostRead(filter) ?? Infinity;
  const rows: TaskRow[] = [];
  const step = oldestFirst ? 1 : -1;
  let index = firstIndex(all, oldestFirst, after);
  for (let read = 0; rows.length < most; read++, index += step) {
    const row = all[index];
    if (row === undefined) return { rows, lastRead: null };
    if (read === mostRows) return { rows, lastRead: all[index - step]!.id };
    if (matches(row)) rows.push(row);
  }
  return { rows, lastRead: null };
}

/** Returns a function that reports whether a row matches a filter. */
export function matcher(filter: TaskFilter): (row: TaskRow) => boolean {
  const { recurring, taskKeyPrefix, exceptionContains } = filter;
  const isOneOf = (texts: readonly string[] | undefined) => {
    if (texts === undefined) return () => true;
    const stored = new Set(texts.map((text) => text.toWellFormed()));
    return (text: string | null) => text !== null && stored.has(text);
  };
  const { taskKey } = filter;
  const isId = isOneOf(filter.ids);
  const isStatus = isOneOf(filter.statuses);
  const isType = isOneOf(filter.types);
  const isQueue = isOneOf(filter.queues);
  const isKey = isOneOf(taskKey === undefined ? undefined : [taskKey]);
  const prefix = taskKeyPrefix?.toWellFormed();
  const part = exceptionContains?.toWellFormed();
  const tags = filter.tags?.map((tag) => tag.toWellFormed()) ?? [];
  return (row) =>
    isId(row.id) && isStatus(row.status) && isType(row.type) && isQueue(row.queue) &&
    isKey(row.taskKey) && tags.every((tag) => row.tags.includes(tag)) &&
    (recurring === undefined || recurring === (row.series !== null)) &&
    (prefix === undefined || row.taskKey?.startsWith(prefix) === true) &&
    (part === undefined || row.exception?.includes(part) === true) &&
    (filter.payload === undefined || hasPayload(filter, row.payload)) &&
    isWithin(row.createdAt, filter.createdFrom, filter.createdBefore) &&
    isWithin(row.dueAt, filter.dueFrom, filter.dueBefore) &&
    isWithin(row.lastExecutionAt, filter.executedFrom, filter.executedBefore);
}

/** Reports whether an instant is in a range. Null is only in the unbounded range. */
function isWithin(
  instant: number | null,
  from: number | undefined,
  before: number | undefined,
): boolean {
  if (from === undefined && before === undefined) return true;
  return instant !== null && instant >= (from ?? -Infinity) && instant < (before ?? Infinity);
}

/** Returns the index of the first row of a page. */
function firstIndex(
  rows: readonly TaskRow[],
  oldestFirst: boolean,
  after: string | undefined,
): number {
  if (after === undefined) return oldestFirst ? 0 : rows.length - 1;
  const index = firstFrom(rows, after);
  if (!oldestFirst) return index - 1;
  return rows[index]?.id === after ? index + 1 : index;
}

/** Returns the index of the first row whose id is not below `id`. */
function firstFrom(rows: readonly TaskRow[], id: string): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
