// What a worker does with the decisions of the rate gate: a job that may run goes in line, one that has to wait goes back to
// storage until its slot, one that is rejected fails (a series goes on with its next occurrence).

import { DeferralEvents } from "../rate_limit/deferral_events.ts";
import { type GateDecisions, RateGate } from "../rate_limit/rate_gate.ts";
import type { RateLimitRejectedError } from "../rate_limit/rate_limit_options.ts";
import { memorySlots, storeSlots } from "../rate_limit/slot_sources.ts";
import type { AttemptRecorder } from "./attempt_recorder.ts";
import type { AttemptTeller } from "./attempt_teller.ts";
import type { Executor } from "./executor.ts";
import type { GiveBack } from "./give_back.ts";
import type { Job } from "./job.ts";
import type { QueueRunner } from "./queue_runner.ts";
import type { WorkerParts } from "./worker.ts";

/** What a rate limiter works with, beside the parts of its worker. */
export interface RateLimiterParts {
  readonly worker: WorkerParts;
  readonly recorder: AttemptRecorder;
  readonly teller: AttemptTeller;
  readonly executor: Executor;
  readonly giveBack: GiveBack;
  readonly runner: (queue: string) => QueueRunner;
  /** A queue has a job in line, or room for another one. */
  readonly onChanged: (runner: QueueRunner) => void;
}

/** Puts jobs in line when their rate limits allow it. */
export class RateLimiter implements GateDecisions {
  readonly #parts: RateLimiterParts;
  readonly #gate: RateGate;
  readonly #events: DeferralEvents;

  constructor(parts: RateLimiterParts) {
    const { definitions, storage, clock, storageClock, logger, lease } = parts.worker;
    this.#parts = parts;
    this.#events = new DeferralEvents(parts.worker);
    const sources = {
      store: storeSlots(storage, clock, storageClock, lease.leaseMs),
      memory: memorySlots(storageClock),
    };
    this.#gate = new RateGate({ definitions, storageClock, logger, sources, decisions: this });
  }

  /** Puts a job in line, at once if it has no rate limit. */
  enqueue(runner: QueueRunner, job: Job): void {
    if (this.#gate.concerns(job)) this.#ask(runner, job);
    else runner.push(job);
  }

  /** Takes the next job and a slot for it; undefined when its rate limit slot has lapsed and it has to ask for another. */
  takeNext(runner: QueueRunner): Job | undefined {
    const job = runner.takeNext();
    if (job === undefined || !this.#gate.hasLapsed(job)) return job;
    runner.freeSlot();
    this.#ask(runner, job);
    return undefined;
  }

  /** Tells of the deferrals that are not yet told. */
  stop(): void {
    this.#events.stop();
  }

  onPass(job: Job): void {
    this.#decided(job, (runner) => runner.push(job));
  }

  onDefer(job: Job, slotAt: number, waitMs: number): void {
    this.#decided(job, (runner) => {
      runner.sentAway();
      this.#parts.recorder.defer(job, slotAt, waitMs);
      this.#events.deferred(job.task.type, job.task.queue);
    });
  }

  onReject(job: Job, error: RateLimitRejectedError): void {
    const { recorder, teller, executor } = this.#parts;
    this.#decided(job, (runner) => {
      runner.sentAway();
      teller.emit("rateLimitRejected", job, { exception: error.message });
      if (job.task.series === null) executor.refuse(job, error);
      else recorder.skipRejected(job);
    });
  }

  onUndecided(job: Job, error: unknown): void {
    const { task } = job;
    this.#decided(job, () => {
      this.#parts.worker.logger.warn(
        "The rate limit of task {taskId} ({type}) could not be asked; the task is given back: {error}",
        { taskId: task.id, type: task.type, error },
      );
      void this.#parts.giveBack.jobs([job]);
    });
  }

  #ask(runner: QueueRunner, job: Job): void {
    runner.hold(job);
    this.#gate.decide(job);
  }

  /** Does something about a job, unless it was cancelled or given back while its rate limit was asked. */
  #decided(job: Job, act: (runner: QueueRunner) => void): void {
    const runner = this.#parts.runner(job.task.queue);
    if (!runner.unhold(job)) return;
    act(runner);
    this.#parts.onChanged(runner);
  }
}
