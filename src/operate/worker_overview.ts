// The workers, and the tasks that each holds.

import type { HeldTasks } from "../storage/queries.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";

/** A worker, and the tasks that it holds. */
export interface WorkerOverview extends WorkerStatus {
  /**
   * The numbers of tasks that the worker holds, by queue: those that it runs, and those that it
   * will start next. Null if unknown.
   */
  readonly holds: readonly HeldOfQueue[] | null;
}

/** The tasks of one queue that a worker holds. */
export interface HeldOfQueue {
  /** The name of the queue. */
  readonly queue: string;
  /** The number of the tasks, at least 1. */
  readonly count: number;
}

/** Adds the held tasks to each worker. */
export function workerOverviews(
  workers: readonly WorkerStatus[],
  heldTasks: readonly HeldTasks[] | null,
): WorkerOverview[] {
  const heldOf = Map.groupBy(heldTasks ?? [], ({ workerId }) => workerId);
  return workers.map((worker) => {
    const held = (heldOf.get(worker.id) ?? []).map(({ queue, count }) => ({ queue, count }));
    held.sort((a, b) => a.queue < b.queue ? -1 : 1);
    return { ...worker, holds: heldTasks && held };
  });
}
