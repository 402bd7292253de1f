// Reads the statistics of the whole store.

import type {
  Backlog,
  HeldTasks,
  StatisticsOptions,
  StorageStatistics,
} from "../../src/storage/queries.ts";
import { queueStatistics } from "../../src/storage/queue_statistics.ts";
import {
  endedStatuses,
  statusesNotInProgress,
  type TaskStatus,
  taskStatuses,
} from "../../src/storage/task_status.ts";
import type { Call } from "./database.ts";

/**
 * The maximum number of claimed tasks to read for an estimate, in about 100 ms. A count of all
 * tasks is not much slower than more of them.
 */
const mostClaimedRead = 100_000;

/** The maximum number of waiting tasks to count by status, which takes about 50 ms. */
const mostWaitingCounted = 50_000;

/** Numbers of tasks. Statuses without tasks are left out. */
type Counts = Partial<Record<TaskStatus, number>>;

/** Implements {@linkcode Storage.statistics}. */
export async function statistics(
  call: Call,
  { exact = false }: StatisticsOptions = {},
): Promise<StorageStatistics> {
  const estimated = exact ? null : await estimate(call);
  if (estimated !== null) return estimated;
  const figures = await call<StorageStatistics>("task_statistics");
  return { ...figures, estimated: [], tasksByStatus: ofAllStatuses(figures.tasksByStatus) };
}

/** Returns the statistics without reading all tasks; null if a count is about as fast. */
async function estimate(call: Call): Promise<StorageStatistics | null> {
  const { now, queues } = await call<Backlog>("task_backlog", null);
  const waiting = queues.reduce((sum, { due, scheduled }) => sum + due + scheduled, 0);
  const hasMany = waiting > mostWaitingCounted;
  const [counts, held] = await Promise.all([
    call<Counts | null>("estimate_tasks", mostClaimedRead, hasMany ? waiting : null),
    call<HeldTasks[] | null>("held_tasks", mostClaimedRead),
  ]);
  if (counts === null || held === null) return null;
  return {
    now,
    tasksByStatus: ofAllStatuses(counts),
    estimated: hasMany ? statusesNotInProgress : endedStatuses,
    queues: queueStatistics(queues, held),
  };
}

function ofAllStatuses(counts: Counts): Record<TaskStatus, number> {
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  return { ...none, ...counts } as Record<TaskStatus, number>;
}
