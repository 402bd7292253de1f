// Limits the number of values of a label, because each value is a time series that Prometheus
// stores permanently.

/** Keeps the first `limit` values of a label, and replaces all later values by `other`. */
export class BoundedLabel {
  readonly #limit: number;
  readonly #known = new Set<string>();

  /** @param limit The number of values to keep. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Returns the value, or `other`. */
  valueFor(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#limit) return "other";
    this.#known.add(value);
    return value;
  }
}
