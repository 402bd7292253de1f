// Separates tasks that were repeatedly running when a process ended. One of them may crash the
// process. At most one of these suspects runs in a process at a time. A harmless suspect is then no
// longer lost together with the task that crashes the process, and never reaches the poison limit.

import type { Job } from "../job.ts";
import type { QueueRunner } from "../claim/queue_runner.ts";

/** The dependencies of a quarantine. */
export interface QuarantineParts {
  /** The maximum lost count of a task. Above it, the task fails. */
  readonly poisonLimit: number;
  readonly runner: (queue: string) => QueueRunner;
  /** Called when a queue has jobs in line again. */
  readonly onChanged: (runner: QueueRunner) => void;
}

/** Lets one suspect run at a time. Other tasks run beside it as usual. */
export class Quarantine {
  readonly #parts: QuarantineParts;
  /** The lost count at which a task becomes a suspect: half of the poison limit. */
  readonly #threshold: number;
  #running: Job | null = null;
  /** Suspects that have been taken from their lines and are held by their queues. */
  #kept: Job[] = [];

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#threshold = Math.max(1, Math.ceil(parts.poisonLimit / 2));
  }

  /**
   * Reports whether `job`, which was taken from its line with a slot, may start. If not, keeps the
   * job and frees its slot.
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
   * Handles the end of a job, or a job that was given up. If the job was the running suspect, puts
   * the other suspects back in line, so that one of them may run.
   */
  ended(job: Job): void {
    if (job !== this.#running) return;
    this.#running = null;
    const changed = new Set<QueueRunner>();
    for (const kept of this.#kept.splice(0)) {
      const runner = this.#parts.runner(kept.task.queue);
      // A suspect that is no longer held was cancelled or given back.
      if (!runner.unhold(kept)) continue;
      runner.push(kept);
      changed.add(runner);
    }
    // Call later, because the caller may be about to fill the queue.
    queueMicrotask(() => changed.forEach((runner) => this.#parts.onChanged(runner)));
  }
}
