// One queue in this process: its settings, the tasks that wait in it, and the slots that are taken.

import type { Job } from "../job.ts";
import { LocalQueue } from "./local_queue.ts";
import { Prefetch } from "./prefetch.ts";
import type { QueueSettings } from "../../task/queue_settings.ts";

/** Counts slots and holds the waiting jobs of one queue. */
export class QueueRunner {
  readonly settings: QueueSettings;
  /** Paused for all workers of the store. */
  paused = false;
  /** When it was last found to be resumed, by the monotonic clock. */
  resumedAt = -Infinity;
  /** Whether storage may hold unclaimed due tasks of this queue. */
  mayHaveMore = true;
  /** Whether the claimer knows when the queue's next task is due, as far as storage can tell. */
  nextDueKnown = false;
  /** How many of its tasks have given their slots back. */
  ended = 0;
  readonly #waiting = new LocalQueue();
  /** Jobs that are next, since their rate limits have allowed them to start. */
  readonly #ready = new LocalQueue();
  /** Jobs that are kept aside, … */
  readonly #held = new Set<Job>();
  /** … and those that have a slot already. */
  readonly #heldWithSlot = new Set<Job>();
  readonly #prefetch: Prefetch;
  /** Whether dispatches feel it when the queue is full here. */
  readonly #pushesBack: boolean;
  /**
   * Places that such a queue keeps for tasks that wait in storage, so that dispatches do not shut
   * them out.
   */
  readonly #keptForStorage: number;
  #running = 0;
  /** Places kept for dispatches whose write is under way. */
  #reserved = 0;
  /** Dispatches that wait for a place; called when one has been kept for them. */
  #roomWaiters: (() => void)[] = [];

  constructor(settings: QueueSettings) {
    this.settings = settings;
    this.#prefetch = new Prefetch(settings);
    this.#pushesBack = settings.whenFull !== "store";
    this.#keptForStorage = settings.capacity === 1 ? 0 : Math.ceil(settings.capacity / 10);
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#ready.length + this.#waiting.length;
  }

  /**
   * Whether a dispatch has to wait, or to go elsewhere. Only a queue that pushes back is ever full.
   */
  get isFull(): boolean {
    return this.#pushesBack && !this.paused &&
      (this.#roomWaiters.length > 0 || this.#occupied >= this.#roomForDispatches);
  }

  /** Whether a dispatch waits for room. */
  get isAwaited(): boolean {
    return this.#roomWaiters.length > 0;
  }

  /** How many more tasks a claim may bring, at a reading of the monotonic clock. */
  claimable(now: number): number {
    if (this.paused) return 0;
    return Math.max(0, this.#prefetch.target(now) - this.#occupied);
  }

  /** Reports whether it is time to claim: half of the prefetched tasks are gone. */
  runsLow(now: number): boolean {
    if (!this.mayHaveMore || this.paused) return false;
    if (this.#pushesBack) return this.#occupied <= this.#roomForDispatches;
    const target = this.#prefetch.target(now);
    return this.#occupied * 2 <= Math.max(target, 2 * this.settings.parallelism);
  }

  /**
   * Keeps a place for a task that is being dispatched in this process. While storage may hold older
   * tasks, dispatches get only half of the places, so that neither starves the other.
   */
  reserve(now: number): boolean {
    if (this.paused) return false;
    if (this.#pushesBack) {
      if (this.#occupied >= this.#roomForDispatches) return false;
    } else {
      const target = this.#prefetch.target(now);
      if (this.#occupied >= (this.mayHaveMore ? target / 2 : target)) return false;
    }
    this.#reserved++;
    return true;
  }

  /** Gives a kept place back. */
  unreserve(): void {
    this.#reserved--;
    this.#letWaitersIn();
  }

  /**
   * Waits until a place is kept.
   *
   * @throws The signal's reason, when it aborts before.
   */
  waitForRoom(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onRoom = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#roomWaiters = this.#roomWaiters.filter((each) => each !== onRoom);
        reject(signal!.reason);
      };
      this.#roomWaiters.push(onRoom);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Lets in everybody who waits for room: the worker stops, and their tasks wait in storage. */
  letAllIn(): void {
    for (const onRoom of this.#roomWaiters.splice(0)) {
      this.#reserved++;
      onRoom();
    }
  }

  /** Puts a claimed job in line. */
  push(job: Job): void {
    this.#waiting.push(job);
  }

  /** Puts a job in front of the line. */
  pushReady(job: Job): void {
    this.#ready.push(job);
  }

  /** Keeps a claimed job aside for a while. */
  hold(job: Job): void {
    this.#held.add(job);
  }

  /**
   * Keeps a job aside that was taken with a slot, and the slot with it. The caller gives the slot
   * back, or uses it.
   */
  holdWithSlot(job: Job): void {
    this.#heldWithSlot.add(job);
  }

  /**
   * Ends {@linkcode hold} or {@linkcode holdWithSlot}; false when the job was taken out meanwhile.
   */
  unhold(job: Job): boolean {
    const wasHeld = this.#held.delete(job) || this.#heldWithSlot.delete(job);
    this.#letWaitersIn();
    return wasHeld;
  }

  /** Whether there is a job, and a slot for it. */
  get hasNext(): boolean {
    return this.waiting > 0 && this.#running < this.settings.parallelism && !this.paused;
  }

  /** Takes the next job and a slot for it. */
  takeNext(): Job | undefined {
    const job = this.#ready.shift() ?? this.#waiting.shift();
    if (job !== undefined) this.#running++;
    return job;
  }

  /**
   * Takes jobs from the line, and keeps them aside, that are to start within `nextMs`, as far as
   * the throughput tells; up to the first one that is not wanted.
   */
  holdThoseOf(nextMs: number, now: number, wanted: (job: Job) => boolean): Job[] {
    const held: Job[] = [];
    const ahead = this.#ready.length + this.#held.size;
    const most = this.#prefetch.endingWithin(nextMs, now) - ahead;
    while (held.length < most) {
      const job = this.#waiting.shiftIf(wanted);
      if (job === undefined) break;
      this.hold(job);
      held.push(job);
    }
    return held;
  }

  /** Gives a slot back. */
  freeSlot(): void {
    this.#running--;
    this.ended++;
    this.#prefetch.finished();
    this.#letWaitersIn();
  }

  /** A claimed job has gone without having run: there is work for more claims. */
  sentAway(): void {
    this.#prefetch.finished();
  }

  /** Takes waiting jobs out of the line. */
  removeWhere(matches: (job: Job) => boolean): Job[] {
    const held = [...this.#held, ...this.#heldWithSlot].filter(matches);
    for (const job of held) this.#held.delete(job) || this.#heldWithSlot.delete(job);
    const removed = [
      ...this.#ready.removeWhere(matches),
      ...this.#waiting.removeWhere(matches),
      ...held,
    ];
    if (removed.length > 0) this.#letWaitersIn();
    return removed;
  }

  get #occupied(): number {
    return this.#running + this.waiting + this.#held.size + this.#reserved;
  }

  get #roomForDispatches(): number {
    return this.settings.capacity - (this.mayHaveMore ? this.#keptForStorage : 0);
  }

  #letWaitersIn(): void {
    while (this.#roomWaiters.length > 0 && this.#occupied < this.#roomForDispatches) {
      this.#reserved++;
      this.#roomWaiters.shift()!();
    }
  }
}
