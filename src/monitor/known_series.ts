// The time series that are known in advance. They begin with 0, so that the first failure is an
// increase instead of a new series.

import type { Dated } from "../time/dated.ts";
import type { QueueStatistics } from "../storage/queries.ts";
import type { EventOrigin, FigureOrigin } from "./monitored.ts";

/** The labels by which events are counted. */
export interface EventLabels {
  readonly type: string;
  readonly queue: string;
}

/** Returns each task type of an instance with each queue that its tasks use by default. */
export function knownLabels({ tasks = [], queues }: EventOrigin & FigureOrigin): EventLabels[] {
  const known = queues.names ?? [];
  return tasks.flatMap(({ type, queue }) => {
    if (queue === undefined) return [{ type, queue: "default" }, { type, queue: "recurring" }];
    return [{ type, queue: known.includes(queue) ? queue : "default" }];
  });
}

/** Adds the instance's queues that storage has omitted because they have no waiting tasks. */
export function withKnownQueues<Found extends { readonly queue: string }>(
  { queues: { names = [] } }: FigureOrigin,
  found: readonly Found[],
): (Found | Dated<QueueStatistics>)[] {
  const foundNames = new Set(found.map(({ queue }) => queue));
  const missing = names.filter((name) => !foundNames.has(name));
  const empty = { paused: false, due: 0, scheduled: 0, claimed: 0, oldestDueAt: null };
  return [...found, ...missing.map((queue) => ({ queue, ...empty }))];
}
