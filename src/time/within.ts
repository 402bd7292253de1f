// Waits for a promise with a timeout.

import type { Clock } from "./clock.ts";

/**
 * Waits for `something` for at most `timeoutMs` milliseconds. Rejects with an error within that
 * time, and ignores a later one.
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
