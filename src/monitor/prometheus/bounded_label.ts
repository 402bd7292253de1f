// Every value of a label is a time series of its own that Prometheus keeps for ever; so their
// number has a limit.

/** Passes the first `limit` values of a label, and calls all later ones `other`. */
export class BoundedLabel {
  readonly #limit: number;
  readonly #known = new Set<string>();

  /** @param limit How many values pass. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The value to write. */
  valueFor(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#limit) return "other";
    this.#known.add(value);
    return value;
  }
}
