// Where slots come from: the store's budgets, asked for in natural batches, or budgets of this process alone.

import { BatchWriter } from "../storage/batching/batch_writer.ts";
import type { RateSlot, RateSlotRequest } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { type RateBudget, takeSlot } from "./gcra.ts";

/** A slot, and the storage's clock when it was taken. */
export interface TimedSlot extends RateSlot {
  readonly now: number;
}

/** Gives slots one by one; see {@linkcode Storage.takeRateSlots}. */
export interface SlotSource {
  take(request: RateSlotRequest): Promise<TimedSlot>;
}

/** The budgets of the store: one round trip serves all who ask in the same turn. */
export function storeSlots(
  storage: Storage,
  clock: Clock,
  storageClock: StorageClock,
  retryForMs: number,
): SlotSource {
  const writer = new BatchWriter<RateSlotRequest, TimedSlot>({
    async write(requests) {
      const { now, slots } = await storage.takeRateSlots(requests);
      storageClock.sync(now);
      return slots.map((slot) => ({ ...slot, now }));
    },
    clock,
    maxBatch: 500,
    concurrency: 1,
    retryForMs,
  });
  return { take: (request) => writer.add(request) };
}

/** How many keys are remembered before those with a full budget are forgotten. */
const keysToSweep = 10_000;

/** Budgets of this process. */
export function memorySlots(storageClock: StorageClock): SlotSource {
  const budgets = new Map<string, RateBudget>();
  let sweepAt = keysToSweep;
  return {
    take(request) {
      const now = storageClock.now();
      const { slotAt, granted, budget } = takeSlot(budgets.get(request.key) ?? null, now, request);
      if (budget !== null) budgets.set(request.key, budget);
      if (budgets.size >= sweepAt) {
        for (const [key, { reservedTat, startedTat }] of budgets) {
          if (Math.max(reservedTat, startedTat) <= now) budgets.delete(key);
        }
        sweepAt = Math.max(keysToSweep, 2 * budgets.size);
      }
      return Promise.resolve({ slotAt, granted, now });
    },
  };
}
