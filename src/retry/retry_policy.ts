// What every retry policy has in common.

/**
 * Decides whether and when a failed attempt is followed by another. Any object with this method will do;
 * {@linkcode linearRetry} makes the usual one.
 */
export interface RetryPolicy {
  /**
   * @param attempt Which attempt failed: 1 for the first. Attempts that were lost with their worker are not counted.
   * @param error What it failed with.
   * @returns The delay before the next attempt in milliseconds, or null to give up.
   */
  nextDelay(attempt: number, error: unknown): number | null;
}
