// Starts waiting jobs while there are slots for them, and interrupts itself so that timers and
// sockets have their turn. A job with a rate limit starts once its limit has answered: the starter
// asks, waits for the verdict, and acts on it.

import type { Clock } from "../time/clock.ts";
import type { HomeContext } from "../time/home_context.ts";
import { nextMacrotask } from "../time/macrotask.ts";
import type { Executor } from "./attempt/executor.ts";
import type { QueueRunner } from "./claim/queue_runner.ts";
import type { Job } from "./job.ts";
import type { Quarantine } from "./lease/quarantine.ts";
import type { RateLimiter } from "./rate_limiter.ts";

/**
 * For how long handlers may run in one go before timers and sockets get their turn, in
 * milliseconds.
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
  /** Whether the lease of this worker holds at a reading of the monotonic clock. */
  readonly holdsLease: (now: number) => boolean;
  /** It is time to claim: a queue runs low here, and storage may hold more of it. */
  readonly onLow: () => void;
}

/** Fills the slots of queues. */
export class Starter {
  readonly #parts: StarterParts;
  #filling = false;
  #stopped = false;
  #sliceEndsAt = Infinity;
  /** The queues that are filled further, soon. */
  readonly #toFill = new Set<QueueRunner>();
  /** Whether nothing starts until a heartbeat shows that the lease still holds. */
  #awaitsLease = false;

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  /**
   * Starts a queue's waiting jobs while it has slots: one at once, and each other one after the
   * handler before it has been called, which may take its time.
   *
   * @param now The monotonic clock, if the caller has just read it.
   */
  fill(runner: QueueRunner, now?: number): void {
    if (this.#filling || this.#stopped) return;
    const { clock, onLow } = this.#parts;
    this.#filling = true;
    if (runner.hasNext) this.#startNext(runner, now ?? clock.monotonic());
    this.#filling = false;
    if (this.#toFill.has(runner)) return;
    if (runner.mayHaveMore && runner.runsLow(clock.monotonic())) onLow();
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

  /** Starts a job that was taken from its line with a slot; false when nothing starts any more. */
  #start(job: Job, now: number): boolean {
    if (this.#stopped || !this.#holdsLease(now)) return false;
    const { quarantine, executor } = this.#parts;
    if (quarantine.admits(job)) executor.execute(job, now);
    return true;
  }

  /**
   * Asks the rate limit of a job that was taken from its line with a slot. With it are asked those
   * whose turn comes so soon that the answer still holds then.
   */
  #askFirst(runner: QueueRunner, job: Job, now: number): void {
    const { rateLimiter } = this.#parts;
    runner.holdWithSlot(job);
    void this.#startWhenAllowed(runner, job);
    const aheadMs = rateLimiter.mostAheadMs(job);
    const asksToo = (next: Job) => next.task.type === job.task.type && rateLimiter.concerns(next);
    // Half of the time is for the answer.
    for (const next of runner.holdThoseOf(aheadMs / 2, now, asksToo)) {
      void this.#lineUpWhenAllowed(runner, next, aheadMs);
    }
  }

  /** Starts a job in the slot that it has, if its limit lets it. */
  async #startWhenAllowed(runner: QueueRunner, job: Job): Promise<void> {
    const { clock, rateLimiter } = this.#parts;
    const verdict = await rateLimiter.ask(job, 0);
    const isHeld = runner.unhold(job); // not if it was cancelled or given back meanwhile
    const goes = isHeld && verdict?.kind === "go";
    if (goes && this.#start(job, clock.monotonic())) return;
    runner.freeSlot();
    if (goes) runner.push(job); // nothing starts any more: to be given back
    else if (isHeld) rateLimiter.sendAway(job, verdict);
    else rateLimiter.forget(job, verdict);
    this.fill(runner);
  }

  /** Puts a job in front of its line, if its limit lets it start within `aheadMs`. */
  async #lineUpWhenAllowed(runner: QueueRunner, job: Job, aheadMs: number): Promise<void> {
    const { clock, rateLimiter } = this.#parts;
    const askedAt = clock.monotonic();
    const verdict = await rateLimiter.ask(job, aheadMs);
    const isHeld = runner.unhold(job); // as above
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

  /** A heartbeat was answered: what waited for it starts. */
  leaseRenewed(): void {
    if (!this.#awaitsLease) return;
    this.#awaitsLease = false;
    for (const runner of this.#parts.runners.values()) this.fill(runner);
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Reports whether another handler may start now. After a time of handlers without a break,
   * timers, sockets and the heartbeat have their turn first; then the queues are filled again.
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
   * Whether tasks may start. After the process was frozen, its jobs may belong to others by now:
   * the fence would refuse what they write, but not what their handlers do.
   */
  #holdsLease(now: number): boolean {
    if (this.#parts.holdsLease(now)) return true;
    this.#awaitsLease = true;
    return false;
  }
}
