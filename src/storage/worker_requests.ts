// The requests and results about workers, and their notifications; see requests.ts.

import type { WorkerServes } from "./records.ts";

/** A worker that makes itself known. */
export interface WorkerRegistration {
  /** New for each start of a process: any text of up to 100 characters. */
  readonly id: string;
  /** Where it runs. */
  readonly host: string;
  /** The queues and types that it serves. @default not reported */
  readonly serves?: WorkerServes;
}

/** The answer to a heartbeat. */
export interface HeartbeatResult {
  /** The storage's clock. */
  readonly now: number;
  /** False when the worker is no longer registered: it has lost all its leases. */
  readonly alive: boolean;
  /** Tasks that this worker holds and is asked to cancel. */
  readonly cancelRequests: readonly string[];
  /** The queues from which nothing is claimed at the moment. */
  readonly pausedQueues: readonly string[];
  /**
   * Whether there is something for {@linkcode Storage.releaseLost}: another worker's heartbeat is
   * late, or further in the future than a lease, or a task is claimed by a worker that is not
   * registered. Found in the same round trip, so that looking costs nothing more.
   */
  readonly othersLost: boolean;
}

/** What {@linkcode Storage.releaseLost} needs to know. */
export interface ReleaseLostRequest {
  /** A worker whose heartbeat is older than this, by the storage's clock, is lost. Milliseconds. */
  readonly leaseMs: number;
  /** A task that was running when its worker was lost, more often than this, becomes `Failed`. */
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
  /** The task's lost count since then; see {@linkcode TaskFields.lostCount}. */
  readonly lostCount: number;
  /** Whether it is `Failed` permanently; otherwise it is due again. */
  readonly poisoned: boolean;
}

/** Why {@linkcode Storage.onWake} calls. */
export type WakeSignal =
  | { readonly kind: "tasks" }
  | { readonly kind: "cancel"; readonly taskIds: readonly string[] }
  | { readonly kind: "queues" };

/**
 * How often a worker polls for due tasks without a notification, in milliseconds. `Infinity`:
 * never.
 */
export interface Polling {
  /** While the last look found something. */
  readonly busyMs: number;
  /** While there is nothing to do. */
  readonly idleMs: number;
}
