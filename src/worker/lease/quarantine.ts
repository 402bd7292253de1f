// Separates tasks that were repeatedly running when a process ended. One of them may crash the
// process. They run one at a time in a process, so that tasks which only ran beside it are no
// longer lost with it, and never reach the poison limit.

import type { Job } from "../job.ts";
import type { QueueRunner } from "../claim/queue_runner.ts";

/** The dependencies of a quarantine. */
export interface QuarantineParts {
  /** A task that was lost more often than this fails. */
  readonly poisonLimit: number;
  readonly runner: (queue: string) => QueueRunner;
  /** A queue has jobs in line again. */
  readonly onChanged: (runner: QueueRunner) => void;
}

/** Lets one suspect run at a time. Tasks that are lost seldom or never run beside it as usual. */
export class Quarantine {
  readonly #parts: QuarantineParts;
  /** The lost count from which on a task is kept apart: half of the poison limit. */
  readonly #threshold: number;
  #running: Job | null = null;
  /** Suspects that have been taken from their lines and are held by their queues. */
  #kept: Job[] = [];

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#threshold = Math.max(1, Math.ceil(parts.poisonLimit / 2));
  }

  /**
   * Whether a job may start that was taken from its line with a slot; otherwise it is kept, and
   * gives the slot back.
   */
  admits(job: Job): boolean {
    if (job.task.lostCount < this.#threshold) return true;
    if (this.#running === null) {
      this.#running = job;
      return true;
    }
    const runner = this.#parts.runner(job.task.queue);
    runner.hold(job);
    runner.freeSlot();
    this.#kept.push(job);
    return false;
  }

  /**
   * A job has ended, or is given up: if it was the suspect that ran, the others go back in line,
   * and one of them may run.
   */
  ended(job: Job): void {
    if (job !== this.#running) return;
    this.#running = null;
    const changed = new Set<QueueRunner>();
    for (const kept of this.#kept.splice(0)) {
      const runner = this.#parts.runner(kept.task.queue);
      // One that is no longer held was cancelled or given back meanwhile.
      if (!runner.unhold(kept)) continue;
      runner.push(kept);
      changed.add(runner);
    }
    // Later: the queue may be about to be filled.
    queueMicrotask(() => changed.forEach((runner) => this.#parts.onChanged(runner)));
  }
}
