// Implements Storage.purge by short transactions. Only one process purges at a time.

import { type PurgeBatch, purgeInBatches } from "../../src/storage/kit/purge_in_batches.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
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
  { budget, dryRun = false }: PurgeOptions,
): Promise<PurgeResult> {
  if (dryRun) return { ...await call<PurgeBatch>("purge_history", policy, null), busy: false };
  try {
    return await purgeInBatches(budget, rowsInBatch, async (limit) => {
      const isOurs = await call<boolean>("take_maintenance", "purge", holder);
      return isOurs ? await call<PurgeBatch>("purge_history", policy, limit) : null;
    });
  } finally {
    await call("end_maintenance", "purge", holder);
  }
}
