// The rows of the Map, and the changes that several verbs make to them.

import type {
  ExecutionLogRecord,
  RunsAuditRecord,
  StatusAuditRecord,
  TaskFilter,
  TaskRecord,
} from "@evertask/evertask";
import {
  type ClaimedTask,
  hasPayload,
  type NewTask,
  taskVersion,
} from "@evertask/evertask/storage";

/** A type with writable properties. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
/** A row of history, numbered by the order in which it was written. */
export type Numbered<T> = T & { readonly number: number };

/** A task with its history. */
export interface Row extends Mutable<Omit<TaskRecord, "series" | "version">> {
  series: Mutable<NonNullable<TaskRecord["series"]>> | null;
  statusAudit: Numbered<StatusAuditRecord>[];
  runsAudit: Numbered<RunsAuditRecord>[];
  logs: Numbered<ExecutionLogRecord>[];
  lines: number;
  edits: number;
}

/** A registered worker. */
export interface Worker {
  readonly id: string;
  readonly startedAt: number;
  host: string;
  serves: string | null;
  draining: boolean;
  heartbeatAt: number;
}

/** Returns the fields that a dispatch sets, both for a new task and to update a waiting one. */
export function fieldsOf(task: NewTask) {
  return {
    type: wellFormed(task.type),
    handlerName: wellFormed(task.handlerName),
    payload: wellFormed(task.payload),
    queue: wellFormed(task.queue),
    priority: task.priority,
    auditLevel: task.auditLevel,
    tags: task.tags.map(wellFormed),
    traceContext: task.traceContext,
    retryPolicy: task.retryPolicy,
    exception: null,
    cancelRequested: false,
    series: task.series === null ? null : { ...task.series, runCount: 0 },
  };
}

export function dueInstant({ due }: Pick<NewTask, "due">, now: number): number {
  return "at" in due ? due.at : now + Math.round(due.inMs);
}

export function lease(row: Row, workerId: string): void {
  row.workerId = workerId;
  row.dueAt = null;
  row.attempt++;
  row.leaseToken++;
}

/** Ends a lease. A task with a cancel request is due at once, so that a worker cancels it. */
export function endLease(row: Row, dueAt: number | null, now: number): void {
  row.workerId = null;
  row.dueAt = dueAt !== null && row.cancelRequested ? Math.min(dueAt, now) : dueAt;
  if (dueAt === null) row.cancelRequested = false;
}

export function giveBack(row: Row, dueAt: number, now: number): void {
  row.attempt = Math.max(0, row.attempt - 1);
  endLease(row, dueAt, now);
}

export function startAnew(row: Row): void {
  row.attempt = 0;
  row.lostCount = 0;
  row.rateSlotAt = null;
}

/** Reports whether an unclaimed task has ended permanently. */
export function hasEnded(row: Row): boolean {
  if (row.dueAt !== null || row.series?.nextRunAt != null) return false;
  return ["Completed", "Failed", "Cancelled", "ServiceStopped"].includes(row.status);
}

/** Converts a row to the task record of the contract. */
export function toRecord(row: Row): TaskRecord {
  const { statusAudit: _s, runsAudit: _r, logs: _l, lines: _n, edits, series, ...fields } = row;
  const record = { ...fields, series: series === null ? null : { ...series } };
  return { ...record, version: taskVersion(record, edits) };
}

export function matches(row: Row, filter: TaskFilter): boolean {
  const { ids, statuses, types, queues, recurring, taskKey } = filter;
  const { tags = [], taskKeyPrefix = "", exceptionContains = "" } = filter;
  return (ids?.includes(row.id) ?? true) &&
    (statuses?.includes(row.status) ?? true) &&
    (types?.map(wellFormed).includes(row.type) ?? true) &&
    (queues?.map(wellFormed).includes(row.queue) ?? true) &&
    (recurring ?? row.series !== null) === (row.series !== null) &&
    tags.map(wellFormed).every((tag) => row.tags.includes(tag)) &&
    (taskKey === undefined || row.taskKey === wellFormed(taskKey)) &&
    (taskKeyPrefix === "" || row.taskKey?.startsWith(wellFormed(taskKeyPrefix)) === true) &&
    (exceptionContains === "" || row.exception?.includes(wellFormed(exceptionContains)) === true) &&
    hasPayload(filter, row.payload) &&
    isWithin(row.createdAt, filter.createdFrom, filter.createdBefore) &&
    isWithin(row.dueAt, filter.dueFrom, filter.dueBefore) &&
    isWithin(row.lastExecutionAt, filter.executedFrom, filter.executedBefore);
}

function isWithin(instant: number | null, from?: number, before?: number): boolean {
  if (instant === null) return from === undefined && before === undefined;
  return instant >= (from ?? -Infinity) && instant < (before ?? Infinity);
}

export function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** Converts a row to a claimed task that was due at the instant `dueAt`. */
export function toClaimed(row: Row, dueAt: number): ClaimedTask {
  const {
    handlerName: _h,
    tags: _t,
    exception: _e,
    scheduledAt: _s,
    lastExecutionAt: _l,
    executionTimeMs: _x,
    workerId: _w,
    version: _v,
    ...claimed
  } = toRecord(row);
  return { ...claimed, dueAt };
}
