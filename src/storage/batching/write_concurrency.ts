// Decides how many writes may be in progress at once. Where storage is near, few large batches need
// the least work. Where storage is far, a write spends most of its time in the network, and the
// next batches should not wait for its end.

import { Distance } from "./distance.ts";

/** The settings of a {@linkcode WriteConcurrency}. */
export interface WriteConcurrencyOptions {
  /** The maximum for a storage that is near. */
  readonly least: number;
  /** The maximum for any storage. */
  readonly most: number;
  /** The distance for which one more write is allowed, in milliseconds. */
  readonly msPerWrite: number;
}

/** Follows the distance of storage. */
export class WriteConcurrency {
  readonly #options: WriteConcurrencyOptions;
  readonly #distance = new Distance();
  #limit: number;

  constructor(options: WriteConcurrencyOptions) {
    this.#options = options;
    this.#limit = options.least;
  }

  /** The maximum number of writes at once. */
  get limit(): number {
    return this.#limit;
  }

  /** Notes that a write has succeeded. Both times are readings of the monotonic clock. */
  answered(sentAt: number, now: number): void {
    this.#distance.answered(sentAt, now);
    const { least, most, msPerWrite } = this.#options;
    this.#limit = Math.min(most, least + Math.floor(this.#distance.ms / msPerWrite));
  }
}
