// What a worker knows of the due tasks of one queue that wait in storage: whether there may be any,
// and how many its claims under way ask for.

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
   * Whether a claim may be sent before the one under way is answered: the last one that was
   * answered brought as many tasks as it asked for.
   */
  get isLong(): boolean {
    return this.#isLong && this.#mayHaveMore;
  }

  /** How many tasks the claims under way ask for. */
  get claiming(): number {
    return this.#claiming;
  }

  /** Tasks may have become due. */
  recheck(): void {
    this.#mayHaveMore = true;
    this.#isChanged = true;
  }

  /** A claim asks storage for `limit` tasks. */
  claimSent(limit: number): void {
    if (this.#claiming === 0) this.#isChanged = false;
    this.#claiming += limit;
    this.#mayHaveMore = this.#isLong;
  }

  /** A claim that asked for `limit` tasks has brought `count`. */
  claimAnswered(limit: number, count: number): void {
    this.#claiming -= limit;
    this.#isLong = count === limit;
    // A task that became due while the claim was under way may have come too late for it.
    this.#mayHaveMore = this.#isLong || this.#isChanged;
    if (this.#isLong) this.nextDueKnown = false;
  }

  /** A claim that asked for `limit` tasks has failed. */
  claimFailed(limit: number): void {
    this.#claiming -= limit;
    this.#isLong = false;
    this.#mayHaveMore = true;
  }
}
