// Rate limit slots in the memory store.

import { takeSlot } from "../../src/rate_limit/gcra.ts";
import type { RateSlot, RateSlotRequest } from "../../src/storage/requests.ts";
import type { MemoryState } from "./memory_state.ts";

/** One slot of {@linkcode Storage.takeRateSlots}. */
export function takeRateSlot(state: MemoryState, request: RateSlotRequest, now: number): RateSlot {
  const key = request.key.toWellFormed();
  const { slotAt, granted, budget } = takeSlot(state.rateBudgets.get(key) ?? null, now, request);
  if (budget !== null) state.rateBudgets.set(key, budget);
  return { slotAt, granted };
}
