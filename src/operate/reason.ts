// The reasons why a task is not running, as data. Each has a sentence with the cause and the
// remedy.

import type { TaskStatus } from "../storage/task_status.ts";

/** The property that every {@linkcode Reason} has. */
export interface ToldReason {
  /** The cause and the remedy as a sentence. */
  readonly sentence: string;
}

/** The instant before which a task does not run. */
export interface WaitingReason {
  /** The due instant, by the storage's clock. */
  readonly dueAt: Date;
  /** The time until `dueAt`, in milliseconds. */
  readonly dueInMs: number;
}

/** No task with this id is stored. */
export interface NotStored extends ToldReason {
  /** `notStored` */
  readonly kind: "notStored";
}

/** A live worker holds the task. The task runs, or waits for a free place of that worker. */
export interface Held extends ToldReason {
  /** `held` */
  readonly kind: "held";
  /** The worker. */
  readonly workerId: string;
  /** The name of the worker's host. */
  readonly host: string;
  /** Whether the worker has reported that the handler was started. */
  readonly running: boolean;
  /**
   * The instant at which the handler was started; null if the handler was not started, or if the
   * audit level does not record the start.
   */
  readonly since: Date | null;
}

/** The worker that holds the task has sent no heartbeat for longer than its lease. */
export interface WorkerLate extends ToldReason {
  /** `workerLate` */
  readonly kind: "workerLate";
  /** The worker. */
  readonly workerId: string;
  /** The name of the worker's host. */
  readonly host: string;
  /** The instant of the last heartbeat. */
  readonly heartbeatAt: Date;
  /** The time since the end of the lease, in milliseconds. */
  readonly lateMs: number;
}

/** The worker that holds the task is no longer registered. */
export interface WorkerGone extends ToldReason {
  /** `workerGone` */
  readonly kind: "workerGone";
  /** The worker. */
  readonly workerId: string;
}

/** The cancellation of the task was requested. */
export interface Cancelling extends ToldReason {
  /** `cancelling` */
  readonly kind: "cancelling";
}

/** The worker that held the task stopped or was lost before the task ended. */
export interface GivenBack extends ToldReason {
  /** `givenBack` */
  readonly kind: "givenBack";
  /**
   * The number of lost workers in the current run, as in {@linkcode TaskFields.lostCount}; 0 if the
   * worker stopped properly.
   */
  readonly lostCount: number;
}

/** The task was dispatched for later. */
export interface Delayed extends ToldReason, WaitingReason {
  /** `delayed` */
  readonly kind: "delayed";
}

/** The series waits for its next run. */
export interface NextRunDue extends ToldReason, WaitingReason {
  /** `nextRun` */
  readonly kind: "nextRun";
  /** The schedule as a sentence. */
  readonly schedule: string;
}

/** An attempt has failed, and the next attempt is due later. */
export interface RetryDue extends ToldReason, WaitingReason {
  /** `retry` */
  readonly kind: "retry";
  /** The number of the next retry, from 1. */
  readonly retry: number;
  /** The maximum number of retries; null if this process does not know the policy. */
  readonly retries: number | null;
}

/** The task waits for the slot that its rate limit has reserved. */
export interface RateLimited extends ToldReason, WaitingReason {
  /** `rateLimited` */
  readonly kind: "rateLimited";
}

/** The operator, the time and the reason of a pause, as far as recorded. */
export interface PauseNote {
  /** The operator; null if not recorded. */
  readonly by: string | null;
  /** The time; null if not recorded. */
  readonly since: Date | null;
  /** The reason; null if not recorded. */
  readonly why: string | null;
}

/** The queue is paused. */
export interface QueuePaused extends ToldReason, PauseNote {
  /** `queuePaused` */
  readonly kind: "queuePaused";
  /** The queue. */
  readonly queue: string;
}

/** An operator has paused the series. */
export interface SeriesPaused extends ToldReason, PauseNote {
  /** `seriesPaused` */
  readonly kind: "seriesPaused";
  /** The run that was planned; it may have passed. */
  readonly nextRunAt: Date;
}

/** No live worker serves the queue. */
export interface QueueUnserved extends ToldReason {
  /** `queueUnserved` */
  readonly kind: "queueUnserved";
  /** The queue. */
  readonly queue: string;
  /** The number of live workers. */
  readonly liveWorkers: number;
  /** A similar name of a served queue, in case the name is misspelt; null if there is none. */
  readonly similar: string | null;
}

/** Live workers serve the queue, but none of them knows the type. */
export interface TypeUnknown extends ToldReason {
  /** `typeUnknown` */
  readonly kind: "typeUnknown";
  /** The queue. */
  readonly queue: string;
  /** The type. */
  readonly type: string;
  /** A similar name of a known type, in case the name is misspelt; null if there is none. */
  readonly similar: string | null;
}

/** The workers that could take the task have no free place. */
export interface PlacesBusy extends ToldReason {
  /** `placesBusy` */
  readonly kind: "placesBusy";
  /** The queue. */
  readonly queue: string;
  /** The maximum number of tasks of the queue that the live workers run concurrently. */
  readonly places: number;
  /**
   * The number of tasks of the queue that workers hold, whether they run or wait for a place; at
   * most 10,000.
   */
  readonly held: number;
}

/** The task is due, and a live worker takes it in its turn. */
export interface InLine extends ToldReason {
  /** `inLine` */
  readonly kind: "inLine";
  /** The queue. */
  readonly queue: string;
  /** The number of due tasks of the queue that no worker holds, with this task; at most 5,000. */
  readonly due: number;
  /** Whether `due` counts all these tasks. Otherwise there may be more. */
  readonly exact: boolean;
}

/** The task has ended. */
export interface Ended extends ToldReason {
  /** `ended` */
  readonly kind: "ended";
  /** The status with which it ended. */
  readonly status: TaskStatus;
  /**
   * The end of the last execution; null if there was none, or if the audit level does not record
   * it.
   */
  readonly endedAt: Date | null;
  /** The number of attempts, without those that were lost with their worker. */
  readonly attempts: number;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
}

/** The series has ended. No run follows. */
export interface SeriesEnded extends ToldReason {
  /** `seriesEnded` */
  readonly kind: "seriesEnded";
  /** The status with which it ended. */
  readonly status: TaskStatus;
  /**
   * The cause of the end: the series was cancelled, has run `maxRuns` times, or has no run left
   * before `runUntil`. Null for any other cause, such as a schedule without further occurrences.
   */
  readonly cause: "cancelled" | "maxRuns" | "runUntil" | null;
  /** The end of the last run; null if there was none. */
  readonly endedAt: Date | null;
  /** The number of counted runs. */
  readonly runCount: number;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
}

/** The task has a waiting status but no due instant, so no worker claims it. */
export interface OutOfLine extends ToldReason {
  /** `outOfLine` */
  readonly kind: "outOfLine";
  /** The status. */
  readonly status: TaskStatus;
}

/** A reason why a task is not running. `kind` distinguishes the reasons. */
export type Reason =
  | NotStored
  | Held
  | WorkerLate
  | WorkerGone
  | Cancelling
  | GivenBack
  | Delayed
  | NextRunDue
  | RetryDue
  | RateLimited
  | QueuePaused
  | SeriesPaused
  | QueueUnserved
  | TypeUnknown
  | PlacesBusy
  | InLine
  | Ended
  | SeriesEnded
  | OutOfLine;

/** The reasons why a task is not running. */
export interface Explanation {
  /** The task's id. */
  readonly taskId: string;
  /** The instant of the explanation, by the storage's clock. */
  readonly at: Date;
  /** The task's status; null if no task with this id is stored. */
  readonly status: TaskStatus | null;
  /** All reasons, at least one. */
  readonly reasons: readonly Reason[];
}
