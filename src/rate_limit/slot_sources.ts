// Where slots come from: the store's budgets, asked for in natural batches, or budgets of this process alone.

import { BatchWriter } from "../storage/batching/batch_writer.ts";
import type { RateSlot, RateSlotRequest } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { reserveSlot } from "./gcra.ts";

/** A slot and the storage's clock when it was reserved. */
export interface ReservedSlot extends RateSlot {
  readonly now: number;
}

/** Reserves slots one by one. */
export interface SlotSource {
  reserve(request: RateSlotRequest): Promise<ReservedSlot>;
}

/** The budgets of the store: one round trip serves all who ask in the same turn. */
export function storeSlots(
  storage: Storage,
  clock: Clock,
  storageClock: StorageClock,
  retryForMs: number,
): SlotSource {
  const writer = new BatchWriter<RateSlotRequest, ReservedSlot>({
    async write(requests) {
      const { now, slots } = await storage.reserveRateSlots(requests);
      storageClock.sync(now);
      return slots.map((slot) => ({ ...slot, now }));
    },
    clock,
    maxBatch: 500,
    concurrency: 1,
    retryForMs,
  });
  return { reserve: (request) => writer.add(request) };
}

/** How many keys are remembered before those with a full budget are forgotten. */
const keysToSweep = 10_000;

/** Budgets of this process. */
export function memorySlots(storageClock: StorageClock): SlotSource {
  const arrivalTimes = new Map<string, number>();
  let sweepAt = keysToSweep;
  return {
    reserve(request) {
      const now = storageClock.now();
      const { slotAt, granted, tat } = reserveSlot(
        arrivalTimes.get(request.key) ?? null,
        now,
        request,
      );
      if (granted) arrivalTimes.set(request.key, tat!);
      if (arrivalTimes.size >= sweepAt) {
        for (const [key, tat] of arrivalTimes) if (tat <= now) arrivalTimes.delete(key);
        sweepAt = Math.max(keysToSweep, 2 * arrivalTimes.size);
      }
      return Promise.resolve({ slotAt, granted, now });
    },
  };
}
