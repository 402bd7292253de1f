// What a worker does with the verdicts of the rate gate: a job that may run starts, at once or as
// one of the next, one that has to wait goes back to storage until its slot, one that is rejected
// fails (a series goes on with its next occurrence).

import { DeferralEvents } from "../rate_limit/deferral_events.ts";
import { RateGate, type Verdict } from "../rate_limit/rate_gate.ts";
import type { RateLimitRejectedError } from "../rate_limit/rate_limit_options.ts";
import type { AttemptRecorder } from "./attempt/attempt_recorder.ts";
import type { AttemptEvents } from "./attempt/attempt_events.ts";
import type { Executor } from "./attempt/executor.ts";
import type { GiveBack } from "./lease/give_back.ts";
import type { Job } from "./job.ts";
import type { QueueRunner } from "./claim/queue_runner.ts";
import { comesTooLate } from "./attempt/series_run.ts";
import type { WorkerParts } from "./worker_parts.ts";

/** What a rate limiter works with, beside the parts of its worker. */
export interface RateLimiterParts {
  readonly worker: WorkerParts;
  readonly recorder: AttemptRecorder;
  readonly attemptEvents: AttemptEvents;
  readonly executor: Executor;
  readonly giveBack: GiveBack;
  /** Starts a job that was taken from its line with a slot; false when nothing starts any more. */
  readonly start: (job: Job) => boolean;
  /** A queue has a job in line, or room for another one. */
  readonly onChanged: (runner: QueueRunner) => void;
}

/** Asks rate limits about jobs when it is their turn, or nearly. */
export class RateLimiter {
  readonly #parts: RateLimiterParts;
  readonly #gate: RateGate;
  readonly #events: DeferralEvents;

  constructor(parts: RateLimiterParts) {
    this.#parts = parts;
    this.#events = new DeferralEvents(parts.worker);
    this.#gate = new RateGate(parts.worker);
  }

  /**
   * Whether a job that was taken from its line with a slot may start. Otherwise its limit is asked,
   * and it starts later, in the slot that it has; with it are asked those whose turn comes so soon
   * that the answer still holds then.
   *
   * @param now The monotonic clock.
   */
  admits(runner: QueueRunner, job: Job, now: number): boolean {
    if (!this.#gate.concerns(job) || now <= job.rate.startBy) return true;
    runner.holdWithSlot(job);
    void this.#ask(runner, job, null);
    const aheadMs = this.#gate.mostAheadMs(job);
    const asksToo = (next: Job) => next.task.type === job.task.type && this.#gate.concerns(next);
    // Half of the time is for the answer.
    for (const next of runner.holdThoseOf(aheadMs / 2, now, asksToo)) {
      void this.#ask(runner, next, aheadMs);
    }
    return false;
  }

  /** Gives the slot back that a stored job held, since it is cancelled. */
  giveBack(job: Job): void {
    const { rateSlotAt } = job.task;
    if (rateSlotAt !== null) void this.#gate.giveBack(job, rateSlotAt);
  }

  /** Tells of the deferrals that are not yet told. */
  stop(): void {
    this.#events.stop();
  }

  /** @param aheadMs How long before its turn the job asks; null: it has a slot already. */
  async #ask(runner: QueueRunner, job: Job, aheadMs: number | null): Promise<void> {
    const askedAt = this.#parts.worker.clock.monotonic();
    let verdict: Verdict | null = null;
    try {
      // The key function is the application's.
      verdict = await this.#parts.worker.home.call(() => this.#gate.ask(job, aheadMs ?? 0));
    } catch (error) {
      this.#parts.worker.logger.warn(
        "The rate limit of task {taskId} ({taskType}) could not be asked; the task is given back: {error}",
        { taskId: job.task.id, taskType: job.task.type, error },
      );
    }
    // Not if it was cancelled or given back meanwhile.
    const isHeld = runner.unhold(job);
    const goes = isHeld && verdict?.kind === "go";
    if (aheadMs === null) {
      if (goes && this.#parts.start(job)) return;
      runner.freeSlot();
      if (goes) runner.push(job); // to be given back
    } else if (goes) {
      job.rate.allowUntil(askedAt + aheadMs);
      runner.pushReady(job);
    } else runner.sentAway();
    if (isHeld && !goes) this.#sendAway(job, verdict);
    if (!isHeld && verdict?.kind === "wait" && verdict.slotAt !== job.task.rateSlotAt) {
      void this.#gate.giveBack(job, verdict.slotAt); // it is no longer here to be sent there
    }
    this.#parts.onChanged(runner);
  }

  #sendAway(job: Job, verdict: Verdict | null): void {
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
