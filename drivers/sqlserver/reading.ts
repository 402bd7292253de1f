// Reads tasks and their history. The queries are constant texts; user values are parameters.

import { historyPageStart } from "../../src/storage/history_paging.ts";
import { toPage } from "../../src/storage/paging.ts";
import type { TaskRecord } from "../../src/storage/records.ts";
import type { HistoryPageRequest, Page } from "../../src/storage/queries.ts";
import type { SqlServerDatabase } from "./database.ts";
import type { Row } from "./recordsets.ts";
import { bigInt, id, int, name } from "./mssql.ts";
import * as rows from "./rows.ts";
import { toStoredName } from "./text.ts";

/** Reads one task by one of its keys. */
export async function readTask(
  database: SqlServerDatabase,
  by: { readonly id: string } | { readonly taskKey: string },
): Promise<TaskRecord | null> {
  const [column, key] = "id" in by
    ? ["Id", id(by.id)]
    : ["TaskKey", name(toStoredName(by.taskKey, "taskKey", 4000), 4000)];
  // The condition IS NOT NULL is needed so that the filtered index on the key is used.
  const query =
    `SELECT ${rows.taskColumns} FROM [EverTask].[QueuedTasks] AS t WHERE t.[${column}] = @Key AND t.[${column}] IS NOT NULL;`;
  const [found] = await database.query(query, { Key: key });
  return found![0] === undefined ? null : rows.toTaskRecord(found![0]);
}

/**
 * The source of a page of a task's history: a table, its columns, and the column that numbers its
 * rows.
 */
interface History<T> {
  readonly table: string;
  readonly task: string;
  readonly number: string;
  readonly columns: string;
  readonly toItem: (row: Row) => T;
}

/** The source of {@linkcode readHistory} for status changes. */
export const statusAudit = {
  table: "StatusAudit",
  task: "QueuedTaskId",
  number: "Id",
  columns: "[UpdatedAtUtc], [NewStatus], [Exception]",
  toItem: rows.toStatusAudit,
};

/** The source of {@linkcode readHistory} for runs. */
export const runsAudit = {
  table: "RunsAudit",
  task: "QueuedTaskId",
  number: "Id",
  columns: "[ExecutedAt], [ExecutionTimeMs], [Status], [Exception]",
  toItem: rows.toRunsAudit,
};

/** The source of {@linkcode readHistory} for log lines. */
export const executionLog = {
  table: "TaskExecutionLog",
  task: "TaskId",
  number: "SequenceNumber",
  columns: "[TimestampUtc], [Level], [Message], [ExceptionDetails], [SequenceNumber], [RunNumber]",
  toItem: rows.toExecutionLog,
};

/** Reads a page of a task's history. */
export async function readHistory<T>(
  database: SqlServerDatabase,
  { table, task, number, columns, toItem }: History<T>,
  taskId: string,
  page: HistoryPageRequest,
): Promise<Page<T>> {
  const { limit, newestFirst, after } = historyPageStart(page);
  const [isAfter, order] = newestFirst ? ["<", "DESC"] : [">", "ASC"];
  const query =
    `SELECT TOP (@Rows) [${number}] AS [Number], [${task}], ${columns} FROM [EverTask].[${table}]
    WHERE [${task}] = @TaskId AND [${number}] ${isAfter} @After ORDER BY [${number}] ${order};`;
  const parameters = {
    Rows: int(limit + 1),
    TaskId: id(taskId),
    After: bigInt(after),
  };
  const [found] = await database.query(query, parameters);
  return toPage(found!, limit, toItem, (row) => String(row.Number));
}

/** Implements {@linkcode Storage.countExecutionLogs}. */
export async function countExecutionLogs(
  database: SqlServerDatabase,
  taskId: string,
  run: number,
  limit: number,
): Promise<number> {
  const query = `SELECT COUNT(CASE WHEN r.[RunNumber] = @Run THEN 1 END) AS [Lines] FROM (
    SELECT TOP (@Limit) l.[RunNumber] FROM [EverTask].[TaskExecutionLog] AS l
    WHERE l.[TaskId] = @TaskId ORDER BY l.[SequenceNumber] DESC) AS r;`;
  const parameters = { TaskId: id(taskId), Run: bigInt(run), Limit: bigInt(limit) };
  const [found] = await database.query(query, parameters);
  return Number(found![0]!.Lines);
}
