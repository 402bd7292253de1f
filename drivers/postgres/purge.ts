// Implements Storage.purge by short transactions. Only one process purges at a time.

import {
  nothingPurged,
  type PurgeBatch,
  purgeInBatches,
} from "../../src/storage/kit/purge_in_batches.ts";
import type {
  OperatedPurge,
  PurgeOptions,
  PurgeResult,
  RetentionPolicy,
} from "../../src/storage/retention.ts";
import type { Call } from "./database.ts";

/** The number of rows in one transaction. */
const rowsInBatch = 1_000;

/**
 * Deletes the rows that the policy allows to delete.
 *
 * @param holder The holder of the right to purge, which expires a minute after the last batch.
 */
export async function purge(
  call: Call,
  holder: string,
  policy: RetentionPolicy,
  { budget, dryRun = false, by }: PurgeOptions,
): Promise<PurgeResult> {
  if (dryRun) return { ...await call<PurgeBatch>("purge_history", policy, null), busy: false };
  const deleteBatch = async (limit: number, by?: OperatedPurge) => {
    if (!await call<boolean>("take_maintenance", "purge", holder)) return null;
    if (by === undefined) return await call<PurgeBatch>("purge_history", policy, limit);
    const { action, continues } = by;
    return await call<PurgeBatch | null>("purge_history_by", policy, limit, action, continues) ??
      { ...nothingPurged, done: false };
  };
  try {
    return await purgeInBatches(budget, rowsInBatch, deleteBatch, by);
  } finally {
    await call("end_maintenance", "purge", holder);
  }
}
