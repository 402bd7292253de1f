// Applies rate limits: asks the gate about a job, and sends away jobs that may not start. A
// deferred job goes back to storage until its slot. A rejected job fails (a series continues with
// its next occurrence).

import { DeferralEvents } from "../rate_limit/deferral_events.ts";
import type { RateLimitRejectedError } from "../task/rate_limit_options.ts";
import type { AttemptEvents } from "./attempt/attempt_events.ts";
import type { AttemptRecorder } from "./attempt/attempt_recorder.ts";
import type { Executor } from "./attempt/executor.ts";
import { comesTooLate } from "./attempt/series_run.ts";
import type { Job } from "./job.ts";
import type { GiveBack } from "./lease/give_back.ts";
import { RateGate, type Verdict } from "./rate_gate.ts";
import type { WorkerParts } from "./worker_parts.ts";

/** The dependencies of a rate limiter, in addition to the parts of its worker. */
export interface RateLimiterParts {
  readonly worker: WorkerParts;
  readonly recorder: AttemptRecorder;
  readonly attemptEvents: AttemptEvents;
  readonly executor: Executor;
  readonly giveBack: GiveBack;
}

/** Asks rate limits about jobs at or shortly before their turn. */
export class RateLimiter {
  readonly #parts: RateLimiterParts;
  readonly #gate: RateGate;
  readonly #events: DeferralEvents;

  constructor(parts: RateLimiterParts) {
    this.#parts = parts;
    this.#events = new DeferralEvents(parts.worker);
    this.#gate = new RateGate(parts.worker);
  }

  /** Reports whether a job must ask a rate limit before it starts. */
  concerns(job: Job): boolean {
    return this.#gate.concerns(job);
  }

  /**
   * Reports whether a job may start without asking. It may if it needs no slot, or if its limit has
   * already allowed the start.
   *
   * @param now The present reading of the monotonic clock.
   */
  admits(job: Job, now: number): boolean {
    return !this.#gate.concerns(job) || now <= job.rate.startBy;
  }

  /** Returns how long before its turn a job may ask at the earliest, in milliseconds. */
  mostAheadMs(job: Job): number {
    return this.#gate.mostAheadMs(job);
  }

  /**
   * Asks a job's limit for a verdict. The promise never rejects.
   *
   * @param startWithinMs The maximum time from now to the start of the job, in milliseconds.
   * @returns The verdict; null if the limit could not be asked.
   */
  async ask(job: Job, startWithinMs: number): Promise<Verdict | null> {
    const { home, logger } = this.#parts.worker;
    try {
      // The key function belongs to the application, so it is called in the instance's context.
      return await home.call(() => this.#gate.ask(job, startWithinMs));
    } catch (error) {
      logger.warn(
        "The rate limit of task {taskId} ({taskType}) could not be asked; the task is given back: {error}",
        { taskId: job.task.id, taskType: job.task.type, error },
      );
      return null;
    }
  }

  /** Gives back the slot of a job that is cancelled. */
  giveBack(job: Job): void {
    const { rateSlotAt } = job.task;
    if (rateSlotAt !== null) void this.#gate.giveBack(job, rateSlotAt);
  }

  /** Gives back the slot that a job got although it was cancelled or given back meanwhile. */
  forget(job: Job, verdict: Verdict | null): void {
    if (verdict?.kind !== "wait" || verdict.slotAt === job.task.rateSlotAt) return;
    void this.#gate.giveBack(job, verdict.slotAt);
  }

  /** Reports the deferrals that are not yet reported. */
  stop(): void {
    this.#events.stop();
  }

  /** Defers or rejects a job that its limit does not let start. */
  sendAway(job: Job, verdict: Verdict | null): void {
    const { recorder, giveBack } = this.#parts;
    if (verdict?.kind === "wait" && comesTooLate(job.task, verdict.slotAt)) {
      recorder.skipLimited(job, true);
      void this.#gate.giveBack(job, verdict.slotAt);
    } else if (verdict?.kind === "wait") {
      recorder.defer(job, verdict.slotAt, verdict.waitMs);
      this.#events.deferred(job.task.type, job.task.queue);
    } else if (verdict?.kind === "reject") this.#reject(job, verdict.error);
    else void giveBack.jobs([job]);
  }

  #reject(job: Job, error: RateLimitRejectedError): void {
    const { recorder, attemptEvents, executor } = this.#parts;
    attemptEvents.emit("rateLimitRejected", job, { exception: error.message });
    if (job.task.series === null) executor.refuse(job, error);
    else recorder.skipLimited(job, false);
  }
}
