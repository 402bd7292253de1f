// What storage gives back: the rows of its tables as plain objects. Instants are whole epoch milliseconds of the storage's
// clock, durations may have fractions, texts are stored as they came, absent values are null.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { TaskStatus } from "./task_status.ts";

/** One task: a row of the table of queued tasks. A recurring series is one row, too. */
export interface TaskRecord {
  /** UUID version 7, lower case. */
  readonly id: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** A name of the handler for people: the task definition's `handlerName`. */
  readonly handler: string;
  /** The payload as JSON text. */
  readonly request: string;
  readonly status: TaskStatus;
  /** Why it failed or was stopped: the text of the last error. */
  readonly exception: string | null;
  readonly auditLevel: AuditLevel;
  readonly queue: string;
  /** Larger runs earlier; an integer from -32768 to 32767. */
  readonly priority: number;
  readonly taskKey: string | null;
  readonly createdAt: number;
  /** The instant it was dispatched for (`delay` or `at`); null when it was to run at once. */
  readonly scheduledAt: number | null;
  /** When it can be claimed; null while it is claimed or has ended. */
  readonly dueAt: number | null;
  /** When its last execution ended. Not kept for one-shot tasks at audit level `None`. */
  readonly lastExecutionAt: number | null;
  /** How long its last execution took, in milliseconds. */
  readonly executionTimeMs: number | null;
  /** How often it was claimed for the current run, less the claims given back. */
  readonly attempt: number;
  /** How often its worker was lost while it held the task, in the current run. */
  readonly lostCount: number;
  /** The worker that holds it; null when none does. */
  readonly workerId: string | null;
  /** Raised by every claim; a write that carries an older one is refused. */
  readonly leaseToken: number;
  /** Whether its owner was asked to cancel it. */
  readonly cancelRequested: boolean;
  /** The rate limit slot that it holds; null when it holds none. */
  readonly rateSlotAt: number | null;
  /** W3C trace context (`traceparent`) of the dispatch, when tracing is on. */
  readonly traceContext: string | null;
  /** The series, when the task is recurring. */
  readonly series: SeriesRecord | null;
}

/** The part of a task row that only recurring tasks have. */
export interface SeriesRecord {
  /** The schedule as canonical JSON text: two equal texts are the same schedule. */
  readonly schedule: string;
  /** The schedule as a sentence. */
  readonly info: string;
  /** The instant on which the grid of the schedule hangs. */
  readonly anchorAt: number;
  readonly maxRuns: number | null;
  /** Exclusive. */
  readonly runUntil: number | null;
  /** The planned instant of the next (or current) run; null when the series has ended. */
  readonly nextRunAt: number | null;
  /** Real runs so far; stays at 2^31 - 1. */
  readonly runCount: number;
}

/** What a worker gets when it claims a task. */
export interface ClaimedTask {
  readonly id: string;
  readonly type: string;
  readonly request: string;
  /** The status before the claim; the worker reports the changes to `Queued` and `InProgress`. */
  readonly status: TaskStatus;
  readonly auditLevel: AuditLevel;
  readonly queue: string;
  readonly priority: number;
  readonly taskKey: string | null;
  readonly createdAt: number;
  /** When it became due: what to give back with {@linkcode Storage.release}. */
  readonly dueAt: number;
  /** Already counts this claim: 1 for the first. */
  readonly attempt: number;
  readonly lostCount: number;
  readonly leaseToken: number;
  readonly cancelRequested: boolean;
  readonly rateSlotAt: number | null;
  readonly traceContext: string | null;
  readonly series: SeriesRecord | null;
}

/** One audited status change. */
export interface StatusAuditRecord {
  readonly taskId: string;
  readonly updatedAt: number;
  readonly newStatus: TaskStatus;
  readonly exception: string | null;
}

/** One audited run of a recurring task. */
export interface RunsAuditRecord {
  readonly taskId: string;
  /** When the run ended. */
  readonly executedAt: number;
  readonly executionTimeMs: number;
  readonly status: TaskStatus;
  readonly exception: string | null;
}

/** The level of a log line, by upstream's names. */
export type LogLevel = "Trace" | "Debug" | "Information" | "Warning" | "Error" | "Critical";

/** One line that a handler logged. */
export interface ExecutionLogRecord {
  readonly taskId: string;
  readonly loggedAt: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly exception: string | null;
  /** Order within the task, from 1, going on across attempts and runs. */
  readonly sequence: number;
}

/** One live worker process. */
export interface WorkerRecord {
  readonly id: string;
  readonly host: string;
  readonly startedAt: number;
  readonly heartbeatAt: number;
}
