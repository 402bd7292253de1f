// Claims tasks of the memory store.

import { WorkerLostError } from "../../src/storage/errors.ts";
import type { ClaimedTask } from "../../src/storage/records.ts";
import type { ClaimRequest } from "../../src/storage/requests.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.claim} at the instant `now`. */
export function claimTasks(state: MemoryState, request: ClaimRequest, now: number): ClaimedTask[] {
  const worker = state.workers.get(request.workerId);
  if (worker === undefined || !worker.registered) throw new WorkerLostError(request.workerId);
  const types = request.types.map((type) => type.toWellFormed());
  const claimed: ClaimedTask[] = [];
  for (const { name, limit } of request.queues) {
    const queue = name.toWellFormed();
    if (state.pausedQueues.has(queue)) continue;
    for (const row of state.due.take(queue, types, limit, now)) {
      const dueAt = row.dueAt!;
      row.dueAt = null;
      state.lease(row, worker);
      claimed.push(row.toClaimed(dueAt));
    }
  }
  return claimed;
}
