// A stored task of the memory store: one mutable object with its history, its worker and its
// position among the due tasks, so that no operation has to search for them.

import type { AuditLevel } from "../../src/audit/audit_level.ts";
import type {
  ClaimedTask,
  ExecutionLogRecord,
  RunsAuditRecord,
  SeriesRecord,
  StatusAuditRecord,
  TaskRecord,
} from "../../src/storage/records.ts";
import { taskVersion } from "../../src/storage/kit/task_version.ts";
import type { NewSeries, NewTask } from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import type { WaitingTasks } from "./waiting_tasks.ts";

/**
 * A row of history with its number, by which pages are ordered. Numbers are ascending in the whole
 * store and are never reused.
 */
export type Numbered<T> = Omit<T, "taskId"> & { readonly number: number };

/** A series with mutable fields. */
export type MutableSeries = { -readonly [field in keyof SeriesRecord]: SeriesRecord[field] };

/**
 * A worker process and its tasks. A worker that is no longer registered stays until its tasks are
 * taken over.
 */
export interface Worker {
  readonly id: string;
  host: string;
  /** The queues and types that it serves, as JSON; null if it does not report them. */
  serves: string | null;
  startedAt: number;
  heartbeatAt: number;
  registered: boolean;
  /** Whether it has been asked to stop. */
  draining: boolean;
  readonly tasks: Set<TaskRow>;
}

/** One stored task. */
export class TaskRow {
  readonly id: string;
  type: string;
  handlerName: string;
  payload: string;
  status: TaskStatus;
  exception: string | null = null;
  auditLevel: AuditLevel;
  queue: string;
  priority: number;
  taskKey: string | null;
  readonly createdAt: number;
  scheduledAt: number | null = null;
  dueAt: number | null = null;
  lastExecutionAt: number | null = null;
  executionTimeMs: number | null = null;
  attempt = 0;
  lostCount = 0;
  worker: Worker | null = null;
  leaseToken = 0;
  cancelRequested = false;
  rateSlotAt: number | null = null;
  traceContext: string | null;
  retryPolicy: string | null;
  series: MutableSeries | null;
  tags: readonly string[];
  /** The number of changes by operators, and by dispatches with the task's key. */
  edits = 0;

  // These arrays are created on first use, because most tasks have no runs and no log lines, and
  // many have no audit rows.
  statusAudit: Numbered<StatusAuditRecord>[] | null = null;
  runsAudit: Numbered<RunsAuditRecord>[] | null = null;
  logs: Numbered<ExecutionLogRecord>[] | null = null;
  lastLogSequence = 0;

  // Where the task waits: see waiting_tasks.ts.
  waitsIn: WaitingTasks<TaskRow> | null = null;
  heapIndex = -1;
  lineIndex = -1;
  /** Whether the task was deleted. The list of all tasks removes it later. */
  deleted = false;

  constructor(task: NewTask, now: number) {
    this.id = task.id;
    this.type = task.type.toWellFormed();
    this.handlerName = task.handlerName.toWellFormed();
    this.payload = task.payload.toWellFormed();
    this.status = task.status;
    this.auditLevel = task.auditLevel;
    this.queue = task.queue.toWellFormed();
    this.priority = task.priority;
    this.taskKey = task.taskKey === null ? null : task.taskKey.toWellFormed();
    this.createdAt = now;
    this.traceContext = task.traceContext;
    this.retryPolicy = task.retryPolicy;
    this.series = task.series === null ? null : newSeries(task.series);
    this.tags = task.tags.length === 0 ? task.tags : task.tags.map((tag) => tag.toWellFormed());
  }

  /** Whether the task has ended and will not run again by itself. */
  get ended(): boolean {
    if (this.worker !== null || this.dueAt !== null || this.series?.nextRunAt != null) return false;
    return this.status === "Completed" || this.status === "Failed" ||
      this.status === "Cancelled" || this.status === "ServiceStopped";
  }

  /** Returns the task's record. */
  toRecord(): TaskRecord {
    const record = {
      id: this.id,
      type: this.type,
      handlerName: this.handlerName,
      tags: this.tags,
      payload: this.payload,
      status: this.status,
      exception: this.exception,
      auditLevel: this.auditLevel,
      queue: this.queue,
      priority: this.priority,
      taskKey: this.taskKey,
      createdAt: this.createdAt,
      scheduledAt: this.scheduledAt,
      dueAt: this.dueAt,
      lastExecutionAt: this.lastExecutionAt,
      executionTimeMs: this.executionTimeMs,
      attempt: this.attempt,
      lostCount: this.lostCount,
      workerId: this.worker?.id ?? null,
      leaseToken: this.leaseToken,
      cancelRequested: this.cancelRequested,
      rateSlotAt: this.rateSlotAt,
      traceContext: this.traceContext,
      retryPolicy: this.retryPolicy,
      series: this.series === null ? null : { ...this.series },
    };
    return { ...record, version: taskVersion(record, this.edits) };
  }

  /** Returns the claimed task for its worker. */
  toClaimed(dueAt: number): ClaimedTask {
    return {
      id: this.id,
      type: this.type,
      payload: this.payload,
      status: this.status,
      auditLevel: this.auditLevel,
      queue: this.queue,
      priority: this.priority,
      taskKey: this.taskKey,
      createdAt: this.createdAt,
      dueAt,
      attempt: this.attempt,
      lostCount: this.lostCount,
      leaseToken: this.leaseToken,
      cancelRequested: this.cancelRequested,
      rateSlotAt: this.rateSlotAt,
      traceContext: this.traceContext,
      retryPolicy: this.retryPolicy,
      series: this.series === null ? null : { ...this.series },
    };
  }
}

/** Creates the stored series of a new task. */
export function newSeries(series: NewSeries): MutableSeries {
  return {
    schedule: series.schedule,
    info: series.info,
    anchorAt: series.anchorAt,
    maxRuns: series.maxRuns,
    runUntil: series.runUntil,
    nextRunAt: series.nextRunAt,
    runCount: 0,
  };
}
