// What waits in each queue, and who serves it.

import type { Backlog } from "../storage/queries.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";

/** One queue: what waits in it, and who takes it. */
export interface QueueOverview {
  /** Its name. */
  readonly queue: string;
  /** Whether nothing is claimed from it at the moment. */
  readonly paused: boolean;
  /** How many of its tasks are due and held by no worker. */
  readonly due: number;
  /** How many of its tasks are due later. */
  readonly scheduled: number;
  /** Since when the due task waits that waits longest; null when none is due. */
  readonly oldestDueAt: Date | null;
  /** The ids of the live workers that serve it, oldest first. */
  readonly workerIds: readonly string[];
  /**
   * How many of its tasks those workers run at a time; null if a live worker does not report its
   * queues, as in version 0.1.
   */
  readonly places: number | null;
}

/**
 * Puts together what waits and who serves it, by name: of every queue in which something waits,
 * that is paused, that a live worker serves, or that this process has.
 */
export function queueOverviews(
  { queues }: Backlog,
  workers: readonly WorkerStatus[],
  ownQueues: readonly string[],
): QueueOverview[] {
  const live = workers.filter(({ alive }) => alive);
  const servings = live.flatMap(({ id, serves }) =>
    (serves?.queues ?? []).map(({ name, parallelism }) => ({ id, name, parallelism }))
  );
  const allTell = live.every(({ serves }) => serves !== null);
  const waiting = new Map(queues.map((backlog) => [backlog.queue, backlog]));
  const names = new Set([...waiting.keys(), ...servings.map(({ name }) => name), ...ownQueues]);
  return [...names].sort().map((queue) => {
    const { paused = false, due = 0, scheduled = 0, oldestDueAt = null } = waiting.get(queue) ?? {};
    const served = servings.filter(({ name }) => name === queue);
    return {
      queue,
      paused,
      due,
      scheduled,
      oldestDueAt: oldestDueAt === null ? null : new Date(oldestDueAt),
      workerIds: served.map(({ id }) => id),
      places: allTell ? served.reduce((sum, { parallelism }) => sum + parallelism, 0) : null,
    };
  });
}
