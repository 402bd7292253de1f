// The verbs of the storage contract that read. Their queries are texts of ours; what a user passes
// is a parameter.

import { pageLimit, pageStart, pageStartId, toPage } from "../../src/storage/paging.ts";
import type { TaskRecord } from "../../src/storage/records.ts";
import type { Page, PageRequest, TaskFilter } from "../../src/storage/queries.ts";
import type { SqlServerDatabase } from "./database.ts";
import type { Row } from "./recordsets.ts";
import { toDate } from "./instants.ts";
import { bigInt, id, instant, int, name, type Parameter } from "./mssql.ts";
import * as rows from "./rows.ts";
import { toStoredName } from "./text.ts";

/** One task by one of its keys. */
export async function readTask(
  database: SqlServerDatabase,
  by: { readonly id: string } | { readonly taskKey: string },
): Promise<TaskRecord | null> {
  const [column, key] = "id" in by
    ? ["Id", id(by.id)]
    : ["TaskKey", name(toStoredName(by.taskKey, "taskKey", 4000), 4000)];
  // Saying that it is not NULL makes sure that the filtered index on the key is used.
  const query =
    `SELECT ${rows.taskColumns} FROM [EverTask].[QueuedTasks] AS t WHERE t.[${column}] = @Key AND t.[${column}] IS NOT NULL;`;
  const [found] = await database.query(query, { Key: key });
  return found![0] === undefined ? null : rows.toTaskRecord(found![0]);
}

/** {@linkcode Storage.list}. */
export async function listTasks(
  database: SqlServerDatabase,
  filter: TaskFilter,
  page: PageRequest,
): Promise<Page<TaskRecord>> {
  const limit = pageLimit(page);
  const startId = pageStartId(page);
  const conditions: string[] = [];
  const parameters: Record<string, Parameter> = { Rows: int(limit + 1) };
  const add = (parameter: string, value: Parameter, condition: string) => {
    parameters[parameter] = value;
    conditions.push(condition);
  };
  const { statuses, types, queues, recurring, createdFrom, createdBefore } = filter;
  if (startId !== undefined) {
    add("After", id(startId), `t.[IdOrder] < ${idOrder("@After", database.isBabelfish)}`);
  }
  const addOneOf = (prefix: string, values: readonly string[] | undefined, expression: string) => {
    if (values === undefined) return;
    const members = values.map((value, index) => {
      parameters[`${prefix}${index}`] = name(toStoredName(value, "filter", 4000), 4000);
      return `@${prefix}${index}`;
    });
    // Compared by code points, whatever the database's collation is.
    const list = members.length === 0 ? "NULL" : members.join(", ");
    conditions.push(`${expression} COLLATE Latin1_General_BIN2 IN (${list})`);
  };
  addOneOf("Status", statuses, "t.[Status]");
  addOneOf("Type", types, "t.[Type]");
  addOneOf("Queue", queues, `COALESCE(t.[QueueName], N'${rows.defaultQueue}')`);
  // No parameter: the filtered index of the series is used where the text says that it holds them.
  if (recurring !== undefined) conditions.push(`t.[IsRecurring] = ${recurring ? 1 : 0}`);
  if (createdFrom !== undefined) {
    add("From", instant(toDate(createdFrom)), "t.[CreatedAtUtc] >= @From");
  }
  if (createdBefore !== undefined) {
    add("Before", instant(toDate(createdBefore)), "t.[CreatedAtUtc] < @Before");
  }
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const query = `SELECT TOP (@Rows) ${rows.taskColumns} FROM [EverTask].[QueuedTasks] AS t ${where}
    ORDER BY t.[IdOrder] DESC;`;
  const [found] = await database.query(query, parameters, true);
  return toPage(found!, limit, rows.toTaskRecord, (row) => rows.id(row.Id));
}

/** What the column IdOrder has for an id: the expression of 0001_tables.sql. */
function idOrder(id: string, isBabelfish: boolean): string {
  if (isBabelfish) return `CAST(CAST(${id} AS char(36)) AS binary(36))`;
  const bytes = [4, 3, 2, 1, 6, 5, 8, 7].map((byte) =>
    `SUBSTRING(CONVERT(binary(16), ${id}), ${byte}, 1)`
  );
  return `CONVERT(binary(16), ${bytes.join(" + ")} + SUBSTRING(CONVERT(binary(16), ${id}), 9, 8))`;
}

/**
 * What a page of a task's history is read from: a table, its columns, and the one that numbers its
 * rows.
 */
interface History<T> {
  readonly table: string;
  readonly task: string;
  readonly number: string;
  readonly columns: string;
  readonly toItem: (row: Row) => T;
}

/** StatusAudit, for {@linkcode readHistory}. */
export const statusAudit = {
  table: "StatusAudit",
  task: "QueuedTaskId",
  number: "Id",
  columns: "[UpdatedAtUtc], [NewStatus], [Exception]",
  toItem: rows.toStatusAudit,
};

/** RunsAudit, for {@linkcode readHistory}. */
export const runsAudit = {
  table: "RunsAudit",
  task: "QueuedTaskId",
  number: "Id",
  columns: "[ExecutedAt], [ExecutionTimeMs], [Status], [Exception]",
  toItem: rows.toRunsAudit,
};

/** TaskExecutionLog, for {@linkcode readHistory}. */
export const executionLog = {
  table: "TaskExecutionLog",
  task: "TaskId",
  number: "SequenceNumber",
  columns: "[TimestampUtc], [Level], [Message], [ExceptionDetails], [SequenceNumber], [RunNumber]",
  toItem: rows.toExecutionLog,
};

/** A page of a task's history, in the order in which it was written. */
export async function readHistory<T>(
  database: SqlServerDatabase,
  { table, task, number, columns, toItem }: History<T>,
  taskId: string,
  page: PageRequest,
): Promise<Page<T>> {
  const limit = pageLimit(page);
  const query =
    `SELECT TOP (@Rows) [${number}] AS [Number], [${task}], ${columns} FROM [EverTask].[${table}]
    WHERE [${task}] = @TaskId AND [${number}] > @After ORDER BY [${number}];`;
  const parameters = {
    Rows: int(limit + 1),
    TaskId: id(taskId),
    After: bigInt(pageStart(page)),
  };
  const [found] = await database.query(query, parameters);
  return toPage(found!, limit, toItem, (row) => String(row.Number));
}

/** {@linkcode Storage.countExecutionLogs}. */
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
