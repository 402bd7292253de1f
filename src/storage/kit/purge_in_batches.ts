// The loop of Storage.purge over a database, in short transactions.

import { checkCallback, checkCount, checkNumber } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { readMember } from "../../thrown/reading.ts";
import type { PurgeResult } from "../retention.ts";

/** The numbers of rows that one transaction of a purge deleted. */
export interface PurgeBatch extends Omit<PurgeResult, "busy"> {
  /** Whether nothing is left to delete. */
  readonly done: boolean;
}

const kinds = ["statusAudit", "runsAudit", "executionLog", "tasks"] as const;

/**
 * Deletes in batches until nothing is left, the budget is used up, or another process purges.
 * `busy` is true only if this call deleted nothing. If another process starts to purge between two
 * batches, the result holds the rows deleted so far, and `done` is false.
 *
 * @param budget The maximum number of rows to delete; see {@linkcode PurgeOptions.budget}.
 * @param rowsInBatch The maximum number of rows to delete in one transaction.
 * @param deleteBatch Deletes at most `limit` rows in one transaction. Resolves to null if another
 * process is purging.
 * @throws {InvalidArgumentError} If an argument or a result of `deleteBatch` is invalid.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { purgeInBatches } from "@evertask/evertask/storage";
 *
 * let rows = 25;
 * const result = await purgeInBatches(1_000, 10, (limit) => {
 *   const statusAudit = Math.min(rows, limit);
 *   rows -= statusAudit;
 *   return Promise.resolve({
 *     statusAudit, runsAudit: 0, executionLog: 0, tasks: 0, done: rows === 0,
 *   });
 * });
 * assertEquals(result.statusAudit, 25);
 * ```
 */
export async function purgeInBatches(
  budget: number,
  rowsInBatch: number,
  deleteBatch: (limit: number) => Promise<PurgeBatch | null>,
): Promise<PurgeResult> {
  checkNumber(budget, "budget");
  checkCount(rowsInBatch, "rowsInBatch");
  checkCallback(deleteBatch, "deleteBatch");
  const counts = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0 };
  let left = Math.max(0, Math.trunc(budget));
  let deleted = 0;
  while (true) {
    const batch = await deleteBatch(Math.min(left, rowsInBatch));
    checkBatch(batch);
    if (batch === null) return { ...counts, done: false, busy: deleted === 0 };
    const before = deleted;
    for (const kind of kinds) {
      counts[kind] += batch[kind];
      deleted += batch[kind];
    }
    left -= deleted - before;
    if (batch.done || left <= 0) return { ...counts, done: batch.done, busy: false };
  }
}

/** Checks the result of `deleteBatch`, because an invalid count would make the loop endless. */
function checkBatch(batch: unknown): void {
  const counts = kinds.map((kind) => readMember(batch, kind));
  if (batch === null || counts.every(Number.isFinite)) return;
  throw new InvalidArgumentError(
    "deleteBatch",
    batch,
    `answer with null or with the numbers ${kinds.join(", ")}`,
  );
}
