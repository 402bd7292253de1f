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

  /** The slot that the job holds, which may be past; null if there is none. */
  get slotAt(): number | null {
    return this.#slotAt;
  }

  /** Whether the rate limit does not count the job, because it has no key. */
  get isExempt(): boolean {
    return this.#isExempt;
  }

  /**
   * The time until which the job may start by the permission of its rate limit, by the monotonic
   * clock.
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
