// Sends the batches of a bulk change one after the other.

import type { BulkResult } from "../answers.ts";

/** The sum of the batches so far. */
export interface BulkProgress {
  readonly changed: number;
  /** The numbers of tasks that were left unchanged, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  /** The start of the next batch; null before the first one and after the last one. */
  readonly next: string | null;
  /** The action that records the batches; null before the first one. */
  readonly actionId: string | null;
  readonly isComplete: boolean;
}

/** The progress before the first batch. */
export const noProgress: BulkProgress = {
  changed: 0,
  skipped: new Map(),
  next: null,
  actionId: null,
  isComplete: false,
};

/** The number of tasks that were skipped. */
export function skippedCount({ skipped }: BulkProgress): number {
  return [...skipped.values()].reduce((sum, count) => sum + count, 0);
}

/**
 * Sends batches until the last one, or until `goesOn` returns false. Rejects with the error of a
 * batch. The last progress then says where to continue.
 *
 * @param send Sends the batch that begins at `after`.
 * @param onProgress Called after each batch.
 */
export async function sendBatches(
  start: BulkProgress,
  send: (after: string | null) => Promise<BulkResult>,
  onProgress: (progress: BulkProgress) => void,
  goesOn: (progress: BulkProgress) => boolean,
): Promise<void> {
  let progress = start;
  while (!progress.isComplete) {
    progress = add(progress, await send(progress.next));
    onProgress(progress);
    if (!goesOn(progress)) return;
  }
}

function add(sum: BulkProgress, { changed, skipped, next, actionId }: BulkResult): BulkProgress {
  const all = new Map(sum.skipped);
  for (const { reason, count } of skipped) all.set(reason, (all.get(reason) ?? 0) + count);
  return {
    changed: sum.changed + changed,
    skipped: all,
    next,
    actionId: actionId ?? sum.actionId,
    isComplete: next === null,
  };
}
