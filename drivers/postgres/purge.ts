// Storage.purge: short transactions, one after another, by one process at a time.

import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import type { Call } from "./database.ts";

/** Rows in one transaction. */
const batchSize = 1_000;

type Counts = Omit<PurgeResult, "busy">;

/**
 * Deletes what the policy allows.
 *
 * @param holder Who holds the right to purge, which ends by itself a minute after the last batch.
 */
export async function purge(
  call: Call,
  holder: string,
  policy: RetentionPolicy,
  { budget, dryRun = false }: PurgeOptions,
): Promise<PurgeResult> {
  if (dryRun) return { ...await call<Counts>("purge_history", policy, null), busy: false };
  const total = { statusAudit: 0, runsAudit: 0, executionLog: 0, tasks: 0 };
  let left = budget;
  let done = false;
  try {
    do {
      if (!await call<boolean>("take_maintenance", "purge", holder)) {
        return { ...total, done: false, busy: true };
      }
      const batch = await call<Counts>("purge_history", policy, Math.min(left, batchSize));
      done = batch.done;
      for (const kind of Object.keys(total) as (keyof typeof total)[]) {
        total[kind] += batch[kind];
        left -= batch[kind];
      }
    } while (!done && left > 0);
    return { ...total, done, busy: false };
  } finally {
    await call("end_maintenance", "purge", holder);
  }
}
