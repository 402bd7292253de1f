// Reads tasks and their history in pages.

import type { PageRequest, TaskFilter, TaskRecord } from "@evertask/evertask";
import {
  countStart,
  pageLimit,
  pageStart,
  taskPageStart,
  toPage,
  toPartialCount,
  toTaskPage,
  type VerbArguments as Args,
  type VerbResult as Result,
} from "@evertask/evertask/storage";
import type { MapDatabase } from "./database.ts";
import { matches, type Numbered, type Row, toRecord } from "./rows.ts";

/** Returns the record of a task, or null. */
export function getTask(row: Row | undefined): TaskRecord | null {
  return row === undefined ? null : toRecord(row);
}

/** Returns a page of the tasks that match a filter. */
export function listTasks(
  database: MapDatabase,
  ...[filter = {}, page = {}]: Args<"list">
): Awaited<Result<"list">> {
  const { limit, oldestFirst, after } = taskPageStart(page);
  return toTaskPage(find(database, filter, oldestFirst, after), limit, toRecord, null);
}

/** Counts the tasks that match a filter, up to a cap. */
export function countTasks(
  database: MapDatabase,
  ...[filter, request]: Args<"count">
): Awaited<Result<"count">> {
  const { cap, after } = countStart(request);
  const rows = find(database, filter, false, after);
  return toPartialCount(rows, cap, ({ id }) => id, null);
}

/** Returns the matching tasks after the task with the id `after`, ordered by id. */
function find(
  database: MapDatabase,
  filter: TaskFilter,
  oldestFirst: boolean,
  after: string | undefined,
): Row[] {
  const isAfter = (id: string) => after === undefined || (oldestFirst ? id > after : id < after);
  const rows = [...database.rows.values()]
    .filter((row) => matches(row, filter) && isAfter(row.id))
    .sort((a, b) => a.id < b.id ? 1 : -1);
  return oldestFirst ? rows.reverse() : rows;
}

/** Returns a page of a task's history, in the order of writing. */
export function pageOf<T>(items: readonly Numbered<T>[] = [], page: PageRequest = {}) {
  const limit = pageLimit(page);
  const start = pageStart(page);
  const found = items.filter((item) => item.number > start);
  return toPage(found, limit, ({ number: _, ...item }) => item, ({ number }) => String(number));
}
