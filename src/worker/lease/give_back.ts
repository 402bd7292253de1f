// Gives claimed tasks back to storage before they start.

import type { Logger } from "../../log/logger.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Job } from "../job.ts";
import type { HeldTasks } from "../held_tasks.ts";

/** The dependencies of {@linkcode GiveBack}. */
export interface GiveBackParts {
  readonly storage: Storage;
  readonly logger: Logger;
  /** The tasks that this process holds. */
  readonly held: HeldTasks;
  /**
   * Called when giving back failed. Storage may then still hold tasks as claimed by this worker
   * although the worker no longer knows them.
   */
  readonly onFailed: () => void;
}

/** Releases claimed tasks that have not started. */
export class GiveBack {
  readonly #parts: GiveBackParts;

  constructor(parts: GiveBackParts) {
    this.#parts = parts;
  }

  /**
   * Gives back jobs that were removed from their line. If that fails, they are given back later as
   * unknown tasks.
   */
  async jobs(jobs: readonly Job[]): Promise<void> {
    const { storage, logger, held, onFailed } = this.#parts;
    const byWorker = new Map<string, Job[]>();
    for (const job of jobs) {
      const { workerId } = job.lease;
      byWorker.set(workerId, [...byWorker.get(workerId) ?? [], job]);
    }
    for (const [workerId, its] of byWorker) {
      const tasks = its.map(({ task, lease }) => ({
        taskId: task.id,
        token: lease.token,
        dueAt: task.dueAt,
      }));
      let failure: { readonly error: unknown } | null = null;
      try {
        await storage.release(workerId, tasks);
      } catch (error) {
        failure = { error };
      }
      // Do not delete the tasks earlier: until the release, storage has them as claimed by this
      // worker.
      for (const { task } of its) held.delete(task);
      if (failure === null) continue;
      onFailed();
      logger.warn("Giving back {count} tasks failed: {error}", { count: tasks.length, ...failure });
    }
  }
}
