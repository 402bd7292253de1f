// Waiting for something, but not for ever.

import type { Clock } from "./clock.ts";

/**
 * Waits for something, but no longer than so many milliseconds. What it fails with in that time is thrown, later it is nobody's
 * business any more.
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
