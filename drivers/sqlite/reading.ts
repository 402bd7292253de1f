// Reads single tasks, and pages of tasks' history.

import { historyPageStart } from "../../src/storage/history_paging.ts";
import { toPage } from "../../src/storage/paging.ts";
import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskRecord,
} from "../../src/storage/records.ts";
import type { HistoryPageRequest, Page } from "../../src/storage/queries.ts";
import type { Connection } from "./connection.ts";
import type { SqliteRow } from "./sqlite_library.ts";
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

/** Returns a task, or null. */
export function getTask(connection: Connection, taskId: string): TaskRecord | null {
  const row = connection.get(`SELECT ${taskColumns} FROM queued_tasks WHERE id = ?`, taskId);
  return row === undefined ? null : toTaskRecord(row);
}

/** Returns the task that holds a key, or null. */
export function getTaskByKey(connection: Connection, taskKey: string): TaskRecord | null {
  const row = connection.get(`SELECT ${taskColumns} FROM queued_tasks WHERE task_key = ?`, taskKey);
  return row === undefined ? null : toTaskRecord(row);
}

/** Returns a page of a task's audited status changes. */
export function statusAudit(
  connection: Connection,
  taskId: string,
  page?: HistoryPageRequest,
): Page<StatusAuditRecord> {
  const sql = `SELECT ${statusAuditColumns} FROM status_audit WHERE queued_task_id = ?`;
  return historyPage(connection, sql, taskId, page, toStatusAudit);
}

/** Returns a page of a recurring task's audited runs. */
export function runsAudit(
  connection: Connection,
  taskId: string,
  page?: HistoryPageRequest,
): Page<RunsAuditRecord> {
  const sql = `SELECT ${runsAuditColumns} FROM runs_audit WHERE queued_task_id = ?`;
  return historyPage(connection, sql, taskId, page, toRunsAudit);
}

/** Returns a page of a task's log lines. */
export function executionLogs(
  connection: Connection,
  taskId: string,
  page?: HistoryPageRequest,
): Page<ExecutionLogRecord> {
  const sql = `SELECT ${executionLogColumns} FROM task_execution_log WHERE task_id = ?`;
  return historyPage(connection, sql, taskId, page, toExecutionLog);
}

/** Reads a page of the rows of a query for one task's history. */
function historyPage<T>(
  connection: Connection,
  sql: string,
  taskId: string,
  page: HistoryPageRequest | undefined,
  toItem: (row: SqliteRow) => T,
): Page<T> {
  const { limit, newestFirst, after } = historyPageStart(page);
  const order = newestFirst
    ? "sequence < ? ORDER BY sequence DESC"
    : "sequence > ? ORDER BY sequence";
  const rows = connection.all(`${sql} AND ${order} LIMIT ?`, taskId, after, limit + 1);
  return toPage(rows, limit, toItem, (row) => String(row.sequence));
}
