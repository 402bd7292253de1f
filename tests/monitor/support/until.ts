// Waits for a state that no event reports.

import { delay } from "@std/async";

/** The longest pause between two checks of a condition, in milliseconds. */
const longestPauseMs = 50;

/**
 * Resolves once the condition holds; rejects when that takes longer than three minutes. The pauses
 * between the checks grow from 5 ms, because a check may query a browser or a database.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const start = performance.now();
  for (let pauseMs = 5; !await condition(); pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    if (performance.now() - start > 180_000) throw new Error(`Waited in vain until ${what}.`);
    await delay(pauseMs);
  }
}
