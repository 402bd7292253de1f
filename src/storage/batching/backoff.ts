// Growing pauses between the attempts of a write that failed with a transient error.

/**
 * Returns the pause after `failures` failed attempts, in milliseconds: 20 ms, doubled after each
 * failure, at most 2 s.
 */
export function backoffMs(failures: number): number {
  return Math.min(2_000, 20 * 2 ** Math.min(failures - 1, 10));
}
