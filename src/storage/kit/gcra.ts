// The generic cell rate algorithm with reservations. A task that finds no budget reserves the next
// slot that the limit allows, and asks again at that slot. The task then runs if the limit allows a
// run at that instant, regardless of other reservations. Reservations and runs are thus counted
// separately: each key of a rate limit has two budgets of the same size. One budget is for
// reservations, and keeps tasks in order. The other is for runs, and is the limit itself. The two
// differ only if a task uses its slot late or never. Each budget is one number, the theoretical
// arrival time (TAT), which may be fractional. Source: ITU-T I.371, annex A ("virtual scheduling"),
// with the tolerance expressed as a burst.
//
// A cancelled task gives its slot back. If this is the last reserved slot, the queue of
// reservations becomes one slot shorter. Otherwise later slots are reserved already, and the slot
// goes to the next task that has to wait.

import type { RateSlot, RateSlotRequest } from "../requests.ts";
import { noSlots, type ReturnedSlots } from "./returned_slots.ts";

/** The state of a key, in fractional epoch milliseconds. */
export interface RateBudget {
  /** The TAT of the reservations. */
  readonly reservedTat: number;
  /** The TAT of the runs. */
  readonly startedTat: number;
}

/** A request for a slot. */
export type SlotWish = Omit<RateSlotRequest, "key">;

/** The result of {@linkcode takeSlot}. */
export interface TakenSlot extends RateSlot {
  /** The state of the key after the request. It is null if the key needs no stored state. */
  readonly budget: RateBudget | null;
}

/** One microsecond: the tolerance for rounding errors in sums of fractional intervals. */
const noiseMs = 0.001;
/** Slots are rounded up to whole milliseconds, so runs start up to 1 ms late. */
const roundingMs = 1;

/**
 * Starts a run if the limit allows it now, and otherwise reserves the next slot.
 *
 * A run is charged at the latest time at which it may start, `startWithinMs` from now. A run in its
 * slot may start up to `graceMs` before the limit allows it. Without this rule, a run that starts a
 * few milliseconds after its slot would delay all runs that follow. A task that missed its slot by
 * more than `graceMs` may not start early, because other tasks have reserved the slots that follow.
 *
 * In any window of one period, at most permits + burst runs start. This holds if (permits + 1) ·
 * `emissionIntervalMs` > period + `graceMs` + 1 + jitter. The jitter is the variation of the time
 * from the permission to start until the handler begins.
 *
 * @param kept The state of the key; null for a new one.
 * @param now Epoch milliseconds, whole.
 * @param returned The slots of the key that were given back. Not read if the whole budget is free.
 */
export function takeSlot(
  kept: RateBudget | null,
  now: number,
  wish: SlotWish,
  returned: ReturnedSlots = noSlots,
): TakenSlot {
  const { emissionIntervalMs, burst } = wish;
  const toleranceMs = (burst - 1) * emissionIntervalMs;
  const leewayMs = wish.graceMs + roundingMs;
  const fresh = wish.startEmpty ? now + toleranceMs : now;
  const { reservedTat, startedTat } = kept ?? { reservedTat: fresh, startedTat: fresh };
  const reservedAt = wasReleased(kept, wish.reservedAt) ? null : wish.reservedAt;
  const afterStart = Math.max(now + wish.startWithinMs, startedTat) + emissionIntervalMs;

  if (reservedAt !== null) {
    if (reservedAt > now) return { slotAt: reservedAt, granted: true, budget: kept };
    const inTime = now - reservedAt <= wish.graceMs;
    if (startedTat - toleranceMs - (inTime ? leewayMs : 0) <= now) {
      return { slotAt: now, granted: true, budget: { reservedTat, startedTat: afterStart } };
    }
  }
  // A run that missed its slot may have used the budget of an unused reservation. New reservations
  // must not use that budget a second time.
  const earliestTat = startedTat - leewayMs;
  const slotOf = (tat: number) => Math.max(now, Math.ceil(tat - toleranceMs - noiseMs));
  let budget = kept;
  if (reservedTat > now) {
    const first = returned.takeLine(reservedTat - toleranceMs, emissionIntervalMs);
    if (first !== null) budget = { reservedTat: first + toleranceMs, startedTat };
  }
  const tat = Math.max(budget?.reservedTat ?? reservedTat, earliestTat);
  const slotAt = slotOf(tat);
  const latest = now + wish.horizonMs;
  if (slotAt > now) {
    const after = Math.max(now, slotOf(earliestTat) - 1);
    const reused = returned.takeFirst(after, Math.min(slotAt, latest));
    if (reused !== null) return { slotAt: reused, granted: true, budget };
  }
  if (slotAt > latest) return { slotAt, granted: false, budget };
  return {
    slotAt,
    granted: true,
    budget: {
      reservedTat: Math.max(now, tat) + emissionIntervalMs,
      startedTat: slotAt === now ? afterStart : startedTat,
    },
  };
}

/**
 * Returns the state of a key whose reserved slots and used budget were all given back.
 *
 * @param now Epoch milliseconds.
 */
export function releasedBudget(now: number): RateBudget {
  return { reservedTat: now, startedTat: now };
}

/**
 * Reports whether a slot is later than all reservations of its key. Then it was reserved before the
 * key was released.
 */
function wasReleased(kept: RateBudget | null, reservedAt: number | null): boolean {
  return kept !== null && reservedAt !== null && reservedAt > kept.reservedTat + roundingMs;
}
