// The loop of Storage.purge over a database, in short transactions.

import { checkCallback, checkCount, checkNumber } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { readMember } from "../../thrown/reading.ts";
import type { ActionProgress } from "./edit_results.ts";
import { type OperatedPurge, type PurgeResult, unfinishedPurge } from "../retention.ts";

/** The numbers of rows that one transaction of a purge deleted. */
export interface PurgeBatch extends Omit<PurgeResult, "busy"> {
  /** Whether nothing is left to delete. */
  readonly done: boolean;
}

const kinds = ["statusAudit", "runsAudit", "executionLog", "tasks"] as const;

/** The counts of a purge that deletes nothing. */
export const nothingPurged = {
  ...{ statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0 },
  operatorActions: 0,
};

/**
 * Returns what a transaction of a purge adds to the record of its action.
 *
 * @throws {InvalidArgumentError} If the batch lacks a number.
 */
export function purgeProgress(batch: PurgeBatch): ActionProgress {
  checkCounts(batch, "batch", "have");
  const changed = kinds.reduce((sum, kind) => sum + batch[kind], batch.operatorActions);
  return { changed, skipped: 0, next: batch.done ? null : unfinishedPurge };
}

/**
 * Deletes in batches until nothing is left, the budget is used up, or another process purges.
 * `busy` is true only if this call deleted nothing. If another process starts to purge between two
 * batches, the result holds the rows deleted so far, and `done` is false.
 *
 * @param budget The maximum number of rows to delete; see {@linkcode PurgeOptions.budget}.
 * @param rowsInBatch The maximum number of rows to delete in one transaction.
 * @param deleteBatch Deletes at most `limit` rows in one transaction. Resolves to null if another
 * process is purging. If called with an operator's purge, the function records that purge in the
 * same transaction, and resolves to a batch with the action's id. If the batch has no id, the
 * action cannot be continued, and the loop ends.
 * @param by The operator's purge to which the rows belong.
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
 *     statusAudit, runsAudit: 0, executionLog: 0, tasks: 0, operatorActions: 0, done: rows === 0,
 *   });
 * });
 * assertEquals(result.statusAudit, 25);
 * ```
 */
export async function purgeInBatches(
  budget: number,
  rowsInBatch: number,
  deleteBatch: (limit: number, by: OperatedPurge | undefined) => Promise<PurgeBatch | null>,
  by?: OperatedPurge,
): Promise<PurgeResult> {
  checkNumber(budget, "budget");
  checkCount(rowsInBatch, "rowsInBatch");
  checkCallback(deleteBatch, "deleteBatch");
  const counts = { ...nothingPurged };
  let left = Math.max(0, Math.trunc(budget));
  let deleted = 0;
  let action = {};
  while (true) {
    const batch = await deleteBatch(Math.min(left, rowsInBatch), by);
    if (batch !== null) checkCounts(batch, "deleteBatch", "answer with null or with");
    if (batch === null) return { ...counts, done: false, busy: deleted === 0, ...action };
    const before = deleted;
    for (const kind of kinds) {
      counts[kind] += batch[kind];
      deleted += batch[kind];
    }
    counts.operatorActions += batch.operatorActions;
    left -= deleted - before;
    const { done, actionId } = batch;
    if (by !== undefined && actionId !== undefined) {
      action = { actionId };
      by = { ...by, continues: actionId };
    }
    const isRefused = by !== undefined && actionId === undefined;
    if (done || left <= 0 || isRefused) return { ...counts, done, busy: false, ...action };
  }
}

/** Checks the numbers of a batch, because an invalid one would make the loop endless. */
function checkCounts(batch: unknown, argument: string, verb: string): void {
  const names = [...kinds, "operatorActions"];
  if (names.every((name) => Number.isFinite(readMember(batch, name)))) return;
  throw new InvalidArgumentError(argument, batch, `${verb} the numbers ${names.join(", ")}`);
}
