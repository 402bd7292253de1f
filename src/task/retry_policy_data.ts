// Retry policies as plain data, to store them with tasks.

import type { RetryPolicy } from "./retry_policy.ts";

/** The named filters of a policy, which can be stored. */
export type FilterName = "transientNetworkErrors" | "transientDatabaseErrors" | "timeouts";

/** When a policy retries. Durations are milliseconds. */
export type RetryRule =
  | {
    readonly kind: "linear";
    readonly retries: number;
    /** The delay before each retry; the last one repeats. */
    readonly delaysMs: readonly number[];
  }
  | {
    readonly kind: "exponential";
    readonly retries: number;
    readonly baseMs: number;
    readonly factor: number;
    readonly maxMs: number;
    readonly jitter: number;
  };

/** A retry policy as plain data: when it retries and, if it names them, which errors alone. */
export type RetryPolicyData =
  | { readonly kind: "none" }
  | (RetryRule & { readonly handle?: readonly FilterName[] });

/**
 * A retry policy that can be stored with a task, and so be given to `dispatch`: what {@linkcode
 * linearRetry}, {@linkcode exponentialRetry} and {@linkcode noRetry} make. Of the filters, the
 * presets and `.handle(TimeoutError)` can be stored; classes of your own and predicates cannot.
 */
export interface StorableRetryPolicy extends RetryPolicy {
  /**
   * The policy as plain data.
   *
   * @throws {InvalidArgumentError} If a filter names a class or a predicate, which cannot be
   * stored.
   */
  toJSON(): RetryPolicyData;
}
