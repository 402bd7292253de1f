// The requests and results about workers, and their notifications; see requests.ts.

import type { WorkerProcess, WorkerServes } from "./records.ts";
import type { EventWatcher } from "./relay_requests.ts";

/** The registration of a worker. */
export interface WorkerRegistration {
  /** The worker's id, new for each start of a process: any string of up to 100 characters. */
  readonly id: string;
  /** The name of the worker's host. */
  readonly host: string;
  /** The queues and types that it serves. @default not reported */
  readonly serves?: WorkerServes;
  /** The process of the worker. @default not reported */
  readonly process?: WorkerProcess;
}

/** The answer to a heartbeat. */
export interface HeartbeatResult {
  /** The storage's clock. */
  readonly now: number;
  /** False if the worker is no longer registered, and so has lost all its leases. */
  readonly alive: boolean;
  /** The ids of the tasks that this worker holds and is asked to cancel. */
  readonly cancelRequests: readonly string[];
  /** The paused queues, from which nothing is claimed. */
  readonly pausedQueues: readonly string[];
  /**
   * Whether this worker must stop claiming, and end when its running tasks have ended; see
   * {@linkcode Storage.drainWorker}.
   */
  readonly draining: boolean;
  /**
   * Whether {@linkcode Storage.releaseLost} has work to do: another worker's heartbeat is late or
   * more than a lease in the future, or a task is claimed by a worker that is not registered.
   * Determined in the same round trip.
   */
  readonly othersLost: boolean;
  /**
   * The earliest time that the storage records for a claim that this worker sends from now on, even
   * if the storage's clock is set back. Once the worker holds no task that it claimed earlier, it
   * passes this value to {@linkcode Storage.heartbeat} as `holdsSince`. Absent if the storage finds
   * the tasks of a worker without this value.
   */
  readonly claimsFrom?: number;
  /**
   * The processes that want to see events; see {@linkcode Storage.watchEvents}. Null if the
   * watchers could not be read without waiting; the watchers of the last answer then still count.
   */
  readonly watchers: readonly EventWatcher[] | null;
}

/** The argument of {@linkcode Storage.releaseLost}. */
export interface ReleaseLostRequest {
  /**
   * The age of a heartbeat above which its worker is lost, by the storage's clock, in milliseconds.
   */
  readonly leaseMs: number;
  /**
   * The maximum `lostCount`. A task that was running when its worker was lost becomes `Failed` if
   * its count exceeds this limit.
   */
  readonly poisonLimit: number;
  /** The exception text of tasks that become due again. */
  readonly lostReason: string;
  /** The exception text of tasks that become `Failed`. */
  readonly poisonReason: string;
}

/** A task whose worker was lost. */
export interface LostTask {
  /** The task. */
  readonly taskId: string;
  /** Its type. */
  readonly type: string;
  /** Its queue. */
  readonly queue: string;
  /** The worker that was lost. */
  readonly workerId: string;
  /** The task's new lost count; see {@linkcode TaskFields.lostCount}. */
  readonly lostCount: number;
  /** Whether the task became `Failed`. Otherwise it is due again. */
  readonly poisoned: boolean;
}

/** The reason for a call of a listener of {@linkcode Storage.onWake}. */
export type WakeSignal =
  | { readonly kind: "tasks" }
  | { readonly kind: "cancel"; readonly taskIds: readonly string[] }
  | { readonly kind: "queues" }
  | { readonly kind: "watch" };

/**
 * The intervals at which a worker polls for due tasks without a notification, in milliseconds.
 * `Infinity` disables polling.
 */
export interface Polling {
  /** The interval while the last poll found tasks. */
  readonly busyMs: number;
  /** The interval while there is nothing to do. */
  readonly idleMs: number;
}
