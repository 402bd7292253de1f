// Waiting for something, but not for ever.

import type { Clock } from "./clock.ts";

/**
 * Waits for `something`, for `timeoutMs` milliseconds at most. An error within that time is thrown,
 * a later one is ignored.
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
