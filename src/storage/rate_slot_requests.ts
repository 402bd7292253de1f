// The requests and results of slots of rate limits; see requests.ts.

/** A wish to start a run, or else for a slot, by the generic cell rate algorithm (ITU-T I.371). */
export interface RateSlotRequest {
  /** Names the budget; at most 400 characters. */
  readonly key: string;
  /** Period / permits, in milliseconds; may be fractional. */
  readonly emissionIntervalMs: number;
  /** How many may pass at once after a pause; at least 1. */
  readonly burst: number;
  /**
   * Whether a new key starts with an empty budget: the first one passes, the burst has to be
   * earned.
   */
  readonly startEmpty: boolean;
  /**
   * A slot further away than this is refused, and nothing is reserved. 0: only a slot right now
   * will do.
   */
  readonly horizonMs: number;
  /** The slot that was reserved before; null: none. */
  readonly reservedAt: number | null;
  /**
   * For how long after its instant a slot counts as used in time, and how much sooner than exactly
   * runs may start for it.
   */
  readonly graceMs: number;
  /** How much later than now the run may start when it is allowed to. */
  readonly startWithinMs: number;
}

/** A reserved slot that will not be used. */
export interface ReturnedRateSlot {
  /** The {@linkcode RateSlotRequest.key} that it was reserved with. */
  readonly key: string;
  /** Its instant, as {@linkcode RateSlot.slotAt} gave it. */
  readonly slotAt: number;
}

/** The answer to a {@linkcode RateSlotRequest}. */
export interface RateSlot {
  /**
   * The slot's instant by the storage's clock, a whole millisecond; not later than now means: go.
   */
  readonly slotAt: number;
  /** False when the slot is beyond the horizon: nothing was reserved. */
  readonly granted: boolean;
}

/** What {@linkcode Storage.takeRateSlots} answers. */
export interface RateSlots {
  /** The storage's clock. */
  readonly now: number;
  /** One for each request, in the same order. */
  readonly slots: readonly RateSlot[];
}
