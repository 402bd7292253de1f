// Converts rows of the tables to records of the storage contract. Lists the columns that each
// conversion reads.

import { auditLevelFromNumber } from "../../src/audit/audit_level.ts";
import type {
  ClaimedTask,
  ExecutionLogRecord,
  LogLevel,
  RunsAuditRecord,
  SeriesRecord,
  StatusAuditRecord,
  TaskRecord,
  WorkerRecord,
} from "../../src/storage/records.ts";
import { taskVersion } from "../../src/storage/kit/task_version.ts";
import { decodeProcess, decodeServes } from "../../src/storage/worker_serves.ts";
import type {
  ActionTarget,
  OperatorActionRecord,
  OperatorVerb,
} from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import { toTags } from "./tags.ts";
import type { SqliteRow, SqliteValue, SqliteValues } from "./sqlite_library.ts";

/**
 * Returns the SQL expression that reads a column with a user's string. SQLite stores U+0000, but
 * node:sqlite and @db/sqlite read a text only up to the first U+0000, as C does. Such a text is
 * read as bytes.
 */
export function userText(column: string, name = column): string {
  return `iif(instr(${column}, char(0)), CAST(${column} AS BLOB), ${column}) AS ${name}`;
}

/** A text that is greater than every id. */
export const pastAllIds = "g";

/** The columns that {@linkcode toSeries} reads. */
export const seriesColumns = `${userText("recurring_task")}, ${userText("recurring_info")},
  anchor_utc, max_runs, run_until, next_run_utc, current_run_count, paused`;

const commonColumns = `id, due_at_utc, ${userText("type")}, ${
  userText("request")
}, status, audit_level,
  priority, ${userText("task_key")}, created_at_utc, attempt, lost_count, lease_token,
  cancel_requested, rate_slot_utc, ${userText("trace_context")}, retry_policy`;

/**
 * The columns that {@linkcode toClaimedTask} reads by index. Series are read separately, because
 * each column has a cost in a claim and few tasks are recurring.
 */
export const claimedTaskColumns = `${commonColumns}, recurring_task IS NOT NULL AS recurring`;

/** The columns that {@linkcode toTaskRecord} reads. */
export const taskColumns = `${commonColumns}, ${seriesColumns}, ${userText("handler")},
  ${userText("exception")}, ${userText("queue_name")}, scheduled_execution_utc,
  last_execution_utc, execution_time_ms, worker_id, tags, edits`;

/** The columns that {@linkcode toStatusAudit} reads. */
export const statusAuditColumns = `queued_task_id, sequence, updated_at_utc, new_status, ${
  userText("exception")
}`;

/** The columns that {@linkcode toRunsAudit} reads. */
export const runsAuditColumns =
  `queued_task_id, sequence, executed_at_utc, execution_time_ms, status, ${userText("exception")}`;

/** The columns that {@linkcode toExecutionLog} reads. */
export const executionLogColumns = `task_id, sequence, logged_at_utc, level, ${
  userText("message")
}, ${userText("exception")}, run_number`;

/** The columns that {@linkcode toOperatorAction} reads. */
export const operatorActionColumns = `id, at_utc, verb, ${userText("actor")}, ${
  userText("reason")
}, target_kind, ${userText("target")}, before, after, changed, skipped, next`;

/** The columns that {@linkcode toWorker} reads. */
export const workerColumns = `id, ${userText("host")}, serves, draining, ` +
  "started_at_utc, heartbeat_utc";

/** A row of {@linkcode claimedTaskColumns}. */
export type ClaimedRow = SqliteValues;

/** Compares rows in the order of claiming. */
export function byDueInstant([idA, dueA]: ClaimedRow, [idB, dueB]: ClaimedRow): number {
  return (dueA as number) - (dueB as number) || (idA! < idB! ? -1 : 1);
}

/** Returns the id of a recurring task; null if the task is not recurring. */
export function recurringId(row: ClaimedRow): string | null {
  return row.at(-1) === 1 ? row[0] as string : null;
}

/** Converts the row of a task, read before its claim, to the claimed task. */
export function toClaimedTask(
  row: ClaimedRow,
  queue: string,
  series: SeriesRecord | null,
): ClaimedTask {
  const [
    id,
    dueAt,
    type,
    request,
    status,
    auditLevel,
    priority,
    taskKey,
    createdAt,
    attempt,
    lostCount,
    leaseToken,
    cancelRequested,
    rateSlotAt,
    traceContext,
    retryPolicy,
  ] = row;
  return {
    id: id as string,
    type: text(type),
    payload: text(request),
    status: status as TaskStatus,
    auditLevel: auditLevelFromNumber(auditLevel as number | null),
    queue,
    priority: priority as number,
    taskKey: textOrNull(taskKey),
    createdAt: createdAt as number,
    dueAt: dueAt as number,
    attempt: nextCount(attempt),
    lostCount: lostCount as number,
    leaseToken: nextCount(leaseToken),
    cancelRequested: cancelRequested === 1,
    rateSlotAt: rateSlotAt as number | null,
    traceContext: textOrNull(traceContext),
    retryPolicy: retryPolicy as string | null,
    series,
  };
}

/**
 * Returns a counter after a claim. It stops at 2^31 - 1, so that a damaged row does not make the
 * claim of other rows fail.
 */
function nextCount(counter: SqliteValue | undefined): number {
  return Math.min(Math.max(counter as number, 0), 2_147_483_646) + 1;
}

/** Converts a row to a task. */
export function toTaskRecord(row: SqliteRow): TaskRecord {
  const task = {
    id: row.id as string,
    type: text(row.type),
    handlerName: text(row.handler),
    tags: toTags(row.tags),
    payload: text(row.request),
    status: row.status as TaskStatus,
    exception: textOrNull(row.exception),
    auditLevel: auditLevelFromNumber(row.audit_level as number | null),
    queue: text(row.queue_name),
    priority: row.priority as number,
    taskKey: textOrNull(row.task_key),
    createdAt: row.created_at_utc as number,
    scheduledAt: row.scheduled_execution_utc as number | null,
    dueAt: row.due_at_utc as number | null,
    lastExecutionAt: row.last_execution_utc as number | null,
    executionTimeMs: row.execution_time_ms as number | null,
    attempt: row.attempt as number,
    lostCount: row.lost_count as number,
    workerId: row.worker_id as string | null,
    leaseToken: row.lease_token as number,
    cancelRequested: row.cancel_requested === 1,
    rateSlotAt: row.rate_slot_utc as number | null,
    traceContext: textOrNull(row.trace_context),
    retryPolicy: row.retry_policy as string | null,
    series: toSeries(row),
  };
  return { ...task, version: taskVersion(task, row.edits as number | null ?? 0) };
}

/** Returns the series of a row; null if it has none. */
export function toSeries(row: SqliteRow): SeriesRecord | null {
  if (row.recurring_task === null) return null;
  return {
    schedule: text(row.recurring_task),
    info: text(row.recurring_info),
    anchorAt: row.anchor_utc as number,
    maxRuns: row.max_runs as number | null,
    runUntil: row.run_until as number | null,
    nextRunAt: row.next_run_utc as number | null,
    runCount: row.current_run_count as number,
    ...row.paused === 1 && { paused: true },
  };
}

/** Converts a row of the status audit. */
export function toStatusAudit(row: SqliteRow): StatusAuditRecord {
  return {
    taskId: row.queued_task_id as string,
    updatedAt: row.updated_at_utc as number,
    newStatus: row.new_status as TaskStatus,
    exception: textOrNull(row.exception),
  };
}

/** Converts a row of the runs audit. */
export function toRunsAudit(row: SqliteRow): RunsAuditRecord {
  return {
    taskId: row.queued_task_id as string,
    executedAt: row.executed_at_utc as number,
    executionTimeMs: row.execution_time_ms as number,
    status: row.status as TaskStatus,
    exception: textOrNull(row.exception),
  };
}

/** Converts a row of the execution log. */
export function toExecutionLog(row: SqliteRow): ExecutionLogRecord {
  return {
    taskId: row.task_id as string,
    loggedAt: row.logged_at_utc as number,
    level: row.level as LogLevel,
    message: text(row.message),
    exception: textOrNull(row.exception),
    run: row.run_number as number,
    sequence: row.sequence as number,
  };
}

/** Converts a row of the operator actions. */
export function toOperatorAction(row: SqliteRow): OperatorActionRecord {
  return {
    id: String(row.id),
    doneAt: row.at_utc as number,
    verb: row.verb as OperatorVerb,
    by: text(row.actor),
    reason: textOrNull(row.reason),
    target: { kind: row.target_kind, id: textOrNull(row.target) } as ActionTarget,
    before: row.before as string | null,
    after: row.after as string | null,
    changed: row.changed as number,
    skipped: row.skipped as number,
    next: row.next as string | null,
  };
}

/** Converts a row of the registered workers. */
export function toWorker(row: SqliteRow, now: number): WorkerRecord {
  const heartbeatAt = row.heartbeat_utc as number;
  return {
    id: row.id as string,
    host: text(row.host),
    serves: decodeServes(row.serves as string | null),
    process: decodeProcess(row.serves as string | null),
    draining: row.draining === 1,
    startedAt: row.started_at_utc as number,
    heartbeatAt,
    heartbeatAgeMs: now - heartbeatAt,
  };
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes a column of {@linkcode userText}. */
export function text(value: SqliteValue | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : value as string;
}

function textOrNull(value: SqliteValue | undefined): string | null {
  return value === null ? null : text(value);
}
