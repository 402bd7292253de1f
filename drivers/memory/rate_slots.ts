// Rate limit slots in the memory store.

import { reserveSlot } from "../../src/rate_limit/gcra.ts";
import type { RateSlot, RateSlotRequest } from "../../src/storage/requests.ts";
import type { MemoryState } from "./memory_state.ts";

/** One slot of {@linkcode Storage.reserveRateSlots}. */
export function reserveRateSlot(
  state: MemoryState,
  request: RateSlotRequest,
  now: number,
): RateSlot {
  const key = request.key.toWellFormed();
  const { slotAt, granted, tat } = reserveSlot(state.arrivalTimes.get(key) ?? null, now, request);
  if (granted) state.arrivalTimes.set(key, tat!);
  return { slotAt, granted };
}
