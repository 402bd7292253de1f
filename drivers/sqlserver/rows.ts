// Converts rows of recordsets to records of the storage contract.

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
import type {
  ActionTarget,
  OperatorActionRecord,
  OperatorVerb,
} from "../../src/storage/requests.ts";
import { decodeProcess, decodeServes } from "../../src/storage/worker_serves.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import type { Row } from "./recordsets.ts";
import { readSchedule } from "./schedules.ts";
import { fromStored, fromStoredName } from "./text.ts";

/** The expression of a task's version; usp_EditTasks compares with the same expression. */
const version = `CONCAT(ISNULL(t.[Edits], 0), N'.', t.[LeaseToken], N'.', t.[Status], N'.', ${
  epochMs("t.[DueAtUtc]")
}, N'.', ${epochMs("t.[NextRunUtc]")},
    N'.', CASE WHEN t.[WorkerId] IS NULL THEN 0 ELSE 1 END + 2 * t.[CancelRequested])`;

function epochMs(column: string): string {
  return "DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), " +
    `CONVERT(datetime2(3), ${column}))`;
}

/** The columns of a task, for {@linkcode toTaskRecord}. */
export const taskColumns = `
    t.[Id] AS [Id], t.[Type] AS [Type], t.[Handler] AS [Handler], t.[Tags] AS [Tags], t.[Request] AS [Request], t.[Status] AS [Status],
    t.[Exception] AS [Exception], t.[AuditLevel] AS [AuditLevel], t.[QueueName] AS [QueueName],
    t.[Priority] AS [Priority], t.[TaskKey] AS [TaskKey], t.[CreatedAtUtc] AS [CreatedAtUtc],
    t.[ScheduledExecutionUtc] AS [ScheduledExecutionUtc], t.[DueAtUtc] AS [DueAtUtc],
    t.[LastExecutionUtc] AS [LastExecutionUtc], t.[ExecutionTimeMs] AS [ExecutionTimeMs], t.[Attempt] AS [Attempt],
    t.[LostCount] AS [LostCount], t.[WorkerId] AS [WorkerId], t.[LeaseToken] AS [LeaseToken],
    t.[CancelRequested] AS [CancelRequested], t.[RateSlotUtc] AS [RateSlotUtc], t.[TraceContext] AS [TraceContext],
    t.[RetryPolicy] AS [RetryPolicy],
    t.[IsRecurring] AS [IsRecurring], t.[RecurringTask] AS [RecurringTask], t.[RecurringInfo] AS [RecurringInfo],
    t.[AnchorUtc] AS [AnchorUtc], t.[MaxRuns] AS [MaxRuns], t.[RunUntil] AS [RunUntil],
    t.[NextRunUtc] AS [NextRunUtc], t.[CurrentRunCount] AS [CurrentRunCount], t.[IsPaused] AS [IsPaused],
    ${version} AS [Version]`;

/** The queue of rows of EverTask for .NET that have no queue name. */
export const defaultQueue = "default";

/** Converts a row with {@linkcode taskColumns}. */
export function toTaskRecord(row: Row): TaskRecord {
  return {
    ...toTask(row),
    handlerName: fromStoredName(text(row.Handler)),
    tags: row.Tags === null ? [] : JSON.parse(text(row.Tags)) as string[],
    exception: fromStored(textOrNull(row.Exception)),
    scheduledAt: instantOrNull(row.ScheduledExecutionUtc),
    dueAt: instantOrNull(row.DueAtUtc),
    lastExecutionAt: instantOrNull(row.LastExecutionUtc),
    // EverTask for .NET stores 0 for tasks that never ran.
    executionTimeMs: row.LastExecutionUtc === null ? null : numberOrNull(row.ExecutionTimeMs),
    workerId: fromStoredName(textOrNull(row.WorkerId)),
    version: text(row.Version),
  };
}

/** Converts a row of usp_ClaimTasks. */
export function toClaimedTask(row: Row): ClaimedTask {
  return { ...toTask(row), dueAt: instant(row.DueAtUtc) };
}

/** Converts the columns that task records and claimed tasks share. */
function toTask(row: Row) {
  return {
    id: id(row.Id),
    type: fromStoredName(text(row.Type)),
    payload: fromStored(text(row.Request)),
    status: row.Status as TaskStatus,
    auditLevel: auditLevelFromNumber(numberOrNull(row.AuditLevel)),
    queue: fromStoredName(textOrNull(row.QueueName)) ?? defaultQueue,
    priority: Number(row.Priority),
    taskKey: fromStoredName(textOrNull(row.TaskKey)),
    createdAt: instant(row.CreatedAtUtc),
    attempt: Number(row.Attempt),
    lostCount: Number(row.LostCount),
    leaseToken: Number(row.LeaseToken),
    cancelRequested: truth(row.CancelRequested),
    rateSlotAt: instantOrNull(row.RateSlotUtc),
    traceContext: fromStored(textOrNull(row.TraceContext)),
    retryPolicy: fromStored(textOrNull(row.RetryPolicy)),
    series: truth(row.IsRecurring) ? toSeries(row) : null,
  };
}

function toSeries(row: Row): SeriesRecord {
  const stored = fromStored(textOrNull(row.RecurringTask));
  const { maxRuns = null, runUntil = null, ...schedule } = readSchedule(
    stored,
    instant(row.CreatedAtUtc),
  );
  return {
    ...schedule,
    info: fromStored(textOrNull(row.RecurringInfo)) ?? "",
    anchorAt: instant(row.AnchorUtc ?? row.CreatedAtUtc),
    maxRuns: numberOrNull(row.MaxRuns) ?? maxRuns,
    runUntil: instantOrNull(row.RunUntil) ?? runUntil,
    nextRunAt: instantOrNull(row.NextRunUtc),
    runCount: numberOrNull(row.CurrentRunCount) ?? 0,
    ...row.IsPaused != null && truth(row.IsPaused) && { paused: true },
  };
}

/** Converts a row of StatusAudit. */
export function toStatusAudit(row: Row): StatusAuditRecord {
  return {
    taskId: id(row.QueuedTaskId),
    updatedAt: instant(row.UpdatedAtUtc),
    newStatus: row.NewStatus as TaskStatus,
    exception: fromStored(textOrNull(row.Exception)),
  };
}

/** Converts a row of RunsAudit. */
export function toRunsAudit(row: Row): RunsAuditRecord {
  return {
    taskId: id(row.QueuedTaskId),
    executedAt: instant(row.ExecutedAt),
    executionTimeMs: Number(row.ExecutionTimeMs),
    status: row.Status as TaskStatus,
    exception: fromStored(textOrNull(row.Exception)),
  };
}

/** Converts a row of TaskExecutionLog. */
export function toExecutionLog(row: Row): ExecutionLogRecord {
  return {
    taskId: id(row.TaskId),
    loggedAt: instant(row.TimestampUtc),
    level: row.Level as LogLevel,
    message: fromStored(text(row.Message)),
    exception: fromStored(textOrNull(row.ExceptionDetails)),
    run: Number(row.RunNumber),
    sequence: Number(row.SequenceNumber),
  };
}

/** Converts a row of OperatorActions. */
export function toOperatorAction(row: Row): OperatorActionRecord {
  return {
    id: String(row.Id),
    doneAt: instant(row.AtUtc),
    verb: row.Verb as OperatorVerb,
    by: fromStoredName(text(row.Actor)),
    reason: fromStored(textOrNull(row.Reason)),
    target: { kind: row.TargetKind, id: fromStoredName(textOrNull(row.Target)) } as ActionTarget,
    before: fromStored(textOrNull(row.Before)),
    after: fromStored(textOrNull(row.After)),
    changed: Number(row.Changed),
    skipped: Number(row.Skipped),
    next: textOrNull(row.Next),
  };
}

/** Converts a row of Workers that also has the time of the database's clock. */
export function toWorker(row: Row): WorkerRecord {
  const heartbeatAt = instant(row.HeartbeatUtc);
  const serves = row.Serves === null ? null : text(row.Serves);
  return {
    id: fromStoredName(text(row.Id)),
    host: fromStoredName(text(row.Host)),
    serves: decodeServes(serves),
    process: decodeProcess(serves),
    draining: row.IsDraining !== null && truth(row.IsDraining),
    startedAt: instant(row.StartedUtc),
    heartbeatAt,
    heartbeatAgeMs: instant(row.Now) - heartbeatAt,
  };
}

/** Converts an id, which SQL Server returns in upper case. */
export function id(value: unknown): string {
  return String(value).toLowerCase();
}

/** Converts a text column. */
export function text(value: unknown): string {
  return String(value);
}

/** Converts a text column that may be NULL. */
export function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Converts a number. mssql returns 64-bit integers as text. */
export function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** Converts an instant. */
export function instant(value: unknown): number {
  return (value as Date).getTime();
}

/** Converts an instant that may be NULL. */
export function instantOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : instant(value);
}

/** Converts a bit, or a 0 or 1. */
export function truth(value: unknown): boolean {
  return value === true || value === 1;
}
