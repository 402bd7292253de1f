// One queue in this process: its settings, its waiting tasks, and its used slots.

import type { Job } from "../job.ts";
import { LocalQueue } from "./local_queue.ts";
import { Prefetch } from "./prefetch.ts";
import type { QueueSettings } from "../../task/queue_settings.ts";
import { StoredBacklog } from "./stored_backlog.ts";

/** The maximum factor by which a worker that waits for a far storage exceeds its last target. */
const mostGrowth = 4;

/** Counts slots and holds the waiting jobs of one queue. */
export class QueueRunner {
  readonly settings: QueueSettings;
  /** Whether the queue is paused for all workers of the store. */
  paused = false;
  /** The time at which the queue was last found to be resumed, by the monotonic clock. */
  resumedAt = -Infinity;
  /** The due tasks of the queue in storage. */
  readonly backlog: StoredBacklog = new StoredBacklog();
  /**
   * The duration of a claim in milliseconds; 0 if storage is near. As many tasks as end in this
   * time are claimed in advance.
   */
  claimMs = 0;
  /** The number of tasks that have freed their slots. */
  ended = 0;
  readonly #waiting = new LocalQueue();
  /** The jobs that start next, because their rate limits have allowed them to. */
  readonly #ready = new LocalQueue();
  /** The jobs that are held back without a slot. */
  readonly #held = new Set<Job>();
  /** The jobs that are held back and have a slot. */
  readonly #heldWithSlot = new Set<Job>();
  readonly #prefetch: Prefetch;
  /** Whether a full queue delays or rejects dispatches, by `whenFull`. */
  readonly #pushesBack: boolean;
  /**
   * The number of places that a queue with back pressure keeps for tasks that wait in storage, so
   * that dispatches do not starve them.
   */
  readonly #keptForStorage: number;
  #running = 0;
  /** The number of places reserved for dispatches that are being written. */
  #reserved = 0;
  /**
   * The dispatches that wait for a place. Each function is called when a place was reserved for its
   * dispatch.
   */
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
   * Whether the queue has no place for a dispatch. Only a queue with back pressure is ever full.
   */
  get isFull(): boolean {
    return this.#pushesBack && !this.paused &&
      (this.#roomWaiters.length > 0 || this.#occupied >= this.#roomForDispatches);
  }

  /** Whether a dispatch waits for a place. */
  get isAwaited(): boolean {
    return this.#roomWaiters.length > 0;
  }

  /** Returns the number of tasks that a claim may get, at `now` of the monotonic clock. */
  claimable(now: number): number {
    if (this.paused) return 0;
    // While a backlog lasts, a small claim would only delay the next one of full size.
    if (this.backlog.isLong && !this.runsLow(now)) return 0;
    const aim = this.#aim(now);
    const room = Math.max(0, aim - this.#expected);
    if (this.claimMs === 0 || !this.backlog.isLong || aim < this.settings.capacity) return room;
    return Math.min(room, aim >> 1); // leaves room for a claim while this one is in progress
  }

  /** Reports whether it is time to claim, because half of the prefetched tasks have started. */
  runsLow(now: number): boolean {
    if (!this.backlog.mayHaveMore || this.paused) return false;
    if (this.#pushesBack) return this.#expected <= this.#roomForDispatches;
    return this.#expected * 2 <= Math.max(this.#aim(now), 2 * this.settings.parallelism);
  }

  /**
   * Reserves a place for a task that is being dispatched in this process. Returns false if there is
   * none. While storage may hold older tasks, dispatches get only half of the places, or about nine
   * tenths in a queue with back pressure. Neither the new nor the older tasks then starve.
   */
  reserve(now: number): boolean {
    if (this.paused) return false;
    if (this.#pushesBack) {
      if (this.#occupied >= this.#roomForDispatches) return false;
    } else {
      const aim = this.#aim(now);
      if (this.#occupied >= (this.backlog.mayHaveMore ? aim / 2 : aim)) return false;
    }
    this.#reserved++;
    return true;
  }

  /** Frees a reserved place. */
  unreserve(): void {
    this.#reserved--;
    this.#letWaitersIn();
  }

  /**
   * Waits for a place and reserves it.
   *
   * @throws The signal's reason, if it aborts first.
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

  /** Ends the wait of all dispatches when the worker stops. Their tasks wait in storage. */
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

  /** Holds a claimed job back. */
  hold(job: Job): void {
    this.#held.add(job);
  }

  /**
   * Holds a job back that was taken with a slot, and keeps the slot. The caller frees the slot or
   * uses it.
   */
  holdWithSlot(job: Job): void {
    this.#heldWithSlot.add(job);
  }

  /**
   * Ends {@linkcode hold} or {@linkcode holdWithSlot}. Returns false if the job was removed in the
   * meantime.
   */
  unhold(job: Job): boolean {
    const wasHeld = this.#held.delete(job) || this.#heldWithSlot.delete(job);
    this.#letWaitersIn();
    return wasHeld;
  }

  /** Whether there is a waiting job and a free slot. */
  get hasNext(): boolean {
    return this.waiting > 0 && this.#running < this.settings.parallelism && !this.paused;
  }

  /** Removes and returns the next job, and takes a slot for it. */
  takeNext(): Job | undefined {
    const job = this.#ready.shift() ?? this.#waiting.shift();
    if (job !== undefined) this.#running++;
    return job;
  }

  /**
   * Holds back the jobs in line that will probably start within `nextMs`, by the throughput. Stops
   * at the first job for which `wanted` returns false.
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

  /** Frees a slot. */
  freeSlot(): void {
    this.#running--;
    this.ended++;
    this.#prefetch.finished();
    this.#letWaitersIn();
  }

  /**
   * Counts a claimed job that was returned to storage without having run, so that more can be
   * claimed.
   */
  sentAway(): void {
    this.#prefetch.finished();
  }

  /** Removes and returns the matching waiting jobs. */
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

  /**
   * The number of tasks to hold or to have requested. For a queue with back pressure, this is its
   * capacity.
   */
  #aim(now: number): number {
    const target = this.#prefetch.target(now);
    if (this.claimMs === 0 || this.#pushesBack) return target;
    const aim = target + this.#prefetch.endingDuring(2 * this.claimMs); // for two claims
    // Without any task, the worker grows faster, because each step takes the time of a claim.
    if (this.#occupied > 0 || !this.backlog.isLong) return aim;
    return Math.max(aim, Math.min(this.settings.capacity, mostGrowth * target));
  }

  get #occupied(): number {
    return this.#running + this.waiting + this.#held.size + this.#reserved;
  }

  /** The number of occupied places, and of places that the claims in progress may fill. */
  get #expected(): number {
    return this.#occupied + this.backlog.claiming;
  }

  get #roomForDispatches(): number {
    return this.settings.capacity - (this.backlog.mayHaveMore ? this.#keptForStorage : 0);
  }

  #letWaitersIn(): void {
    while (this.#roomWaiters.length > 0 && this.#occupied < this.#roomForDispatches) {
      this.#reserved++;
      this.#roomWaiters.shift()!();
    }
  }
}
