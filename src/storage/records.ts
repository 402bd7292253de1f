// The rows of the storage's tables as plain objects. Instants are whole epoch milliseconds of the
// storage's clock. Durations may be fractional. Strings are returned as they were stored. Absent
// values are null.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { TaskStatus } from "./task_status.ts";

/**
 * The fields of a task that its dispatch sets. Only edits by operators and later dispatches with
 * the same task key change them.
 */
export interface DispatchedFields {
  /** UUID version 7, lower case. */
  readonly id: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** The payload as JSON. */
  readonly payload: string;
  /** The audit level, which sets how much history is recorded. */
  readonly auditLevel: AuditLevel;
  /** The queue in which it waits. */
  readonly queue: string;
  /** An integer from -32768 to 32767. Larger values run earlier. */
  readonly priority: number;
  /** The task's unique key, up to 200 characters; null if the task has no key, or has lost it. */
  readonly taskKey: string | null;
  /** The W3C trace context (`traceparent`) of the dispatch; null if tracing is off. */
  readonly traceContext: string | null;
  /** The retry policy of the task as JSON; null if the dispatch set none. */
  readonly retryPolicy: string | null;
}

/** The fields that a task's row and a claimed task have in common. */
export interface TaskFields extends DispatchedFields {
  /** The status. For a claimed task, the status before the claim. */
  readonly status: TaskStatus;
  /** The instant at which the task was stored. */
  readonly createdAt: number;
  /**
   * The number of claims for the current run, without claims that were given back; 1 after the
   * first claim.
   */
  readonly attempt: number;
  /**
   * The number of times that the task's worker was lost while the task was running, in the current
   * run. Also 1 if the worker was lost before the start of the task was written. `attempt` -
   * `lostCount` is the number of attempts that count.
   */
  readonly lostCount: number;
  /** Incremented by every claim. A change with an older token is not applied. */
  readonly leaseToken: number;
  /** Whether cancellation of the task was requested. */
  readonly cancelRequested: boolean;
  /**
   * The rate limit slot that the task holds, or held when it was cancelled; null if there is none.
   */
  readonly rateSlotAt: number | null;
  /** The series of a recurring task; null for a one-shot task. */
  readonly series: SeriesRecord | null;
}

/** One task, as a row of the table of queued tasks. A recurring series is also one row. */
export interface TaskRecord extends TaskFields {
  /** The display name of the handler, from the task definition's `handlerName`. */
  readonly handlerName: string;
  /** The tags of the task, in the order of the dispatch. */
  readonly tags: readonly string[];
  /**
   * The text of the error that failed or stopped the task, with its causes. A worker writes at most
   * 32,768 characters. The last line of a longer text says that it was cut.
   */
  readonly exception: string | null;
  /**
   * The instant for which the task was dispatched (`delay` or `at`); null if it was to run at once.
   */
  readonly scheduledAt: number | null;
  /** The instant from which the task can be claimed; null while it is claimed or has ended. */
  readonly dueAt: number | null;
  /** The end of the last execution. Not kept for one-shot tasks at audit level `None`. */
  readonly lastExecutionAt: number | null;
  /** The duration of the last execution, in milliseconds. */
  readonly executionTimeMs: number | null;
  /** The worker that has claimed the task; null if none has. */
  readonly workerId: string | null;
  /**
   * The version of the row, up to 150 characters. It differs after each change that matters to an
   * operator. See {@linkcode taskVersion}.
   */
  readonly version: string;
}

/** The part of a task row that only recurring tasks have. */
export interface SeriesRecord {
  /** The schedule as canonical JSON. Equal strings are the same schedule. */
  readonly schedule: string;
  /**
   * The reason why no worker can read the schedule. A worker sets such a series aside without
   * running it. Absent if there is no known reason.
   */
  readonly unreadable?: string;
  /** The schedule as a sentence. */
  readonly info: string;
  /** The instant from which the schedule's intervals are counted. */
  readonly anchorAt: number;
  /** The number of counted runs after which the series ends; null for no limit. */
  readonly maxRuns: number | null;
  /** The instant at which the series ends, exclusive; null for no end. */
  readonly runUntil: number | null;
  /** The planned instant of the next or current run; null if the series has ended. */
  readonly nextRunAt: number | null;
  /** The number of counted runs so far; at most 2^31 - 1. */
  readonly runCount: number;
  /** True if an operator has paused the series; absent otherwise. */
  readonly paused?: true;
}

/** A claimed task. The worker itself reports the changes to `Queued` and `InProgress`. */
export interface ClaimedTask extends TaskFields {
  /** The instant at which the task became due, to be passed to {@linkcode Storage.release}. */
  readonly dueAt: number;
}

/** One audited status change. */
export interface StatusAuditRecord {
  /** The task. */
  readonly taskId: string;
  /** The instant of the change. */
  readonly updatedAt: number;
  /** The new status. */
  readonly newStatus: TaskStatus;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
}

/** One audited run of a recurring task. */
export interface RunsAuditRecord {
  /** The task. */
  readonly taskId: string;
  /** The instant at which the run ended. */
  readonly executedAt: number;
  /** The duration of the run, in milliseconds. */
  readonly executionTimeMs: number;
  /** The status with which the run ended. */
  readonly status: TaskStatus;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
}

/** The level of a log line, by upstream's names. */
export type LogLevel = "Trace" | "Debug" | "Information" | "Warning" | "Error" | "Critical";

/** One line that a handler logged. */
export interface ExecutionLogRecord {
  /** The task. */
  readonly taskId: string;
  /** The instant at which the line was logged. */
  readonly loggedAt: number;
  /** The severity. */
  readonly level: LogLevel;
  /** The message, with its placeholders replaced. */
  readonly message: string;
  /** The text of the logged error; null if there was none. */
  readonly exception: string | null;
  /**
   * The number of the series' run that logged the line, from 1, the same for all attempts of the
   * run; 1 for a one-shot task.
   */
  readonly run: number;
  /** The number of the line within the task, from 1, continued across attempts and runs. */
  readonly sequence: number;
}

/** The queues and task types that a worker serves. */
export interface WorkerServes {
  /** The worker's queues, each with the maximum number of tasks that it runs concurrently. */
  readonly queues: readonly { readonly name: string; readonly parallelism: number }[];
  /** The task types for which the worker has handlers. */
  readonly types: readonly string[];
}

/** The process of a worker, for operators. */
export interface WorkerProcess {
  /** The version of this package, such as `"0.2.0"`. */
  readonly version: string;
  /** The version of the application, such as `"2.4.1"`; null if unknown. */
  readonly applicationVersion: string | null;
  /** The name and version of the runtime, such as `"Deno/2.9.6"`; empty if unknown. */
  readonly runtime: string;
  /** The id of the process on its host; null if unknown. */
  readonly pid: number | null;
}

/** One registered worker process. */
export interface WorkerRecord {
  /** The worker's id, new for each start of a process. */
  readonly id: string;
  /** The name of the worker's host. */
  readonly host: string;
  /**
   * The queues and types that it serves; null for a worker of version 0.1, which does not report
   * them.
   */
  readonly serves: WorkerServes | null;
  /** The process; null for a worker of version 0.2 or earlier, which does not report it. */
  readonly process: WorkerProcess | null;
  /** Whether the worker has been asked to stop; see {@linkcode Storage.drainWorker}. */
  readonly draining: boolean;
  /** The instant at which the worker was registered. */
  readonly startedAt: number;
  /** The instant of the last heartbeat. */
  readonly heartbeatAt: number;
  /**
   * The age of the last heartbeat by the storage's clock, in milliseconds. Negative if that clock
   * has been set back since.
   */
  readonly heartbeatAgeMs: number;
}
