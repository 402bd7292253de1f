// Reading tasks and their history, page by page.

import { pageLimit, pageStart, pageStartId, toPage } from "../../src/storage/paging.ts";
import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
} from "../../src/storage/records.ts";
import type { Page, PageRequest, TaskFilter } from "../../src/storage/queries.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";
import {
  executionLogColumns,
  runsAuditColumns,
  statusAuditColumns,
  taskColumns,
  toExecutionLog,
  toRunsAudit,
  toStatusAudit,
  toTaskRecord,
} from "./rows.ts";

/** One task, or null. */
export function getTask(connection: Connection, taskId: string): TaskRecord | null {
  const row = connection.get(`SELECT ${taskColumns} FROM queued_tasks WHERE id = ?`, taskId);
  return row === undefined ? null : toTaskRecord(row);
}

/** The task that holds a key, or null. */
export function getTaskByKey(connection: Connection, taskKey: string): TaskRecord | null {
  const row = connection.get(`SELECT ${taskColumns} FROM queued_tasks WHERE task_key = ?`, taskKey);
  return row === undefined ? null : toTaskRecord(row);
}

/** Tasks, newest first. */
export function listTasks(
  connection: Connection,
  filter: TaskFilter = {},
  page?: PageRequest,
): Page<TaskRecord> {
  const limit = pageLimit(page);
  const conditions: string[] = [];
  const parameters: SqliteValue[] = [];
  const where = (condition: string, ...values: SqliteValue[]): void => {
    conditions.push(condition);
    parameters.push(...values);
  };
  const among = (column: string, values: readonly string[] | undefined): void => {
    if (values !== undefined) {
      where(`${column} IN (${values.map(() => "?").join(", ")})`, ...values);
    }
  };
  among("status", filter.statuses);
  among("type", filter.types);
  among("queue_name", filter.queues);
  if (filter.recurring !== undefined) {
    where(`recurring_task IS ${filter.recurring ? "NOT NULL" : "NULL"}`);
  }
  if (filter.createdFrom !== undefined) where("created_at_utc >= ?", filter.createdFrom);
  if (filter.createdBefore !== undefined) where("created_at_utc < ?", filter.createdBefore);
  const after = pageStartId(page);
  if (after !== undefined) where("id < ?", after);

  const rows = connection.all(
    `SELECT ${taskColumns} FROM queued_tasks ` +
      (conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")} `) +
      "ORDER BY id DESC LIMIT ?",
    ...parameters,
    limit + 1,
  );
  return toPage(rows, limit, toTaskRecord, (row) => row.id as string);
}

/** A task's audited status changes. */
export function statusAudit(
  connection: Connection,
  taskId: string,
  page?: PageRequest,
): Page<StatusAuditRecord> {
  const sql = `SELECT ${statusAuditColumns} FROM status_audit ` +
    "WHERE queued_task_id = ? AND sequence > ? ORDER BY sequence LIMIT ?";
  return historyPage(connection, sql, taskId, page, toStatusAudit);
}

/** A recurring task's audited runs. */
export function runsAudit(
  connection: Connection,
  taskId: string,
  page?: PageRequest,
): Page<RunsAuditRecord> {
  const sql = `SELECT ${runsAuditColumns} FROM runs_audit ` +
    "WHERE queued_task_id = ? AND sequence > ? ORDER BY sequence LIMIT ?";
  return historyPage(connection, sql, taskId, page, toRunsAudit);
}

/** A task's log lines. */
export function executionLogs(
  connection: Connection,
  taskId: string,
  page?: PageRequest,
): Page<ExecutionLogRecord> {
  const sql = `SELECT ${executionLogColumns} FROM task_execution_log ` +
    "WHERE task_id = ? AND sequence > ? ORDER BY sequence LIMIT ?";
  return historyPage(connection, sql, taskId, page, toExecutionLog);
}

function historyPage<T>(
  connection: Connection,
  sql: string,
  taskId: string,
  page: PageRequest | undefined,
  toItem: (row: SqliteRow) => T,
): Page<T> {
  const limit = pageLimit(page);
  const rows = connection.all(sql, taskId, pageStart(page), limit + 1);
  return toPage(rows, limit, toItem, (row) => String(row.sequence));
}
