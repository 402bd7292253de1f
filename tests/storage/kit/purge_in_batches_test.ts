// Tests the decisions of a purge after each of its batches.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type PurgeBatch, purgeInBatches } from "@evertask/evertask/storage";

const none = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0 };

/** Purges with scripted batches. The answer null means that another process is purging. */
async function purge(budget: number, answers: readonly (PurgeBatch | null)[]) {
  const limits: number[] = [];
  const result = await purgeInBatches(budget, 10, (limit) => {
    const answer = answers[limits.length];
    if (answer === undefined) throw new Error("There are no more answers.");
    limits.push(limit);
    return Promise.resolve(answer);
  });
  return { result, limits };
}

const cases: [
  rule: string,
  budget: number,
  answers: (PurgeBatch | null)[],
  expected: Partial<PurgeBatch> & { busy: boolean },
  limits: number[],
][] = [
  [
    "it ends when no row is left",
    100,
    [{ ...none, tasks: 10, done: false }, { ...none, runsAudit: 2, done: true }],
    { tasks: 10, runsAudit: 2, done: true, busy: false },
    [10, 10],
  ],
  [
    "it ends when its budget is used up, and no batch exceeds the rest of the budget",
    14,
    [{ ...none, statusAudit: 10, done: false }, { ...none, executionLog: 4, done: false }],
    { statusAudit: 10, executionLog: 4, done: false, busy: false },
    [10, 4],
  ],
  ["it is busy when another process purges", 100, [null], { done: false, busy: true }, [10]],
  [
    "it is not busy when another process takes over after it has deleted rows",
    100,
    [{ ...none, statusAudit: 10, done: false }, null],
    { statusAudit: 10, done: false, busy: false },
    [10, 10],
  ],
  [
    "it is busy when another process takes over before it has deleted a row",
    100,
    [{ ...none, done: false }, null],
    { done: false, busy: true },
    [10, 10],
  ],
];

for (const [rule, budget, answers, expected, limits] of cases) {
  Deno.test(`a purge in batches: ${rule}`, async () => {
    const found = await purge(budget, answers);
    assertEquals(found, { result: { ...none, done: false, ...expected }, limits });
  });
}

Deno.test("a purge in batches reports all deleted rows, and is busy only if it deleted none", async () => {
  const batch = fc.record({
    statusAudit: fc.nat(3),
    runsAudit: fc.nat(3),
    executionLog: fc.nat(3),
    tasks: fc.nat(1),
    operatorActions: fc.nat(2),
    done: fc.constant(false),
  });
  await fc.assert(fc.asyncProperty(fc.array(batch), async (batches) => {
    const { result } = await purge(Number.MAX_SAFE_INTEGER, [...batches, null]);
    const sum = { ...none };
    for (const each of batches) {
      for (const kind of Object.keys(sum) as (keyof typeof sum)[]) sum[kind] += each[kind];
    }
    const { operatorActions: _, ...others } = sum; // they do not count as deleted rows
    const deleted = Object.values(others).reduce((a, b) => a + b);
    assertEquals(result, { ...sum, done: false, busy: deleted === 0 });
  }));
});
