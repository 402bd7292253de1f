// Retries calls after transient errors of storage.

import type { Clock } from "../../time/clock.ts";
import { readMember } from "../../thrown/reading.ts";
import { backoffMs } from "./backoff.ts";

/** Reports whether a retry can help: whether the property `transient` of the error is true. */
export function isTransient(error: unknown): boolean {
  return readMember(error, "transient") === true;
}

/**
 * Runs `action`, and retries it after growing pauses while it fails with a transient error.
 *
 * @param retryForMs The time for which to retry, in milliseconds. Then the last error is thrown.
 */
export async function retryTransient<T>(
  clock: Clock,
  retryForMs: number,
  action: () => Promise<T>,
): Promise<T> {
  const started = clock.monotonic();
  for (let failures = 1;; failures++) {
    try {
      return await action();
    } catch (error) {
      const pause = backoffMs(failures);
      if (!isTransient(error) || clock.monotonic() - started + pause > retryForMs) throw error;
      await new Promise<void>((resolve) => clock.setTimer(resolve, pause));
    }
  }
}
