// Requests for slots of a rate limit, for tests of its arithmetic.

import type { SlotWish } from "../../src/storage/kit/gcra.ts";

/** A request without a reservation, for one run every `emissionIntervalMs` (100 ms by default). */
export function slotWish(overrides: Partial<SlotWish> = {}): SlotWish {
  return {
    emissionIntervalMs: 100,
    burst: 1,
    startEmpty: false,
    horizonMs: 1e9,
    reservedAt: null,
    graceMs: 0,
    startWithinMs: 0,
    ...overrides,
  };
}
