// The requests and results of slots of rate limits; see requests.ts.

/**
 * A request to start a run now, or otherwise to reserve a slot, by the generic cell rate algorithm
 * (ITU-T I.371).
 */
export interface RateSlotRequest {
  /** The name of the budget, at most 400 characters. */
  readonly key: string;
  /** Period / permits, in milliseconds; may be fractional. */
  readonly emissionIntervalMs: number;
  /** The number of runs that may start at once after a pause; at least 1. */
  readonly burst: number;
  /**
   * Whether a new key starts without burst: its first run may start at once, and later runs start
   * only at the emission interval.
   */
  readonly startEmpty: boolean;
  /**
   * The maximum time until the slot, in milliseconds. A later slot is refused, and nothing is
   * reserved. 0 accepts only a slot now.
   */
  readonly horizonMs: number;
  /** The slot that was reserved earlier; null if there is none. */
  readonly reservedAt: number | null;
  /**
   * The maximum time by which a run may miss its slot and still count as on time, in milliseconds.
   * To make up for late starts, a run that is on time may start up to this much earlier than the
   * limit allows.
   */
  readonly graceMs: number;
  /** The maximum time between the permission and the start of the run, in milliseconds. */
  readonly startWithinMs: number;
}

/** A reserved slot that will not be used. */
export interface ReturnedRateSlot {
  /** The {@linkcode RateSlotRequest.key} with which it was reserved. */
  readonly key: string;
  /** The slot's instant, from {@linkcode RateSlot.slotAt}. */
  readonly slotAt: number;
}

/** The answer to a {@linkcode RateSlotRequest}. */
export interface RateSlot {
  /**
   * The slot's instant by the storage's clock, in whole milliseconds. If it is not later than now,
   * the run may start.
   */
  readonly slotAt: number;
  /** Whether the slot is within the horizon. If not, nothing was reserved. */
  readonly granted: boolean;
}

/** The result of {@linkcode Storage.takeRateSlots}. */
export interface RateSlots {
  /** The storage's clock. */
  readonly now: number;
  /** One slot for each request, in the same order. */
  readonly slots: readonly RateSlot[];
}
