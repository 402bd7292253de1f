// Starts waiting jobs while there are slots for them, and interrupts itself so that timers and
// sockets have their turn.

import type { HomeContext } from "../application/home_context.ts";
import type { Clock } from "../time/clock.ts";
import { nextMacrotask } from "../time/macrotask.ts";
import type { Executor } from "./attempt/executor.ts";
import type { Job } from "./job.ts";
import type { Quarantine } from "./lease/quarantine.ts";
import type { QueueRunner } from "./claim/queue_runner.ts";
import type { RateLimiter } from "./rate_limiter.ts";

/**
 * For how long handlers may run in one go before timers and sockets get their turn, in
 * milliseconds.
 */
const sliceMs = 10;

/** What a starter works with. */
export interface StarterParts {
  readonly clock: Clock;
  readonly home: HomeContext;
  readonly runners: ReadonlyMap<string, QueueRunner>;
  readonly rateLimiter: RateLimiter;
  readonly quarantine: Quarantine;
  readonly executor: Executor;
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
    if (!this.#isInSlice(now)) return;
    const job = runner.takeNext()!;
    if (rateLimiter.admits(runner, job, now)) this.start(job, now);
    if (!runner.hasNext || this.#toFill.has(runner)) return;
    this.#toFill.add(runner);
    home.run(() => {
      this.#toFill.delete(runner);
      this.fill(runner);
    });
  }

  /** Starts a job that was taken from its line with a slot; false when nothing starts any more. */
  start(job: Job, now: number = this.#parts.clock.monotonic()): boolean {
    if (this.#stopped) return false;
    const { quarantine, executor } = this.#parts;
    if (quarantine.admits(job)) executor.execute(job, now);
    return true;
  }

  /** Starts nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Whether another handler may start now. When handlers have been running for so long without a
   * break, timers, sockets and the heartbeat must have their turn first; then the queues are filled
   * again.
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
}
