// Waits for a promise with a timeout.

import type { Clock } from "./clock.ts";

/**
 * Resolves when `something` resolves, or after `timeoutMs` milliseconds. Rejects if `something`
 * rejects within that time; ignores a later rejection.
 */
export async function within(
  clock: Clock,
  timeoutMs: number,
  something: Promise<unknown>,
): Promise<void> {
  let cancel = () => {};
  const timeout = new Promise<void>((resolve) => {
    cancel = clock.setTimer(resolve, timeoutMs);
  });
  something.catch(() => {});
  try {
    await Promise.race([something, timeout]);
  } finally {
    cancel();
  }
}
