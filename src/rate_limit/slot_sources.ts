// The sources of slots: the budgets of the store, which are requested in batches, or budgets of
// this process only.

import { BatchWriter } from "../storage/batching/batch_writer.ts";
import { RateBook } from "../storage/kit/rate_book.ts";
import type { RateSlot, RateSlotRequest, ReturnedRateSlot } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";

/** A slot, with the time of the storage's clock when it was taken. */
export interface TimedSlot extends RateSlot {
  readonly now: number;
}

/** A source of slots. */
export interface SlotSource {
  /** See {@linkcode Storage.takeRateSlots}. */
  take(request: RateSlotRequest): Promise<TimedSlot>;
  /** See {@linkcode Storage.returnRateSlots}. */
  giveBack(slot: ReturnedRateSlot): Promise<void>;
}

/** Returns the source of the store's budgets. All requests of a turn share one round trip. */
export function storeSlots(parts: {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly retryForMs: number;
}): SlotSource {
  const { storage, clock, storageClock, retryForMs } = parts;
  const batching = { clock, maxBatch: 500, concurrency: 1, retryForMs };
  const requests = new BatchWriter<RateSlotRequest, TimedSlot>({
    ...batching,
    async write(batch) {
      const askedAt = clock.monotonic();
      const { now, slots } = await storage.takeRateSlots(batch);
      storageClock.sync(now, askedAt);
      return slots.map((slot) => ({ ...slot, now }));
    },
  });
  const returned = new BatchWriter<ReturnedRateSlot, void>({
    ...batching,
    async write(batch) {
      await storage.returnRateSlots(batch);
      return batch.map(() => {});
    },
  });
  return { take: (request) => requests.add(request), giveBack: (slot) => returned.add(slot) };
}

/** Returns the source of the budgets of this process. */
export function memorySlots(storageClock: StorageClock): SlotSource {
  const book = new RateBook();
  return {
    take(request) {
      const now = storageClock.now();
      return Promise.resolve({ ...book.take(request.key, now, request), now });
    },
    giveBack({ key, slotAt }) {
      book.giveBack(key, slotAt);
      return Promise.resolve();
    },
  };
}
