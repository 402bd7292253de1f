// The interface of retry policies.

import { InvalidArgumentError } from "../guards/errors.ts";

/**
 * Decides whether and when a failed attempt is followed by another. Any object with this method is
 * a policy; {@linkcode linearRetry}, {@linkcode exponentialRetry} and {@linkcode noRetry} make the
 * usual ones.
 */
export interface RetryPolicy {
  /**
   * It is also called for timeouts, with a `TimeoutError`: a custom policy must return null for
   * errors that it should not retry. It is never called for a cancellation, a `NonRetryableError`
   * or a `RetryLater`.
   *
   * @param attempt Which attempt failed: 1 for the first. Attempts that were lost with their worker
   * are not counted.
   * @param error The error of the attempt.
   * @param random Returns a number from 0 to below 1, for jitter.
   * @returns The delay before the next attempt in milliseconds, or null to give up. More than 1000
   * years count as 1000 years. A policy that throws, returns another value or is async fails the
   * task, and the exception says so.
   */
  nextDelay(attempt: number, error: unknown, random?: () => number): number | null;
}

/** Checks that a user passed a retry policy. */
export function checkRetryPolicy(policy: unknown, argument: string): void {
  if (typeof (policy as Partial<RetryPolicy> | null)?.nextDelay === "function") return;
  const remedy =
    "be a retry policy such as linearRetry(3), or an object with nextDelay(attempt, error)";
  throw new InvalidArgumentError(argument, policy, remedy);
}
