// The requests and results of claims and of releases; see requests.ts.

import type { ClaimedTask } from "./records.ts";

/** A worker's request for tasks. */
export interface ClaimRequest {
  /** The worker, which must be registered. */
  readonly workerId: string;
  /** The types that the worker has handlers for; tasks of other types are not claimed. */
  readonly types: readonly string[];
  /** The queues to claim from, with the maximum number of tasks from each. */
  readonly queues: readonly { readonly name: string; readonly limit: number }[];
}

/** The claimed tasks. */
export interface ClaimResult {
  /** The storage's clock at the claim. */
  readonly now: number;
  /** The claimed tasks. Within each queue: highest priority first, then longest due first. */
  readonly tasks: readonly ClaimedTask[];
}

/**
 * The right to write changes of a claimed task. Only the writes of the lease's holder are applied.
 */
export interface Lease {
  /** The worker that claimed the task. */
  readonly workerId: string;
  /** The `leaseToken` of the claim. */
  readonly token: number;
}

/** A claimed task that is released before it started. */
export interface ReleasedTask {
  /** The task. */
  readonly taskId: string;
  /** The `leaseToken` of the claim. */
  readonly token: number;
  /** The due instant before the claim, so that the task keeps its position in the queue. */
  readonly dueAt: number;
}
