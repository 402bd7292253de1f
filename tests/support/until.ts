// Waits for a state that no event reports.

import { delay } from "@std/async";

/** The longest pause between two checks of a condition, in milliseconds. */
const longestPauseMs = 50;

/**
 * Resolves once the condition holds. The pauses between the checks grow from 5 ms, because a check
 * may query a browser or a database.
 *
 * @param patienceMs The time after which it rejects, in milliseconds.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 180_000,
): Promise<void> {
  const start = performance.now();
  for (let pauseMs = 5; !await condition(); pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if (performance.now() - start > patienceMs) throw new Error(`Waited in vain until ${what}.`);
    await delay(pauseMs);
  }
}
