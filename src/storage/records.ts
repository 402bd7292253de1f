// What storage gives back: the rows of its tables as plain objects. Instants are whole epoch
// milliseconds of the storage's clock, durations may have fractions, texts are stored as they came,
// absent values are null.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { TaskStatus } from "./task_status.ts";

/** The fields of a task that its dispatch sets, and that never change. */
export interface DispatchedFields {
  /** UUID version 7, lower case. */
  readonly id: string;
  /** The type under which its handler is registered. */
  readonly type: string;
  /** The payload as JSON text. */
  readonly payload: string;
  /** How much history it leaves. */
  readonly auditLevel: AuditLevel;
  /** The queue in which it waits. */
  readonly queue: string;
  /** Larger runs earlier; an integer from -32768 to 32767. */
  readonly priority: number;
  /** Its unique name, up to 200 characters; null when it has none, or gave it up. */
  readonly taskKey: string | null;
  /** W3C trace context (`traceparent`) of the dispatch; null when tracing is off. */
  readonly traceContext: string | null;
  /**
   * What follows a failed attempt, as JSON text; null: its type's or queue's retry policy holds.
   */
  readonly retryPolicy: string | null;
}

/** The fields that a row of the table of queued tasks and its claim have in common. */
export interface TaskFields extends DispatchedFields {
  /** The status; of a claimed task, the one before the claim. */
  readonly status: TaskStatus;
  /** When it was stored. */
  readonly createdAt: number;
  /** How often it was claimed for the current run, less the claims given back; 1 for the first. */
  readonly attempt: number;
  /**
   * How often its worker was lost while the task was running, in the current run. Also 1 if the
   * worker was lost before the start of the task was written. `attempt` - `lostCount` is the
   * attempt that counts.
   */
  readonly lostCount: number;
  /** Raised by every claim; a write that carries an older one is refused. */
  readonly leaseToken: number;
  /** Whether it is to be cancelled rather than run. */
  readonly cancelRequested: boolean;
  /** The rate limit slot that it holds, or held when it was cancelled; null when it holds none. */
  readonly rateSlotAt: number | null;
  /** The series, when the task is recurring. */
  readonly series: SeriesRecord | null;
}

/** One task: a row of the table of queued tasks. A recurring series is one row, too. */
export interface TaskRecord extends TaskFields {
  /** A name of the handler for people: the task definition's `handlerName`. */
  readonly handlerName: string;
  /**
   * Why it failed or was stopped: the text of the last error, with its causes. A worker writes
   * 32,768 characters at most; the last line of a longer text says that it was cut.
   */
  readonly exception: string | null;
  /** The instant it was dispatched for (`delay` or `at`); null when it was to run at once. */
  readonly scheduledAt: number | null;
  /** When it can be claimed; null while it is claimed or has ended. */
  readonly dueAt: number | null;
  /** When its last execution ended. Not kept for one-shot tasks at audit level `None`. */
  readonly lastExecutionAt: number | null;
  /** How long its last execution took, in milliseconds. */
  readonly executionTimeMs: number | null;
  /** The worker that holds it; null when none does. */
  readonly workerId: string | null;
}

/** The part of a task row that only recurring tasks have. */
export interface SeriesRecord {
  /** The schedule as canonical JSON text: two equal texts are the same schedule. */
  readonly schedule: string;
  /**
   * Why no worker can run the series by its schedule, so that a worker sets it aside. Absent if no
   * such reason is known.
   */
  readonly unreadable?: string;
  /** The schedule as a sentence. */
  readonly info: string;
  /** The instant on which the grid of the schedule hangs. */
  readonly anchorAt: number;
  /** After how many real runs it ends; null: never. */
  readonly maxRuns: number | null;
  /** Exclusive. */
  readonly runUntil: number | null;
  /** The planned instant of the next (or current) run; null when the series has ended. */
  readonly nextRunAt: number | null;
  /** Real runs so far; stays at 2^31 - 1. */
  readonly runCount: number;
}

/** A claimed task. The worker itself reports the changes to `Queued` and `InProgress`. */
export interface ClaimedTask extends TaskFields {
  /** When it became due: what to give back with {@linkcode Storage.release}. */
  readonly dueAt: number;
}

/** One audited status change. */
export interface StatusAuditRecord {
  /** The task. */
  readonly taskId: string;
  /** When it happened. */
  readonly updatedAt: number;
  /** The status since then. */
  readonly newStatus: TaskStatus;
  /** The error's text, if there was one. */
  readonly exception: string | null;
}

/** One audited run of a recurring task. */
export interface RunsAuditRecord {
  /** The task. */
  readonly taskId: string;
  /** When the run ended. */
  readonly executedAt: number;
  /** How long it took, in milliseconds. */
  readonly executionTimeMs: number;
  /** How it ended. */
  readonly status: TaskStatus;
  /** The error's text, if there was one. */
  readonly exception: string | null;
}

/** The level of a log line, by upstream's names. */
export type LogLevel = "Trace" | "Debug" | "Information" | "Warning" | "Error" | "Critical";

/** One line that a handler logged. */
export interface ExecutionLogRecord {
  /** The task. */
  readonly taskId: string;
  /** When it was logged. */
  readonly loggedAt: number;
  /** How grave it is. */
  readonly level: LogLevel;
  /** The message, its placeholders filled in. */
  readonly message: string;
  /** The text of the error that was logged, if there was one. */
  readonly exception: string | null;
  /** Which run of a series logged it, from 1, with all its attempts; 1 for a one-shot. */
  readonly run: number;
  /** Order within the task, from 1, going on across attempts and runs. */
  readonly sequence: number;
}

/** Which tasks a worker takes. */
export interface WorkerServes {
  /** Its queues, and how many tasks of each it runs at a time. */
  readonly queues: readonly { readonly name: string; readonly parallelism: number }[];
  /** The types of the tasks that it knows. */
  readonly types: readonly string[];
}

/** One registered worker process. */
export interface WorkerRecord {
  /** New for each start of a process. */
  readonly id: string;
  /** Where it runs. */
  readonly host: string;
  /**
   * The queues and types that it serves; null for a worker of version 0.1, which does not report
   * them.
   */
  readonly serves: WorkerServes | null;
  /** When it was registered. */
  readonly startedAt: number;
  /** When it was last heard of. */
  readonly heartbeatAt: number;
  /**
   * How long ago that was, by the storage's clock, in milliseconds. Below 0 when that clock has
   * been set back since.
   */
  readonly heartbeatAgeMs: number;
}
