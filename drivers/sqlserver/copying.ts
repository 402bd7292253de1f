// Implements copying of whole tasks with their history. The statements are constant texts; values
// are parameters.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { toCopiedTask, withoutTaskId } from "../../src/storage/kit/copied_task.ts";
import type {
  CopiedTask,
  StorageCopying,
  TaskRange,
  TaskWithHistory,
} from "../../src/storage/storage_copying.ts";
import { storedTag } from "./batches.ts";
import { exportSettings, importSettings } from "./copied_settings.ts";
import type { SqlServerDatabase } from "./database.ts";
import { idOrder } from "./id_order.ts";
import { type ColumnTypes, deleteRows, insertRows } from "./many_rows.ts";
import { id, int } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";
import { toDate } from "./instants.ts";
import * as types from "./sql_types.ts";
import { nameLengths, toStored, toStoredName } from "./text.ts";

/** Returns the methods that copy the store. */
export function copyingOf(database: SqlServerDatabase): StorageCopying {
  return {
    exportTasks: (range) => exportTasks(database, range),
    importTasks: (tasks, removed) => importTasks(database, tasks, removed),
    exportSettings: () => exportSettings(database),
    importSettings: (settings) => importSettings(database, settings),
  };
}

const firstId = "00000000-0000-0000-0000-000000000000";
const lastId = "ffffffff-ffff-ffff-ffff-ffffffffffff";

async function exportTasks(
  database: SqlServerDatabase,
  { after, upTo, limit }: TaskRange,
): Promise<TaskWithHistory[]> {
  const place = (parameter: string) => idOrder(`@${parameter}`, database.isBabelfish);
  const inRange = `t.[IdOrder] > ${place("After")} AND t.[IdOrder] <= ${place("UpTo")}`;
  const range = { After: id(after ?? firstId), UpTo: id(upTo ?? lastId) };
  const [found] = await database.query(
    `SELECT TOP (@Rows) ${rows.taskColumns} FROM [EverTask].[QueuedTasks] AS t
    WHERE ${inRange} ORDER BY t.[IdOrder];`,
    { ...range, Rows: int(limit) },
    true,
  );
  if (found!.length === 0) return [];
  const page = { ...range, UpTo: id(rows.id(found!.at(-1)!.Id)) };
  const historyOf = async (table: string, task: string, order: string) => {
    const [history] = await database.query(
      `SELECT h.* FROM [EverTask].[${table}] AS h
      INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = h.[${task}]
      WHERE ${inRange} ORDER BY h.[${order}];`,
      page,
      true,
    );
    return Map.groupBy(history!, (row) => rows.id(row[task]));
  };
  const statuses = await historyOf("StatusAudit", "QueuedTaskId", "Id");
  const runs = await historyOf("RunsAudit", "QueuedTaskId", "Id");
  const logs = await historyOf("TaskExecutionLog", "TaskId", "SequenceNumber");
  return found!.map((row) => {
    const task = toCopiedTask(rows.toTaskRecord(row));
    return {
      task,
      statusAudit: toRows(statuses.get(task.id), rows.toStatusAudit),
      runsAudit: toRows(runs.get(task.id), rows.toRunsAudit),
      executionLogs: toRows(logs.get(task.id), rows.toExecutionLog),
    };
  });
}

function toRows<T extends { readonly taskId: string }>(
  found: readonly Row[] | undefined,
  toRecord: (row: Row) => T,
): Omit<T, "taskId">[] {
  return (found ?? []).map((row) => withoutTaskId(toRecord(row)));
}

const taskColumns: ColumnTypes = {
  Id: types.id,
  Type: types.name(nameLengths.type),
  Handler: types.name(nameLengths.handler),
  Tags: types.text,
  Request: types.text,
  Status: types.name(nameLengths.status),
  Exception: types.text,
  AuditLevel: types.int,
  QueueName: types.name(nameLengths.queue),
  Priority: types.smallInt,
  TaskKey: types.name(nameLengths.taskKey),
  CreatedAtUtc: types.instant,
  ScheduledExecutionUtc: types.instant,
  DueAtUtc: types.instant,
  LastExecutionUtc: types.instant,
  ExecutionTimeMs: types.float,
  Attempt: types.int,
  LostCount: types.int,
  LeaseToken: types.bigInt,
  CancelRequested: types.bit,
  RateSlotUtc: types.instant,
  TraceContext: types.text,
  RetryPolicy: types.text,
  LastLogSequence: types.int,
  IsRecurring: types.bit,
  RecurringTask: types.text,
  RecurringInfo: types.text,
  AnchorUtc: types.instant,
  MaxRuns: types.int,
  RunUntil: types.instant,
  NextRunUtc: types.instant,
  CurrentRunCount: types.int,
  IsPaused: types.bit,
};

function toTaskRow({ task, executionLogs }: TaskWithHistory) {
  const { series } = task;
  return {
    Id: task.id,
    Type: toStoredName(task.type, "type", nameLengths.type),
    Handler: toStoredName(task.handlerName, "handlerName", nameLengths.handler),
    Tags: task.tags.length === 0 ? null : JSON.stringify(task.tags),
    Request: toStored(task.payload),
    Status: task.status,
    Exception: toStored(task.exception),
    AuditLevel: auditLevelToNumber(task.auditLevel),
    QueueName: toStoredName(task.queue, "queue", nameLengths.queue),
    Priority: task.priority,
    TaskKey: task.taskKey === null
      ? null
      : toStoredName(task.taskKey, "taskKey", nameLengths.taskKey),
    CreatedAtUtc: toDate(task.createdAt),
    ScheduledExecutionUtc: toDate(task.scheduledAt),
    DueAtUtc: toDate(task.dueAt),
    LastExecutionUtc: toDate(task.lastExecutionAt),
    ExecutionTimeMs: task.executionTimeMs ?? 0,
    Attempt: task.attempt,
    LostCount: task.lostCount,
    LeaseToken: task.leaseToken,
    CancelRequested: task.cancelRequested,
    RateSlotUtc: toDate(task.rateSlotAt),
    TraceContext: toStored(task.traceContext),
    RetryPolicy: toStored(task.retryPolicy),
    LastLogSequence: executionLogs.at(-1)?.sequence ?? 0,
    IsRecurring: series !== null,
    RecurringTask: toStored(series?.schedule ?? null),
    RecurringInfo: toStored(series?.info ?? null),
    AnchorUtc: toDate(series?.anchorAt ?? null),
    MaxRuns: series?.maxRuns ?? null,
    RunUntil: toDate(series?.runUntil ?? null),
    NextRunUtc: toDate(series?.nextRunAt ?? null),
    CurrentRunCount: series?.runCount ?? null,
    IsPaused: series?.paused ?? null,
  };
}

const statusColumns: ColumnTypes = {
  QueuedTaskId: types.id,
  UpdatedAtUtc: types.instant,
  NewStatus: types.name(nameLengths.status),
  Exception: types.text,
};

const runColumns: ColumnTypes = {
  QueuedTaskId: types.id,
  ExecutedAt: types.instant,
  ExecutionTimeMs: types.float,
  Status: types.name(nameLengths.status),
  Exception: types.text,
};

const logColumns: ColumnTypes = {
  TaskId: types.id,
  SequenceNumber: types.int,
  TimestampUtc: types.instant,
  Level: types.name(nameLengths.logLevel),
  Message: types.text,
  ExceptionDetails: types.text,
  RunNumber: types.bigInt,
};

async function importTasks(
  database: SqlServerDatabase,
  tasks: readonly TaskWithHistory[],
  removed: readonly string[],
): Promise<void> {
  const replaced = [...tasks.map(({ task }) => task.id), ...removed];
  await database.transaction(async (transaction) => {
    const connection = { database, transaction };
    await deleteRows(connection, "TaskTags", "TaskId", types.id, replaced);
    await deleteRows(connection, "QueuedTasks", "Id", types.id, replaced); // cascades to history
    await insertRows(connection, "QueuedTasks", taskColumns, tasks.map(toTaskRow));
    await insertTags(connection, tasks.map(({ task }) => task));
    await insertRows(
      connection,
      "StatusAudit",
      statusColumns,
      tasks.flatMap(({ task, statusAudit }) =>
        statusAudit.map((row) => ({
          QueuedTaskId: task.id,
          UpdatedAtUtc: toDate(row.updatedAt),
          NewStatus: row.newStatus,
          Exception: toStored(row.exception),
        }))
      ),
    );
    await insertRows(
      connection,
      "RunsAudit",
      runColumns,
      tasks.flatMap(({ task, runsAudit }) =>
        runsAudit.map((row) => ({
          QueuedTaskId: task.id,
          ExecutedAt: toDate(row.executedAt),
          ExecutionTimeMs: row.executionTimeMs,
          Status: row.status,
          Exception: toStored(row.exception),
        }))
      ),
    );
    await insertRows(
      connection,
      "TaskExecutionLog",
      logColumns,
      tasks.flatMap(({ task, executionLogs }) =>
        executionLogs.map((row) => ({
          TaskId: task.id,
          SequenceNumber: row.sequence,
          TimestampUtc: toDate(row.loggedAt),
          Level: row.level,
          Message: toStored(row.message),
          ExceptionDetails: toStored(row.exception),
          RunNumber: row.run,
        }))
      ),
    );
  });
}

async function insertTags(
  connection: Parameters<typeof insertRows>[0],
  tasks: readonly CopiedTask[],
): Promise<void> {
  const { database } = connection;
  await insertRows(
    connection,
    "TaskTags",
    { Tag: types.name(nameLengths.tag), TaskId: types.id },
    tasks.flatMap(({ id, tags }) => tags.map((tag) => ({ Tag: storedTag(tag), TaskId: id }))),
    { IdOrder: ({ TaskId }) => idOrder(TaskId!, database.isBabelfish) },
  );
}
