// Makes jobs of claimed tasks, and puts them in line. Ends tasks that must not run. Removes waiting
// jobs from the line when they are cancelled or given back.

import type { Reservation } from "../../dispatch/local_worker.ts";
import type { ClaimedTask } from "../../storage/records.ts";
import type { Storage } from "../../storage/storage.ts";
import type { AnyTask } from "../../task/task.ts";
import type { AttemptRecorder } from "../attempt/attempt_recorder.ts";
import type { HeldTasks } from "../held_tasks.ts";
import { Job } from "../job.ts";
import type { GiveBack } from "../lease/give_back.ts";
import type { LeaseKeeper } from "../lease/lease_keeper.ts";
import type { RateLimiter } from "../rate_limiter.ts";
import type { Starter } from "../starter.ts";
import type { Claimer } from "./claimer.ts";
import { damageOf } from "./damaged_task.ts";
import type { QueueRunner } from "./queue_runner.ts";
import type { Reservations } from "./reservations.ts";

/** The dependencies of an intake. */
export interface IntakeParts {
  readonly storage: Pick<Storage, "releaseUnknown">;
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly runners: ReadonlyMap<string, QueueRunner>;
  readonly runner: (queue: string) => QueueRunner;
  readonly held: HeldTasks;
  readonly keeper: LeaseKeeper;
  readonly claimer: Claimer;
  readonly reservations: Reservations;
  readonly recorder: AttemptRecorder;
  readonly rateLimiter: RateLimiter;
  readonly giveBack: GiveBack;
  readonly starter: Starter;
}

/** The claimed tasks of a worker that have not started. */
export class Intake {
  readonly #parts: IntakeParts;
  #givingBack = false;
  #stopping = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Whether dispatches may reserve places. If so, tasks stored as claimed are taken in. */
  get isOpen(): boolean {
    return !this.#stopping && !this.#givingBack;
  }

  /** From now on, gives back to storage every task that is taken in. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Takes a stored task into the place that was reserved for it; see {@linkcode Worker.handOver}.
   */
  handOver(task: ClaimedTask, reservation: Reservation, payload: unknown, now: number): void {
    const { held, keeper, reservations, starter } = this.#parts;
    const runner = this.#parts.runner(task.queue);
    const workerId = reservation.claimFor!;
    // The claiming worker was lost in the meantime. Other workers will find the task.
    if (workerId !== keeper.workerId) return reservations.unreserve(reservation);
    held.add(task);
    const job = this.#newJob(task, runner, workerId, { value: payload });
    runner.push(job);
    if (this.#stopping) return void this.#giveBackAtStop(job, reservation);
    reservations.unreserve(reservation);
    starter.fill(runner, now);
  }

  /** Takes in the tasks of a claim. */
  takeIn(workerId: string, tasks: readonly ClaimedTask[]): void {
    const { held, keeper, recorder, starter } = this.#parts;
    // The claiming worker was lost in the meantime. Other workers will find the tasks.
    if (workerId !== keeper.workerId) return;
    const touched = new Set<QueueRunner>();
    for (const task of tasks) {
      const runner = this.#parts.runner(task.queue);
      const job = this.#newJob(task, runner, workerId, null);
      held.add(task);
      const reason = damageOf(task);
      if (reason !== null) {
        recorder.setAside(job, reason);
        continue;
      }
      if (task.cancelRequested) {
        this.#cancelUnstarted(job);
        continue;
      }
      runner.push(job);
      touched.add(runner);
    }
    if (this.#stopping) void this.releaseWaiting(() => true);
    else for (const runner of touched) starter.fill(runner);
  }

  /** Cancels the waiting jobs of these tasks. */
  cancelWaiting(ids: ReadonlySet<string>): void {
    for (const runner of this.#parts.runners.values()) {
      for (const job of runner.removeWhere(({ task }) => ids.has(task.id))) {
        this.#cancelUnstarted(job);
      }
    }
  }

  /**
   * Gives back tasks that this worker holds according to storage but does not know. Meanwhile,
   * dispatches reserve no places.
   */
  async giveBackUnknown(workerId: string): Promise<void> {
    const { storage, held, claimer } = this.#parts;
    this.#givingBack = true;
    try {
      const count = await storage.releaseUnknown(workerId, Array.from(held, ({ id }) => id));
      if (count > 0) claimer.recheckAllQueues();
    } finally {
      this.#givingBack = false;
    }
  }

  /** Gives the waiting jobs for which `matches` returns true back to storage. */
  releaseWaiting(matches: (job: Job) => boolean): Promise<void> {
    const { runners, giveBack } = this.#parts;
    return giveBack.jobs([...runners.values()].flatMap((runner) => runner.removeWhere(matches)));
  }

  #newJob(
    task: ClaimedTask,
    runner: QueueRunner,
    workerId: string,
    payload: { readonly value: unknown } | null,
  ): Job {
    const { definitions, keeper } = this.#parts;
    const servedSince = Math.max(keeper.registeredAt, runner.resumedAt);
    return new Job(task, definitions.get(task.type)!, workerId, payload, servedSince);
  }

  #cancelUnstarted(job: Job): void {
    const { recorder, rateLimiter } = this.#parts;
    recorder.recordUnstarted(job, { status: "Cancelled", exception: null }, {});
    rateLimiter.giveBack(job);
  }

  /** Gives a job back, then frees its reserved place: a stop waits until no place is reserved. */
  async #giveBackAtStop(job: Job, reservation: Reservation): Promise<void> {
    await this.releaseWaiting((waiting) => waiting === job);
    this.#parts.reservations.unreserve(reservation);
  }
}
