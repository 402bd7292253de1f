// The interface of retry policies.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * Decides whether and when a failed attempt is retried. Any object with this method is a policy.
 * {@linkcode linearRetry}, {@linkcode exponentialRetry} and {@linkcode noRetry} create the usual
 * policies.
 */
export interface RetryPolicy {
  /**
   * Returns the delay after a failed attempt. Also called for timeouts, with a `TimeoutError`. A
   * custom policy must return null for errors that it does not retry. Not called for a
   * cancellation, a `NonRetryableError` or a `RetryLater`.
   *
   * @param attempt The number of the failed attempt, from 1. Attempts that were lost with their
   * worker do not count.
   * @param error The error of the attempt.
   * @param random Returns a number from 0 to below 1, for jitter.
   * @returns The delay before the next attempt in milliseconds, or null to give up. More than 1000
   * years count as 1000 years. A policy that throws, returns another value or is async fails the
   * task, and the task's exception names this cause.
   */
  nextDelay(attempt: number, error: unknown, random?: () => number): number | null;
}

/** Checks that a user's value is a retry policy. */
export function checkRetryPolicy(policy: unknown, argument: string): void {
  if (typeof (policy as Partial<RetryPolicy> | null)?.nextDelay === "function") return;
  const remedy =
    "be a retry policy such as linearRetry(3), or an object with nextDelay(attempt, error)";
  throw new InvalidArgumentError(argument, policy, remedy);
}
