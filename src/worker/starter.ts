// Starts the waiting jobs of queues that have free slots. Yields regularly, so that timers and
// sockets are served. For a job with a rate limit, asks the limit and waits for the verdict before
// the start.

import type { Clock } from "../time/clock.ts";
import type { HomeContext } from "../time/home_context.ts";
import { nextMacrotask } from "../time/macrotask.ts";
import type { Executor } from "./attempt/executor.ts";
import type { QueueRunner } from "./claim/queue_runner.ts";
import type { Job } from "./job.ts";
import type { Quarantine } from "./lease/quarantine.ts";
import type { RateLimiter } from "./rate_limiter.ts";

/**
 * The time in milliseconds for which handlers are called without a pause. Timers and sockets are
 * served afterwards.
 */
const sliceMs = 10;

/** The dependencies of a starter. */
export interface StarterParts {
  readonly clock: Clock;
  readonly home: HomeContext;
  readonly runners: ReadonlyMap<string, QueueRunner>;
  readonly rateLimiter: RateLimiter;
  readonly quarantine: Quarantine;
  readonly executor: Executor;
  /** Reports whether the lease of this worker holds at `now` of the monotonic clock. */
  readonly holdsLease: (now: number) => boolean;
  /**
   * Called when it is time to claim, because a queue runs low and storage may hold more of its
   * tasks.
   */
  readonly onLow: () => void;
}

/** Fills the slots of queues. */
export class Starter {
  readonly #parts: StarterParts;
  #filling = false;
  #stopped = false;
  #sliceEndsAt = Infinity;
  /** The queues whose filling continues soon. */
  readonly #toFill = new Set<QueueRunner>();
  /** Whether the starter waits for a heartbeat that confirms the lease. */
  #awaitsLease = false;

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  /**
   * Starts a queue's waiting jobs while it has free slots. The first job starts at once. Each
   * further job starts after the synchronous part of the previous handler, which may take long.
   *
   * @param now The reading of the monotonic clock, if the caller has just read it.
   */
  fill(runner: QueueRunner, now?: number): void {
    if (this.#filling || this.#stopped) return;
    const { clock, onLow } = this.#parts;
    this.#filling = true;
    if (runner.hasNext) this.#startNext(runner, now ?? clock.monotonic());
    this.#filling = false;
    if (this.#toFill.has(runner)) return;
    if (runner.backlog.mayHaveMore && runner.runsLow(clock.monotonic())) onLow();
  }

  #startNext(runner: QueueRunner, now: number): void {
    const { home, rateLimiter } = this.#parts;
    if (!this.#isInSlice(now) || !this.#holdsLease(now)) return;
    const job = runner.takeNext()!;
    if (rateLimiter.admits(job, now)) this.#start(job, now);
    else this.#askFirst(runner, job, now);
    if (!runner.hasNext || this.#toFill.has(runner)) return;
    this.#toFill.add(runner);
    home.run(() => {
      this.#toFill.delete(runner);
      this.fill(runner);
    });
  }

  /** Starts a job that was taken from its line with a slot. Returns false after `stop`. */
  #start(job: Job, now: number): boolean {
    if (this.#stopped || !this.#holdsLease(now)) return false;
    const { quarantine, executor } = this.#parts;
    if (quarantine.admits(job)) executor.execute(job, now);
    return true;
  }

  /**
   * Asks the rate limit of a job that was taken from its line with a slot. Also asks for the jobs
   * whose turn comes so soon that the answer will still hold then.
   */
  #askFirst(runner: QueueRunner, job: Job, now: number): void {
    const { rateLimiter } = this.#parts;
    runner.holdWithSlot(job);
    void this.#startWhenAllowed(runner, job);
    const aheadMs = rateLimiter.mostAheadMs(job);
    const asksToo = (next: Job) => next.task.type === job.task.type && rateLimiter.concerns(next);
    // Half of the time is left for the answer to arrive.
    for (const next of runner.holdThoseOf(aheadMs / 2, now, asksToo)) {
      void this.#lineUpWhenAllowed(runner, next, aheadMs);
    }
  }

  /** Starts a job in its queue's slot, if its rate limit allows it. */
  async #startWhenAllowed(runner: QueueRunner, job: Job): Promise<void> {
    const { clock, rateLimiter } = this.#parts;
    const verdict = await rateLimiter.ask(job, 0);
    const isHeld = runner.unhold(job); // false if it was cancelled or given back
    const goes = isHeld && verdict?.kind === "go";
    if (goes && this.#start(job, clock.monotonic())) return;
    runner.freeSlot();
    if (goes) runner.push(job); // after a stop, the job is given back
    else if (isHeld) rateLimiter.sendAway(job, verdict);
    else rateLimiter.forget(job, verdict);
    this.fill(runner);
  }

  /** Puts a job in front of its line, if its rate limit allows it to start within `aheadMs`. */
  async #lineUpWhenAllowed(runner: QueueRunner, job: Job, aheadMs: number): Promise<void> {
    const { clock, rateLimiter } = this.#parts;
    const askedAt = clock.monotonic();
    const verdict = await rateLimiter.ask(job, aheadMs);
    const isHeld = runner.unhold(job); // false if it was cancelled or given back
    if (isHeld && verdict?.kind === "go") {
      job.rate.allowUntil(askedAt + aheadMs);
      runner.pushReady(job);
    } else {
      runner.sentAway();
      if (isHeld) rateLimiter.sendAway(job, verdict);
      else rateLimiter.forget(job, verdict);
    }
    this.fill(runner);
  }

  /** Starts the jobs that waited for an answered heartbeat. */
  leaseRenewed(): void {
    if (!this.#awaitsLease) return;
    this.#awaitsLease = false;
    for (const runner of this.#parts.runners.values()) this.fill(runner);
  }

  /** Starts no further jobs. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Reports whether another handler may start now. If handlers have run without a pause for
   * `sliceMs`, timers, sockets and the heartbeat are served first, and the queues are filled
   * afterwards.
   */
  #isInSlice(now: number): boolean {
    const { clock, runners } = this.#parts;
    if (this.#sliceEndsAt === Infinity) {
      this.#sliceEndsAt = now + sliceMs;
      nextMacrotask(() => {
        const hadEnded = clock.monotonic() > this.#sliceEndsAt;
        this.#sliceEndsAt = Infinity;
        if (hadEnded) { for (const each of runners.values()) this.fill(each); }
      });
    }
    return now <= this.#sliceEndsAt;
  }

  /**
   * Reports whether the worker holds its lease. If not, no job may start. After the process was
   * frozen, other workers may hold its jobs. Storage would reject the writes of such jobs, but
   * could not prevent the effects of their handlers.
   */
  #holdsLease(now: number): boolean {
    if (this.#parts.holdsLease(now)) return true;
    this.#awaitsLease = true;
    return false;
  }
}
