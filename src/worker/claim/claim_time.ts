// Estimates how long claims take where storage is far. A worker must hold as many tasks as end in
// that time, or it would wait for each claim.

import { Distance } from "../../storage/batching/distance.ts";

/** The weight of the latest claim in the average. */
const weight = 1 / 4;

/**
 * The maximum duration, as a multiple of the distance. A longer claim waits for a busy server, not
 * for the network.
 */
const mostDistances = 3;

/** Follows the duration of claims. */
export class ClaimTime {
  readonly #distance = new Distance();
  #average = 0;

  /** The duration of a claim in milliseconds; 0 if storage is near. */
  get ms(): number {
    return Math.min(this.#average, mostDistances * this.#distance.ms);
  }

  /** Notes that a claim has succeeded. Both times are readings of the monotonic clock. */
  answered(sentAt: number, now: number): void {
    this.#distance.answered(sentAt, now);
    const took = now - sentAt;
    const before = this.#average || took;
    this.#average = this.#distance.ms > 0 ? before + (took - before) * weight : 0;
  }
}
