// The requests and results of claims, and of giving tasks back; see requests.ts.

import type { ClaimedTask } from "./records.ts";

/** A worker's request for tasks. */
export interface ClaimRequest {
  /** The worker, which must be registered. */
  readonly workerId: string;
  /** The types that the worker has handlers for; tasks of other types are not claimed. */
  readonly types: readonly string[];
  /** At most `limit` tasks from each queue. */
  readonly queues: readonly { readonly name: string; readonly limit: number }[];
}

/** The claimed tasks. */
export interface ClaimResult {
  /** The storage's clock at the claim. */
  readonly now: number;
  /** Highest priority first, then longest due first, within each queue. */
  readonly tasks: readonly ClaimedTask[];
}

/** The right to write about a claimed task: only its holder's writes are applied. */
export interface Lease {
  /** The worker that claimed. */
  readonly workerId: string;
  /** The `leaseToken` of the claim. */
  readonly token: number;
}

/** A claimed task that is given back unstarted. */
export interface ReleasedTask {
  /** The task. */
  readonly taskId: string;
  /** The `leaseToken` of the claim. */
  readonly token: number;
  /** The due instant that it had, so that it keeps its place. */
  readonly dueAt: number;
}
