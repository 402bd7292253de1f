// Reading from the memory store: tasks and their histories, in pages.

import type { Page, PageRequest, TaskFilter } from "../../src/storage/queries.ts";
import type { TaskRecord } from "../../src/storage/records.ts";
import { pageLimit, pageStart, pageStartId, toPage } from "../../src/storage/paging.ts";
import type { MemoryState } from "./state.ts";
import type { Numbered, TaskRow } from "./rows.ts";

/** {@linkcode Storage.list}. */
export function listTasks(
  state: MemoryState,
  filter: TaskFilter,
  page: PageRequest,
): Page<TaskRecord> {
  const limit = pageLimit(page);
  const startId = pageStartId(page);
  const rows = state.list();
  const found: TaskRow[] = [];
  let index = startId === undefined ? rows.length : firstFrom(rows, startId);
  while (--index >= 0 && found.length <= limit) {
    const row = rows[index]!;
    if (matches(row, filter)) found.push(row);
  }
  return toPage(found, limit, (row) => row.toRecord(), (row) => row.id);
}

/** A page of a task's history. */
export function pageOf<T extends object>(
  row: TaskRow | undefined,
  history: (row: TaskRow) => readonly Numbered<T>[] | null,
  page: PageRequest,
): Page<T> {
  const limit = pageLimit(page);
  const start = pageStart(page);
  const all = (row && history(row)) ?? [];
  const found = all.filter((item) => item.number > start).slice(0, limit + 1);
  return toPage(
    found,
    limit,
    ({ number: _, ...item }) => ({ taskId: row!.id, ...item }) as T,
    last,
  );
}

function matches(row: TaskRow, filter: TaskFilter): boolean {
  const { statuses, types, queues, recurring, createdFrom, createdBefore } = filter;
  return (statuses === undefined || statuses.includes(row.status)) &&
    (types === undefined || types.some((type) => type.toWellFormed() === row.type)) &&
    (queues === undefined || queues.some((queue) => queue.toWellFormed() === row.queue)) &&
    (recurring === undefined || recurring === (row.series !== null)) &&
    (createdFrom === undefined || row.createdAt >= createdFrom) &&
    (createdBefore === undefined || row.createdAt < createdBefore);
}

/** The index of the first row whose id is not below `id`. */
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

function last(item: { readonly number: number }): string {
  return String(item.number);
}
