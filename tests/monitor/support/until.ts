// Waits for a state that no event reports.

import { delay } from "@std/async";

/** Resolves once the condition holds; rejects when that takes longer than three minutes. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const start = performance.now();
  while (!await condition()) {
    if (performance.now() - start > 180_000) throw new Error(`Waited in vain until ${what}.`);
    await delay(5);
  }
}
