// Tells which tests a run skipped: those that may_be_skipped.json names, by how many each reason
// stands for, and the others one by one.

import permitted from "./may_be_skipped.json" with { type: "json" };

/**
 * Prints the skipped tests.
 *
 * @returns How many of them may not be skipped.
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
