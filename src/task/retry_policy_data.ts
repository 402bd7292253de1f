// Retry policies as plain data, which can be stored with tasks.

import type { RetryPolicy } from "./retry_policy.ts";

/** The named filters of a policy, which can be stored. */
export type FilterName = "transientNetworkErrors" | "transientDatabaseErrors" | "timeouts";

/** The delays of a policy, in milliseconds. */
export type RetryRule =
  | {
    readonly kind: "linear";
    readonly retries: number;
    /** The delay before each retry. The last delay repeats. */
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

/** A retry policy as plain data: its delays, and the errors that it retries, if limited. */
export type RetryPolicyData =
  | { readonly kind: "none" }
  | (RetryRule & { readonly handle?: readonly FilterName[] });

/**
 * A retry policy that can be stored with a task, and therefore be passed to `dispatch`. {@linkcode
 * linearRetry}, {@linkcode exponentialRetry} and {@linkcode noRetry} create such policies. Of their
 * filters, the presets and `.handle(TimeoutError)` can be stored; custom error classes and
 * predicates cannot.
 */
export interface StorableRetryPolicy extends RetryPolicy {
  /**
   * Returns the policy as plain data.
   *
   * @throws {InvalidArgumentError} If a filter names a class or a predicate, which cannot be
   * stored.
   */
  toJSON(): RetryPolicyData;
}
