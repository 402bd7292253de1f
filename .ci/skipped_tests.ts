// Reports the skipped tests of a run: the number for each reason in may_be_skipped.json, and the
// names of all others.

import permitted from "./may_be_skipped.json" with { type: "json" };

/**
 * Prints the skipped tests.
 *
 * @returns The number of tests that must not be skipped.
 */
export function reportSkipped(names: readonly string[]): number {
  const reasons = permitted.map(({ name, why }) => ({ pattern: new RegExp(name), why, count: 0 }));
  const others: string[] = [];
  for (const name of names) {
    const reason = reasons.find(({ pattern }) => pattern.test(name));
    if (reason) reason.count++;
    else others.push(name);
  }
  for (const { pattern, why, count } of reasons) {
    if (count > 0) console.log(`Skipped ${count} tests, /${pattern.source}/: ${why}.`);
  }
  for (const name of others) console.log(`Skipped, and may not be: ${name}`);
  return others.length;
}
