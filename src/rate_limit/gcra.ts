// The generic cell rate algorithm with reservations: who asks for a slot gets the next one that the limit allows, now or
// later. Pure arithmetic on one number a key, the theoretical arrival time (TAT), which may be fractional.
// Source: ITU-T I.371, annex A ("virtual scheduling"), with the tolerance expressed as a burst.

/** The limit, and how far ahead a slot may lie. The fields of a rate slot request that the arithmetic needs. */
export interface RateLimit {
  /** Period / permits, in milliseconds; may be fractional. */
  readonly emissionIntervalMs: number;
  /** How many may pass at once after a pause; at least 1. */
  readonly burst: number;
  /** Whether a key that was never seen starts with an empty budget. */
  readonly startEmpty: boolean;
  /** A slot further away than this is refused. */
  readonly horizonMs: number;
}

/** What {@linkcode reserveSlot} found. */
export interface Reservation {
  /** The slot's instant, a whole millisecond; not before now. */
  readonly slotAt: number;
  /** False when the slot is beyond the horizon: nothing was reserved. */
  readonly granted: boolean;
  /** The TAT to keep for the key from now on; as it was when nothing was granted, null for a key that stays new. */
  readonly tat: number | null;
}

/** One microsecond: what sums of fractional intervals may be off by. */
const noiseMs = 0.001;

/**
 * Reserves the next slot.
 *
 * @param tat What was kept for the key; null for a new one.
 * @param now Epoch milliseconds.
 */
export function reserveSlot(tat: number | null, now: number, limit: RateLimit): Reservation {
  const toleranceMs = (limit.burst - 1) * limit.emissionIntervalMs;
  const current = tat ?? (limit.startEmpty ? now + toleranceMs : now);
  const slotAt = Math.max(now, Math.ceil(current - toleranceMs - noiseMs));
  if (slotAt > now + limit.horizonMs) return { slotAt, granted: false, tat };
  return { slotAt, granted: true, tat: Math.max(now, current) + limit.emissionIntervalMs };
}
