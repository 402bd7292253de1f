// Reads tasks and their history in pages.

import type { TaskFilter, TaskRecord } from "@evertask/evertask";
import {
  countStart,
  duePageStart,
  type DuePlace,
  type HistoryPageRequest,
  historyPageStart,
  taskPageStart,
  toDuePage,
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
  if (page.order === "due") return listDueTasks(database, filter, page);
  const { limit, oldestFirst, after } = taskPageStart(page);
  return toTaskPage(find(database, filter, oldestFirst, after), limit, toRecord, null);
}

/** Returns a page of the waiting tasks that match a filter, by due instant. */
function listDueTasks(
  database: MapDatabase,
  filter: TaskFilter,
  page: NonNullable<Args<"list">[1]>,
): Awaited<Result<"list">> {
  const { limit, after } = duePageStart(page);
  const found = [...database.rows.values()].filter((row) => matches(row, filter)).map(toRecord)
    .flatMap((task) => task.dueAt === null ? [] : [{ dueAt: task.dueAt, id: task.id, task }])
    .filter((place) => after === null || compare(place, after) > 0)
    .sort(compare);
  return toDuePage(found.map(({ task }) => task), limit, null);
}

/** Compares tasks by due instant, then by id. */
function compare(a: DuePlace, b: DuePlace): number {
  return a.dueAt - b.dueAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
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

/** Returns a page of a task's history. */
export function pageOf<T>(items: readonly Numbered<T>[] = [], page: HistoryPageRequest = {}) {
  const { limit, newestFirst, after } = historyPageStart(page);
  const isAfter = ({ number }: Numbered<T>) => newestFirst ? number < after : number > after;
  const found = (newestFirst ? items.toReversed() : items).filter(isAfter);
  return toPage(found, limit, ({ number: _, ...item }) => item, ({ number }) => String(number));
}
