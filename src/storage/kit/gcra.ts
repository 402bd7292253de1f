// The generic cell rate algorithm with reservations. A task without budget reserves the next slot
// that the limit allows, and asks again at that slot. It then runs if the limit allows a run at
// that instant, regardless of other reservations. So a key has two budgets of the same size:
// reservations draw on one, which keeps tasks in order, and runs draw on the other, which is the
// limit itself. They differ only when a task uses its slot late, or never. Pure arithmetic on one
// number a budget, the theoretical arrival time (TAT), which may be fractional. Source: ITU-T
// I.371, annex A ("virtual scheduling"), with the tolerance expressed as a burst.
//
// A slot may be given back by a task that was cancelled. Those at the end of the line shorten it;
// others, which have reservations behind them, go to the next that has to wait.

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

/** What {@linkcode takeSlot} found. */
export interface TakenSlot extends RateSlot {
  /** What to keep for the key from now on; null for a key that stays new. */
  readonly budget: RateBudget | null;
}

/** One microsecond: what sums of fractional intervals may be off by. */
const noiseMs = 0.001;
/** Slots are rounded up to whole milliseconds, so runs start up to 1 ms late. */
const roundingMs = 1;

/**
 * Starts a run if the limit allows it now, and otherwise reserves the next slot.
 *
 * Runs are charged when they start; if that may be a while later, as if they started at the end of
 * it. So that those that start a few milliseconds after their slots do not make those behind them
 * come too early, runs may start by `graceMs` sooner than the limit says; only who is too late for
 * a slot may not, while others have reserved all that is to come. In any window of one period start
 * at most permits + burst runs, as long as (permits + 1) · `emissionIntervalMs` is longer than the
 * period + `graceMs` + 1 + the time by which some handlers begin later after their starts than
 * others.
 *
 * @param kept The state of the key; null for a new one.
 * @param now Epoch milliseconds, whole.
 * @param returned The slots of the key that were given back. Not asked while the budget is full.
 */
export function takeSlot(
  kept: RateBudget | null,
  now: number,
  wish: SlotWish,
  returned: ReturnedSlots = noSlots,
): TakenSlot {
  const { emissionIntervalMs, burst, reservedAt } = wish;
  const toleranceMs = (burst - 1) * emissionIntervalMs;
  const leewayMs = wish.graceMs + roundingMs;
  const fresh = wish.startEmpty ? now + toleranceMs : now;
  const { reservedTat, startedTat } = kept ?? { reservedTat: fresh, startedTat: fresh };
  const afterStart = Math.max(now + wish.startWithinMs, startedTat) + emissionIntervalMs;

  if (reservedAt !== null) {
    if (reservedAt > now) return { slotAt: reservedAt, granted: true, budget: kept };
    const inTime = now - reservedAt <= wish.graceMs;
    if (startedTat - toleranceMs - (inTime ? leewayMs : 0) <= now) {
      return { slotAt: now, granted: true, budget: { reservedTat, startedTat: afterStart } };
    }
  }
  // Late runs have drawn on unused reservations: later runs must not draw on them again.
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
