// One queue in this process: its settings, the tasks that wait in it, and the slots that are taken.

import type { Job } from "./job.ts";
import { LocalQueue } from "./local_queue.ts";
import { Prefetch } from "./prefetch.ts";
import type { QueueSettings } from "./queue_settings.ts";

/** Counts slots and holds the waiting jobs of one queue. */
export class QueueRunner {
  readonly settings: QueueSettings;
  /** Paused for all workers of the store. */
  paused = false;
  /** Whether storage may hold due tasks of this queue that nobody has claimed. */
  mayHaveMore = true;
  /** Whether the claimer knows when the queue's next task is due, as far as storage can tell. */
  nextDueKnown = false;
  readonly #waiting = new LocalQueue();
  readonly #prefetch: Prefetch;
  #running = 0;
  /** Places kept for dispatches whose write is under way. */
  #reserved = 0;

  constructor(settings: QueueSettings) {
    this.settings = settings;
    this.#prefetch = new Prefetch(settings);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many more tasks a claim may bring, at a reading of the monotonic clock. */
  claimable(now: number): number {
    if (this.paused) return 0;
    return Math.max(0, this.#prefetch.target(now) - this.#occupied);
  }

  /** Whether it is time to claim: half of what should be here is gone. */
  runsLow(now: number): boolean {
    return this.mayHaveMore && !this.paused &&
      this.#occupied * 2 <= Math.max(this.#prefetch.target(now), 2 * this.settings.parallelism);
  }

  /**
   * Keeps a place for a task that is being dispatched in this process. While storage may hold older tasks, dispatches get only
   * half of the places, so that neither starves the other.
   */
  reserve(now: number): boolean {
    if (this.paused) return false;
    const target = this.#prefetch.target(now);
    if (this.#occupied >= (this.mayHaveMore ? target / 2 : target)) return false;
    this.#reserved++;
    return true;
  }

  /** Gives a kept place back. */
  unreserve(): void {
    this.#reserved--;
  }

  /** Puts a claimed job in line. */
  push(job: Job): void {
    this.#waiting.push(job);
  }

  /** Whether there is a job, and a slot for it. */
  get hasNext(): boolean {
    return this.#waiting.length > 0 && this.#running < this.settings.parallelism && !this.paused;
  }

  /** Takes the next job and a slot for it. */
  takeNext(): Job | undefined {
    const job = this.#waiting.shift();
    if (job !== undefined) this.#running++;
    return job;
  }

  /** Gives a slot back. */
  freeSlot(): void {
    this.#running--;
    this.#prefetch.finished();
  }

  /** Takes waiting jobs out of the line. */
  removeWhere(matches: (job: Job) => boolean): Job[] {
    return this.#waiting.removeWhere(matches);
  }

  get #occupied(): number {
    return this.#running + this.#waiting.length + this.#reserved;
  }
}
