// Counts the tasks of each queue without reading ended tasks.

import type { HeldTasks, QueueBacklog, QueueStatistics } from "./queries.ts";

/** Combines the waiting tasks of each queue and the tasks that workers hold. */
export function queueStatistics(
  waiting: readonly QueueBacklog[],
  held: readonly Pick<HeldTasks, "queue" | "count">[],
): QueueStatistics[] {
  const queues = new Map(waiting.map((queue) => [queue.queue, { ...queue, claimed: 0 }]));
  for (const { queue, count } of held) {
    let figures = queues.get(queue);
    if (figures === undefined) {
      figures = { queue, paused: false, due: 0, scheduled: 0, oldestDueAt: null, claimed: 0 };
      queues.set(queue, figures);
    }
    figures.claimed += count;
  }
  return [...queues.values()];
}
