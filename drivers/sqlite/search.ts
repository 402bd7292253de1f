// Searches and counts tasks. A search reads all tasks by id, all series, the tasks of a tag, or an
// application's index of payloads. A search that may read many rows without a match stops after
// `mostRead` rows.

import { countPage, matchingPage, payloadPart } from "../../src/storage/payload_search.ts";
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
import { mostRead, mostScatteredRead, tagToRead } from "../../src/storage/task_filter.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { payloadIndex } from "./payload_index.ts";
import { taskColumns, toTaskRecord } from "./rows.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";

/** Implements {@linkcode Storage.list}. */
export function listTasks(
  connection: Connection,
  filter: TaskFilter = {},
  page?: TaskPageRequest,
): TaskPage {
  const start = taskPageStart(page);
  const { rows, lastRead } = find(connection, taskColumns, filter, start, start.limit + 1);
  return matchingPage(toTaskPage(rows, start.limit, toTaskRecord, lastRead), filter);
}

/** Implements {@linkcode Storage.count}. */
export function countTasks(
  connection: Connection,
  filter: TaskFilter,
  request: CountRequest,
): PartialCount | Promise<PartialCount> {
  if (filter.payload !== undefined) {
    return countPage(request, (page) => listTasks(connection, filter, page));
  }
  const { cap, after } = countStart(request);
  const start = { oldestFirst: false, after };
  const { rows, lastRead } = find(connection, "id", filter, start, cap + 1);
  return toPartialCount(rows, cap, ({ id }) => id as string, lastRead);
}

type Start = Pick<TaskPageStart, "oldestFirst" | "after">;

/** Finds at most `most` matching tasks among the rows that one call may read. */
function find(
  connection: Connection,
  columns: string,
  filter: TaskFilter,
  start: Start,
  most: number,
): { rows: SqliteRow[]; lastRead: string | null } {
  const { id, ids, tasks, selected, mostRows } = sourceOf(connection, filter);
  const order = start.oldestFirst ? id : `${id} DESC`;
  const where = new Conditions();
  if (start.after !== undefined) where.add(`${id} ${start.oldestFirst ? ">" : "<"} ?`, start.after);
  if (selected !== undefined) where.add(...selected);
  let lastRead: string | null = null;
  if (mostRows !== undefined) {
    const last = connection.get(
      `SELECT ${id} AS id FROM ${ids} ${where} ORDER BY ${order} LIMIT 1 OFFSET ?`,
      ...where.parameters,
      mostRows - 1,
    );
    lastRead = last === undefined ? null : last.id as string;
  }
  if (lastRead !== null) where.add(`${id} ${start.oldestFirst ? "<=" : ">="} ?`, lastRead);
  addConditions(where, filter);
  const rows = connection.all(
    `SELECT ${columns} FROM ${tasks} ${where} ORDER BY ${order} LIMIT ?`,
    ...where.parameters,
    most,
  );
  return { rows, lastRead };
}

/** The rows that a search reads, in the order of their ids. */
interface Source {
  readonly id: "id" | "task_id";
  /** The table from which the ids are read. */
  readonly ids: string;
  /** That table with the columns of tasks. */
  readonly tasks: string;
  /** The condition of the rows in that table; undefined for all. */
  readonly selected?: readonly [condition: string, ...values: SqliteValue[]];
  /** The maximum number of rows to read. */
  readonly mostRows: number | undefined;
}

function sourceOf(connection: Connection, filter: TaskFilter): Source {
  const mostRows = mostRead(filter);
  const tag = tagToRead(filter);
  if (tag !== undefined) {
    return { ...listed("task_tags"), selected: ["tag = ?", tag.toWellFormed()], mostRows };
  }
  const index = payloadIndex(connection, filter);
  if (index !== undefined) {
    const selected = [`${index.value} = ?`, payloadPart(filter)!] as const;
    const table = `queued_tasks INDEXED BY ${index.name}`;
    return { id: "id", ids: table, tasks: table, selected, mostRows: mostScatteredRead };
  }
  if (readsSeries(filter)) return { ...listed("task_series"), mostRows };
  return { id: "id", ids: "queued_tasks", tasks: "queued_tasks", mostRows };
}

/** Returns the source of tasks whose ids are in another table. */
function listed(table: string): Pick<Source, "id" | "ids" | "tasks"> {
  return { id: "task_id", ids: table, tasks: `${table} CROSS JOIN queued_tasks ON id = task_id` };
}

/** Reports whether a search reads all series. The index of ids or of a key finds fewer tasks. */
function readsSeries({ recurring, ids, taskKey }: TaskFilter): boolean {
  return recurring === true && ids === undefined && taskKey === undefined;
}

const columnsOfTexts = [
  ["ids", "id"],
  ["statuses", "status"],
  ["types", "type"],
  ["queues", "queue_name"],
] as const;

const ranges = [
  ["createdFrom", "created_at_utc >= ?"],
  ["createdBefore", "created_at_utc < ?"],
  // The call of `ifnull` prevents SQLite from using the index of claimable tasks, whose rows it
  // would have to sort.
  ["dueFrom", "ifnull(due_at_utc >= ?, 0)"],
  ["dueBefore", "ifnull(due_at_utc < ?, 0)"],
  ["executedFrom", "last_execution_utc >= ?"],
  ["executedBefore", "last_execution_utc < ?"],
] as const;

/** Adds the conditions of a filter. */
export function addConditions(where: Conditions, filter: TaskFilter): void {
  const { recurring } = filter;
  if (recurring !== undefined) where.add(`recurring_task IS ${recurring ? "NOT NULL" : "NULL"}`);
  for (const [member, column] of columnsOfTexts) {
    const values = filter[member];
    if (values === undefined) continue;
    where.add(`${column} IN (${values.map(() => "?").join(", ")})`, ...values);
  }
  for (const tag of filter.tags ?? []) {
    const isTagged =
      "EXISTS (SELECT 1 FROM task_tags AS other WHERE other.tag = ? AND other.task_id = id)";
    where.add(isTagged, tag.toWellFormed());
  }
  if (filter.taskKey !== undefined) where.add("task_key = ?", filter.taskKey);
  // Keys are compared as bytes, because SQLite's text functions stop at U+0000.
  if (filter.taskKeyPrefix !== undefined) {
    const prefix = new TextEncoder().encode(filter.taskKeyPrefix);
    where.add("substr(CAST(task_key AS BLOB), 1, length(?)) = ?", prefix, prefix);
  }
  if (filter.exceptionContains !== undefined) {
    const part = new TextEncoder().encode(filter.exceptionContains);
    where.add("instr(CAST(exception AS BLOB), ?) > 0", part);
  }
  const inPayload = payloadPart(filter);
  if (inPayload !== undefined) where.add("instr(request, ?) > 0", inPayload);
  for (const [member, condition] of ranges) {
    const instant = filter[member];
    if (instant !== undefined) where.add(condition, instant);
  }
}
