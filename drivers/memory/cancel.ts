// Cancels tasks of the memory store.

import type { CancelOutcome } from "../../src/storage/requests.ts";
import type { MemoryState } from "./state.ts";

/** Implements {@linkcode Storage.requestCancel} for one task. */
export function cancelTask(state: MemoryState, taskId: string, now: number): CancelOutcome {
  const row = state.rows.get(taskId);
  if (row === undefined) return "unknown";
  if (row.worker !== null) {
    row.cancelRequested = true;
    return "requested";
  }
  if (row.ended) return "ended";
  if (row.series !== null) row.series.nextRunAt = null;
  state.setStatus(row, "Cancelled", null, now);
  state.endLease(row, null, now);
  return "cancelled";
}
