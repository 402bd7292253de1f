// The verbs of the storage contract that read. Their queries are texts of ours; what a user passes
// is a parameter.

import { pageLimit, pageStart, pageStartId, toPage } from "../../src/storage/paging.ts";
import type { TaskRecord } from "../../src/storage/records.ts";
import type {
  AuditGrowth,
  Backlog,
  Page,
  PageRequest,
  QueueBacklog,
  StorageStatistics,
  TaskFilter,
} from "../../src/storage/queries.ts";
import { type TaskStatus, taskStatuses } from "../../src/storage/task_status.ts";
import type { Row, SqlServerDatabase } from "./database.ts";
import { toDate } from "./instants.ts";
import { bigInt, id, instant, int, name, type Parameter } from "./mssql.ts";
import * as rows from "./rows.ts";
import { fromStoredName, toStoredName } from "./text.ts";

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

const waitingQuery = `
DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
SELECT @Now AS [Now];
SELECT t.[QueueName] AS [QueueName],
    SUM(CASE WHEN t.[DueAtUtc] <= @Now THEN 1 ELSE 0 END) AS [Due],
    SUM(CASE WHEN t.[DueAtUtc] > @Now THEN 1 ELSE 0 END) AS [Scheduled],
    MIN(CASE WHEN t.[DueAtUtc] <= @Now THEN t.[DueAtUtc] END) AS [OldestDueAtUtc]
FROM [EverTask].[QueuedTasks] AS t WHERE t.[DueAtUtc] IS NOT NULL GROUP BY t.[QueueName];
SELECT p.[QueueName] AS [QueueName] FROM [EverTask].[PausedQueues] AS p;`;

const statisticsQuery = `${waitingQuery}
SELECT t.[QueueName] AS [QueueName], COUNT(*) AS [Claimed]
FROM [EverTask].[QueuedTasks] AS t WHERE t.[WorkerId] IS NOT NULL GROUP BY t.[QueueName];
SELECT t.[Status] AS [Status], COUNT_BIG(*) AS [Tasks] FROM [EverTask].[QueuedTasks] AS t GROUP BY t.[Status];`;

/** {@linkcode Storage.backlog}. */
export async function readBacklog(database: SqlServerDatabase): Promise<Backlog> {
  const [clock, waiting, paused] = await database.query(waitingQuery, {}, true);
  const queues = toBacklog(waiting!, paused!);
  return { now: rows.instant(clock![0]!.Now), queues: [...queues.values()] };
}

/** {@linkcode Storage.statistics}. */
export async function readStatistics(database: SqlServerDatabase): Promise<StorageStatistics> {
  const [clock, waiting, paused, held, byStatus] = await database.query(statisticsQuery, {}, true);
  const tasksByStatus = Object.fromEntries(taskStatuses.map((status) => [status, 0])) as Record<
    TaskStatus,
    number
  >;
  for (const { Status, Tasks } of byStatus!) tasksByStatus[Status as TaskStatus] = Number(Tasks);
  const backlog = toBacklog(waiting!, paused!);
  const claimed = new Map(held!.map((row) => [queueOf(row), Number(row.Claimed)]));
  const queues = [...new Set([...backlog.keys(), ...claimed.keys()])].map((queue) => ({
    ...(backlog.get(queue) ?? emptyQueue(queue, false)),
    claimed: claimed.get(queue) ?? 0,
  }));
  return { now: rows.instant(clock![0]!.Now), tasksByStatus, queues };
}

function toBacklog(waiting: readonly Row[], paused: readonly Row[]): Map<string, QueueBacklog> {
  const queues = new Map<string, QueueBacklog>();
  for (const row of paused) queues.set(queueOf(row), emptyQueue(queueOf(row), true));
  for (const row of waiting) {
    const queue = queueOf(row);
    queues.set(queue, {
      queue,
      paused: queues.has(queue),
      due: Number(row.Due),
      scheduled: Number(row.Scheduled),
      oldestDueAt: rows.instantOrNull(row.OldestDueAtUtc),
    });
  }
  return queues;
}

function emptyQueue(queue: string, paused: boolean): QueueBacklog {
  return { queue, paused, due: 0, scheduled: 0, oldestDueAt: null };
}

function queueOf({ QueueName }: Row): string {
  return fromStoredName(rows.textOrNull(QueueName)) ?? rows.defaultQueue;
}

const growthTables = [
  ["StatusAudit", "UpdatedAtUtc"],
  ["RunsAudit", "ExecutedAt"],
  ["TaskExecutionLog", "TimestampUtc"],
] as const;

const growthQuery = growthTables.map(([table, time]) =>
  `SELECT COUNT_BIG(*) AS [Rows], MIN([${time}]) AS [First], MAX([${time}]) AS [Last] FROM [EverTask].[${table}];`
).join("\n");

const msPerDay = 86_400_000;

/** {@linkcode Storage.auditGrowth}. */
export async function readAuditGrowth(database: SqlServerDatabase): Promise<AuditGrowth[]> {
  const found = await database.query(growthQuery, {}, true);
  return growthTables.map(([table], index) => {
    const row = found[index]![0]!;
    const count = Number(row.Rows);
    const firstAt = rows.instantOrNull(row.First);
    const lastAt = rows.instantOrNull(row.Last);
    const days = Math.floor(((lastAt ?? 0) - (firstAt ?? 0)) / msPerDay);
    const averageRowsPerDay = days < 1 ? null : count / days;
    return { table, rows: count, firstAt, lastAt, averageRowsPerDay };
  });
}
