// The waiting tasks and the workers of each queue.

import type { Backlog, HeldTasks } from "../storage/queries.ts";
import type { WorkerStatus } from "../storage/worker_status.ts";
import { waitingCount } from "./waiting_count.ts";

/** The waiting tasks and the workers of one queue. */
export interface QueueOverview {
  /** The queue's name. */
  readonly queue: string;
  /** Whether the queue is paused. Nothing is claimed from a paused queue. */
  readonly paused: boolean;
  /** The number of due tasks that no worker holds, at most 5,000. */
  readonly due: number;
  /** Whether `due` counts all these tasks. Otherwise there may be more. */
  readonly dueExact: boolean;
  /** The number of tasks that are due later, at most 5,000. */
  readonly scheduled: number;
  /** Whether `scheduled` counts all these tasks. Otherwise there may be more. */
  readonly scheduledExact: boolean;
  /** The due instant of the task that has been due longest; null if none is due. */
  readonly oldestDueAt: Date | null;
  /** The ids of the live workers that serve the queue, oldest first, without draining workers. */
  readonly workerIds: readonly string[];
  /**
   * The maximum number of tasks of the queue that these workers run concurrently; null if a live
   * worker does not report its queues, as in version 0.1.
   */
  readonly places: number | null;
  /**
   * The number of these places that are taken: for each of these workers, the tasks of the queue
   * that it holds, at most its parallelism. A worker also holds tasks that it will start next. Null
   * if unknown.
   */
  readonly busyPlaces: number | null;
  /**
   * The number of tasks of the queue that workers hold, including lost and draining workers; null
   * if unknown.
   */
  readonly held: number | null;
}

/**
 * Combines the waiting tasks, counted up to `waitingCap`, and the workers of each queue, sorted by
 * name. Includes queues with waiting or held tasks, paused queues, queues that a live worker
 * serves, and the queues of this process.
 */
export function queueOverviews(
  { queues }: Backlog,
  workers: readonly WorkerStatus[],
  heldTasks: readonly HeldTasks[] | null,
  ownQueues: readonly string[],
): QueueOverview[] {
  const live = workers.filter(({ alive, draining }) => alive && !draining);
  const servings = live.flatMap(({ id, serves }) =>
    (serves?.queues ?? []).map(({ name, parallelism }) => ({ id, name, parallelism }))
  );
  const allTell = live.every(({ serves }) => serves !== null);
  const waiting = new Map(queues.map((backlog) => [backlog.queue, backlog]));
  const names = new Set([
    ...waiting.keys(),
    ...servings.map(({ name }) => name),
    ...(heldTasks ?? []).map(({ queue }) => queue),
    ...ownQueues,
  ]);
  return [...names].sort().map((queue) => {
    const held = heldTasks?.filter((each) => each.queue === queue) ?? null;
    const heldBy = (id: string) => held?.find(({ workerId }) => workerId === id)?.count ?? 0;
    const { paused = false, due = 0, scheduled = 0, oldestDueAt = null } = waiting.get(queue) ?? {};
    const [countedDue, countedLater] = [waitingCount(due), waitingCount(scheduled)];
    const served = servings.filter(({ name }) => name === queue);
    return {
      queue,
      paused,
      due: countedDue.count,
      dueExact: countedDue.exact,
      scheduled: countedLater.count,
      scheduledExact: countedLater.exact,
      oldestDueAt: oldestDueAt === null ? null : new Date(oldestDueAt),
      workerIds: served.map(({ id }) => id),
      places: allTell ? sumOf(served, ({ parallelism }) => parallelism) : null,
      busyPlaces: allTell && held !== null
        ? sumOf(served, ({ id, parallelism }) => Math.min(heldBy(id), parallelism))
        : null,
      held: held && sumOf(held, ({ count }) => count),
    };
  });
}

function sumOf<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
