// Copies whole tasks with their history, and the settings of the store.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { toCopiedTask, withoutTaskId } from "../../src/storage/kit/copied_task.ts";
import type {
  CopiedRateLimit,
  CopiedTask,
  StorageCopying,
  StoreSettings,
  TaskRange,
  TaskWithHistory,
} from "../../src/storage/storage_copying.ts";
import type { Connection } from "./connection.ts";
import type { DatabaseAccess } from "./database.ts";
import { addFailureGroup, allFailureGroups } from "./reports.ts";
import * as rows from "./rows.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";
import { addTags, removeTags } from "./tags.ts";

/** Returns the methods that copy the store. */
export function copyingOf(access: Pick<DatabaseAccess, "do">): StorageCopying {
  return {
    exportTasks: (range) => access.do((connection) => exportTasks(connection, range)),
    importTasks: (tasks, removed) =>
      access.do((connection) =>
        connection.transaction(() => importTasks(connection, tasks, removed))
      ),
    exportSettings: () => access.do(exportSettings),
    importSettings: (settings) =>
      access.do((connection) => connection.transaction(() => importSettings(connection, settings))),
  };
}

// ---- tasks ----

const selectTasks = `SELECT ${rows.taskColumns} FROM queued_tasks ` +
  "WHERE id > ? AND id <= ? ORDER BY id LIMIT ?";
const selectStatuses = `SELECT ${rows.statusAuditColumns} FROM status_audit ` +
  "WHERE queued_task_id = ? ORDER BY sequence";
const selectRuns = `SELECT ${rows.runsAuditColumns} FROM runs_audit ` +
  "WHERE queued_task_id = ? ORDER BY sequence";
const selectLogs = `SELECT ${rows.executionLogColumns} FROM task_execution_log ` +
  "WHERE task_id = ? ORDER BY sequence";

/** An id above all ids. */
const beyondIds = "~";

function exportTasks(connection: Connection, { after, upTo, limit }: TaskRange) {
  return connection.all(selectTasks, after ?? "", upTo ?? beyondIds, limit).map(
    (row): TaskWithHistory => {
      const task = toCopiedTask(rows.toTaskRecord(row));
      return {
        task,
        statusAudit: history(connection, selectStatuses, task.id, rows.toStatusAudit),
        runsAudit: history(connection, selectRuns, task.id, rows.toRunsAudit),
        executionLogs: history(connection, selectLogs, task.id, rows.toExecutionLog),
      };
    },
  );
}

function history<T extends { readonly taskId: string }>(
  connection: Connection,
  sql: string,
  taskId: string,
  toRecord: (row: SqliteRow) => T,
): Omit<T, "taskId">[] {
  return connection.all(sql, taskId).map((row) => withoutTaskId(toRecord(row)));
}

const taskColumns = [
  ...["id", "type", "handler", "request", "status", "exception", "audit_level", "queue_name"],
  ...["priority", "task_key", "created_at_utc", "scheduled_execution_utc", "due_at_utc"],
  ...["last_execution_utc", "execution_time_ms", "attempt", "lost_count", "lease_token"],
  ...["cancel_requested", "rate_slot_utc", "trace_context", "retry_policy", "recurring_task"],
  ...["recurring_info", "anchor_utc", "max_runs", "run_until", "next_run_utc"],
  ...["current_run_count", "paused"],
];
const insertTask = insertInto("queued_tasks", taskColumns);
const insertSeries = insertInto("task_series", ["task_id"]);
const insertStatus = insertInto(
  "status_audit",
  ["queued_task_id", "sequence", "updated_at_utc", "new_status", "exception"],
);
const insertRun = insertInto(
  "runs_audit",
  ["queued_task_id", "sequence", "executed_at_utc", "execution_time_ms", "status", "exception"],
);
const insertLog = insertInto(
  "task_execution_log",
  ["task_id", "sequence", "logged_at_utc", "level", "message", "exception", "run_number"],
);

function insertInto(table: string, columns: readonly string[]): string {
  const values = columns.map(() => "?").join(", ");
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${values})`;
}

function importTasks(
  connection: Connection,
  tasks: readonly TaskWithHistory[],
  removed: readonly string[],
): void {
  for (const id of removed) deleteTask(connection, id);
  for (const { task } of tasks) deleteTask(connection, task.id);
  let mostRows = 0;
  for (const { task, statusAudit, runsAudit, executionLogs } of tasks) {
    connection.run(insertTask, ...toRow(task));
    if (task.series !== null) connection.run(insertSeries, task.id);
    if (task.tags.length > 0) addTags(connection, task.id, task.tags);
    statusAudit.forEach(({ updatedAt, newStatus, exception }, index) =>
      connection.run(insertStatus, task.id, index + 1, updatedAt, newStatus, exception)
    );
    runsAudit.forEach(({ executedAt, executionTimeMs, status, exception }, index) =>
      connection.run(insertRun, task.id, index + 1, executedAt, executionTimeMs, status, exception)
    );
    for (const { sequence, loggedAt, level, message, exception, run } of executionLogs) {
      connection.run(insertLog, task.id, sequence, loggedAt, level, message, exception, run);
    }
    mostRows = Math.max(mostRows, statusAudit.length, runsAudit.length);
  }
  // Later history rows must have higher sequence numbers than the copied rows.
  connection.run(
    "UPDATE evertask_state SET audit_sequence = max(audit_sequence, ?)",
    mostRows,
  );
}

const deletions = [
  "DELETE FROM status_audit WHERE queued_task_id = ?",
  "DELETE FROM runs_audit WHERE queued_task_id = ?",
  "DELETE FROM task_execution_log WHERE task_id = ?",
  "DELETE FROM task_series WHERE task_id = ?",
  "DELETE FROM queued_tasks WHERE id = ?",
];

function deleteTask(connection: Connection, id: string): void {
  const stored = connection.get("SELECT tags FROM queued_tasks WHERE id = ?", id);
  if (stored === undefined) return;
  removeTags(connection, id, stored.tags);
  for (const deletion of deletions) connection.run(deletion, id);
}

/** Returns the values of {@linkcode taskColumns}. */
function toRow(task: CopiedTask): SqliteValue[] {
  const { series } = task;
  return [
    ...[task.id, task.type, task.handlerName, task.payload, task.status, task.exception],
    ...[auditLevelToNumber(task.auditLevel), task.queue, task.priority, task.taskKey],
    ...[task.createdAt, task.scheduledAt, task.dueAt, task.lastExecutionAt, task.executionTimeMs],
    ...[task.attempt, task.lostCount, task.leaseToken, task.cancelRequested ? 1 : 0],
    ...[task.rateSlotAt, task.traceContext, task.retryPolicy],
    ...[series?.schedule ?? null, series?.info ?? null, series?.anchorAt ?? null],
    ...[series?.maxRuns ?? null, series?.runUntil ?? null, series?.nextRunAt ?? null],
    ...[series?.runCount ?? 0, series?.paused ? 1 : null],
  ];
}

// ---- settings ----

function exportSettings(connection: Connection): StoreSettings {
  const slots = Map.groupBy(
    connection.all(
      `SELECT ${
        rows.userText("key")
      }, slot_at_utc FROM returned_rate_slots ORDER BY key, slot_at_utc`,
    ),
    (row) => rows.text(row.key),
  );
  return {
    pausedQueues: connection.all(
      `SELECT ${rows.userText("queue_name")} FROM paused_queues ORDER BY paused_queues.queue_name`,
    ).map((row) => rows.text(row.queue_name)),
    rateLimits: connection.all(
      `SELECT ${
        rows.userText("key")
      }, reserved_tat_utc, started_tat_utc, interval_ms, burst FROM rate_limits
      ORDER BY rate_limits.key`,
    ).map((row): CopiedRateLimit => {
      const key = rows.text(row.key);
      return {
        key,
        reservedTatMs: finite(row.reserved_tat_utc),
        startedTatMs: finite(row.started_tat_utc),
        emissionIntervalMs: row.interval_ms as number | null,
        burst: row.burst as number | null,
        returnedSlots: (slots.get(key) ?? []).map((slot) => slot.slot_at_utc as number),
      };
    }),
    actions: connection.all(
      `SELECT ${rows.operatorActionColumns} FROM operator_actions ORDER BY id`,
    ).map((row) => {
      const { id: _, ...action } = rows.toOperatorAction(row);
      return action;
    }),
    failureGroups: allFailureGroups(connection),
  };
}

function finite(value: SqliteValue | undefined): number | null {
  return Number.isFinite(value) ? value as number : null;
}

const insertRateLimit = insertInto(
  "rate_limits",
  ["key", "reserved_tat_utc", "started_tat_utc", "interval_ms", "burst"],
);
const insertAction = insertInto("operator_actions", [
  ...["at_utc", "verb", "actor", "reason", "target_kind", "target", "before", "after"],
  ...["changed", "skipped", "next"],
]);

const settingsTables = [
  ...["paused_queues", "rate_limits", "returned_rate_slots", "operator_actions"],
  ...["failure_groups", "failure_counts"],
];

function importSettings(connection: Connection, settings: StoreSettings): void {
  for (const table of settingsTables) connection.run(`DELETE FROM ${table}`);
  for (const queue of settings.pausedQueues) {
    connection.run("INSERT INTO paused_queues (queue_name) VALUES (?)", queue);
  }
  for (const limit of settings.rateLimits) {
    const { key, reservedTatMs, startedTatMs, emissionIntervalMs, burst, returnedSlots } = limit;
    connection.run(
      insertRateLimit,
      key,
      reservedTatMs ?? -Infinity,
      startedTatMs ?? -Infinity,
      emissionIntervalMs,
      burst,
    );
    for (const slot of returnedSlots) {
      connection.run("INSERT INTO returned_rate_slots (key, slot_at_utc) VALUES (?, ?)", key, slot);
    }
  }
  for (const action of settings.actions) {
    const { doneAt, verb, by, reason, target, before, after, changed, skipped, next } = action;
    connection.run(
      insertAction,
      ...[doneAt, verb, by, reason, target.kind, "id" in target ? target.id : null],
      ...[before, after, changed, skipped, next],
    );
  }
  for (const group of settings.failureGroups) addFailureGroup(connection, group);
}
