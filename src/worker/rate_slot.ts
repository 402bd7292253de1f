// The rate limit state of a job. The rate gate changes it, and so does the starter when it queues
// the job.

/** The rate limit slot of a job. */
export class RateSlot {
  #slotAt: number | null;
  #isExempt = false;
  #startBy = -Infinity;

  constructor(slotAt: number | null) {
    this.#slotAt = slotAt;
  }

  /** The instant of the job's slot, which may be in the past; null if the job has no slot. */
  get slotAt(): number | null {
    return this.#slotAt;
  }

  /** Whether the job starts without a slot, because its payload has no key. */
  get isExempt(): boolean {
    return this.#isExempt;
  }

  /**
   * The reading of the monotonic clock until which the rate limit allows the job to start.
   */
  get startBy(): number {
    return this.#startBy;
  }

  reserve(slotAt: number): void {
    this.#slotAt = slotAt;
  }

  exempt(): void {
    this.#isExempt = true;
  }

  allowUntil(startBy: number): void {
    this.#startBy = startBy;
  }
}
