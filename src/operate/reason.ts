// The reasons why a task is not running, as data. Each has a sentence with the cause and the
// remedy.

import type { TaskStatus } from "../storage/task_status.ts";

/** What every {@linkcode Reason} has. */
export interface ToldReason {
  /** The cause and the remedy, for people. */
  readonly sentence: string;
}

/** The instant before which a task does not run. */
export interface WaitingReason {
  /** The instant, by the storage's clock. */
  readonly dueAt: Date;
  /** How far away it is, in milliseconds. */
  readonly dueInMs: number;
}

/** No task with this id is stored. */
export interface NotStored extends ToldReason {
  /** `notStored` */
  readonly kind: "notStored";
}

/** A live worker holds the task: it runs, or it waits for a free place of that worker. */
export interface Held extends ToldReason {
  /** `held` */
  readonly kind: "held";
  /** The worker. */
  readonly workerId: string;
  /** Where the worker runs. */
  readonly host: string;
  /** Whether the worker has reported that the handler was started. */
  readonly running: boolean;
  /** When it was started; null if it was not, or its audit level does not keep that. */
  readonly since: Date | null;
}

/** The worker that holds the task has not been heard of for longer than its lease. */
export interface WorkerLate extends ToldReason {
  /** `workerLate` */
  readonly kind: "workerLate";
  /** The worker. */
  readonly workerId: string;
  /** Where the worker runs. */
  readonly host: string;
  /** Its last heartbeat. */
  readonly heartbeatAt: Date;
  /** How long ago the lease has ended, in milliseconds. */
  readonly lateMs: number;
}

/** The worker that holds the task is not registered any more. */
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

/** A worker had the task and did not end it: it stopped, or it was lost. */
export interface GivenBack extends ToldReason {
  /** `givenBack` */
  readonly kind: "givenBack";
  /**
   * How often its worker was lost in the current run, as {@linkcode TaskFields.lostCount}; 0 if the
   * worker stopped as it should.
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

/** An attempt has failed, and the next one has its instant. */
export interface RetryDue extends ToldReason, WaitingReason {
  /** `retry` */
  readonly kind: "retry";
  /** Which retry is next, from 1. */
  readonly retry: number;
  /** How many the policy allows at most; null if this process cannot tell. */
  readonly retries: number | null;
}

/** The task waits for the slot that its rate limit has given it. */
export interface RateLimited extends ToldReason, WaitingReason {
  /** `rateLimited` */
  readonly kind: "rateLimited";
}

/** The queue is paused. */
export interface QueuePaused extends ToldReason {
  /** `queuePaused` */
  readonly kind: "queuePaused";
  /** The queue. */
  readonly queue: string;
}

/** No live worker serves the queue. */
export interface QueueUnserved extends ToldReason {
  /** `queueUnserved` */
  readonly kind: "queueUnserved";
  /** The queue. */
  readonly queue: string;
  /** How many workers are alive. */
  readonly liveWorkers: number;
  /** The most similar queue that is served, if one is similar: the name may be misspelt. */
  readonly similar: string | null;
}

/** Live workers serve the queue, and none of them knows the type. */
export interface TypeUnknown extends ToldReason {
  /** `typeUnknown` */
  readonly kind: "typeUnknown";
  /** The queue. */
  readonly queue: string;
  /** The type. */
  readonly type: string;
  /** The most similar type that is known, if one is similar: the name may be misspelt. */
  readonly similar: string | null;
}

/** The workers that could take the task have their hands full. */
export interface PlacesBusy extends ToldReason {
  /** `placesBusy` */
  readonly kind: "placesBusy";
  /** The queue. */
  readonly queue: string;
  /** How many of its tasks the live workers run at a time. */
  readonly places: number;
  /** How many of its tasks workers hold: they run, or are next. */
  readonly held: number;
}

/** Nothing keeps the task from running: it is due, and a live worker takes it in its turn. */
export interface InLine extends ToldReason {
  /** `inLine` */
  readonly kind: "inLine";
  /** The queue. */
  readonly queue: string;
  /** How many of its tasks are due and held by no worker, this one included. */
  readonly due: number;
}

/** The task has ended. */
export interface Ended extends ToldReason {
  /** `ended` */
  readonly kind: "ended";
  /** How. */
  readonly status: TaskStatus;
  /** When its last execution ended; null if it had none, or its audit level does not keep that. */
  readonly endedAt: Date | null;
  /** How many attempts it took, those that were lost with their worker not counted. */
  readonly attempts: number;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
}

/** The series has ended: no run follows. */
export interface SeriesEnded extends ToldReason {
  /** `seriesEnded` */
  readonly kind: "seriesEnded";
  /** How. */
  readonly status: TaskStatus;
  /**
   * What ended it: it was cancelled, it has run `maxRuns` times, or no run is left before
   * `runUntil`; null for anything else, such as a schedule without further occurrences.
   */
  readonly cause: "cancelled" | "maxRuns" | "runUntil" | null;
  /** When its last run ended; null if it had none. */
  readonly endedAt: Date | null;
  /** How often it has run. */
  readonly runCount: number;
  /** The error's text; null if there was none. */
  readonly exception: string | null;
}

/** The status says that the task waits, and it has no due instant: no worker will look at it. */
export interface OutOfLine extends ToldReason {
  /** `outOfLine` */
  readonly kind: "outOfLine";
  /** The status. */
  readonly status: TaskStatus;
}

/** Why a task is not running. ToldReason apart by `kind`. */
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
  | QueueUnserved
  | TypeUnknown
  | PlacesBusy
  | InLine
  | Ended
  | SeriesEnded
  | OutOfLine;

/** The answer to "Why is this task not running?". */
export interface Explanation {
  /** The task's id. */
  readonly taskId: string;
  /** When it was so, by the storage's clock. */
  readonly at: Date;
  /** The task's status; null if no task with this id is stored. */
  readonly status: TaskStatus | null;
  /** All that keeps the task from running, at least one. */
  readonly reasons: readonly Reason[];
}
