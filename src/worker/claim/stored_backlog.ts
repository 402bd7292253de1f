// Tracks the due tasks of one queue in storage, as far as this worker knows: whether there may be
// any, and how many the claims in progress request.

/** One queue's due tasks in storage, as far as this worker knows. */
export class StoredBacklog {
  /** Whether the claimer knows when the queue's next task is due, as far as storage can tell. */
  nextDueKnown = false;
  #mayHaveMore = true;
  #isLong = false;
  #claiming = 0;
  #isChanged = false;

  /** Whether storage may hold unclaimed due tasks of this queue. */
  get mayHaveMore(): boolean {
    return this.#mayHaveMore;
  }

  /**
   * Whether a claim may be sent before the one in progress is answered. True if the last answered
   * claim returned as many tasks as it requested.
   */
  get isLong(): boolean {
    return this.#isLong && this.#mayHaveMore;
  }

  /** The number of tasks that the claims in progress request. */
  get claiming(): number {
    return this.#claiming;
  }

  /** Notes that tasks may have become due. */
  recheck(): void {
    this.#mayHaveMore = true;
    this.#isChanged = true;
  }

  /** Notes that a claim requests `limit` tasks. */
  claimSent(limit: number): void {
    if (this.#claiming === 0) this.#isChanged = false;
    this.#claiming += limit;
    this.#mayHaveMore = this.#isLong;
  }

  /** Notes that a claim of `limit` tasks has returned `count`. */
  claimAnswered(limit: number, count: number): void {
    this.#claiming -= limit;
    this.#isLong = count === limit;
    // The claim may have missed a task that became due while it was in progress.
    this.#mayHaveMore = this.#isLong || this.#isChanged;
    if (this.#isLong) this.nextDueKnown = false;
  }

  /** Notes that a claim of `limit` tasks has failed. */
  claimFailed(limit: number): void {
    this.#claiming -= limit;
    this.#isLong = false;
    this.#mayHaveMore = true;
  }
}
