// Reads the facts for explain from storage.

import { parseTaskId } from "../ids/uuid_v7.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { workerStatuses } from "../storage/worker_status.ts";
import type { ExplainFacts } from "./explain.ts";

/** The parts of the storage from which the facts are read. */
export type FactStorage = Pick<
  Storage,
  "backlog" | "get" | "statistics" | "statusAudit" | "workers"
>;

/** The facts that this process knows without storage. */
export interface FactFinderParts {
  readonly opened: () => Promise<FactStorage>;
  readonly leaseMs: number;
  /** Returns the maximum number of retries of a task's policy; null if unknown. */
  readonly retriesOf: (task: TaskRecord) => number | null;
}

/** The number of status changes that are read to find when a task was started: one full page. */
const readChanges = 1000;

/** Reads the facts about a task for `explain`. */
export async function findFacts(
  { opened, leaseMs, retriesOf }: FactFinderParts,
  taskId: string,
): Promise<ExplainFacts> {
  const storage = await opened();
  const id = parseTaskId(taskId);
  const { task, workers } = await readTaskAndWorkers(storage, id);
  const { now, queues } = await storage.backlog();
  return {
    taskId: id ?? taskId,
    now,
    task,
    workers: workerStatuses(workers, leaseMs),
    leaseMs,
    pausedQueues: queues.filter(({ paused }) => paused).map(({ queue }) => queue),
    dueInQueue: queues.find(({ queue }) => queue === task?.queue)?.due ?? 0,
    heldInQueue: task === null ? null : await heldInQueue(storage, task, now),
    runningSince: task === null ? null : await runningSince(storage, task),
    retries: task === null ? null : retriesOf(task),
  };
}

/**
 * Reads a task, then the workers. If its worker is missing, the worker may have stopped in between
 * and given the task back, so both are read again.
 */
async function readTaskAndWorkers(storage: FactStorage, id: string | null) {
  const read = async () => {
    const task = id === null ? null : await storage.get(id);
    return { task, workers: await storage.workers() };
  };
  const found = await read();
  const workerId = found.task?.workerId ?? null;
  const isConsistent = workerId === null || found.workers.some(({ id }) => id === workerId);
  return isConsistent ? found : await read();
}

/**
 * Returns the number of tasks of a due task's queue that workers hold; null if it is not needed.
 */
async function heldInQueue(
  storage: FactStorage,
  { queue, workerId, dueAt }: TaskRecord,
  now: number,
): Promise<number | null> {
  if (workerId !== null || dueAt === null || dueAt > now) return null;
  const { queues } = await storage.statistics();
  return queues.find((figures) => figures.queue === queue)?.claimed ?? 0;
}

/**
 * Returns the instant at which the handler of a running task was started; null if it was not
 * audited.
 */
async function runningSince(
  storage: FactStorage,
  { id, workerId, status }: TaskRecord,
): Promise<number | null> {
  if (workerId === null || status !== "InProgress") return null;
  const { items, next } = await storage.statusAudit(id, { limit: readChanges });
  const last = items.at(-1);
  return next === null && last?.newStatus === "InProgress" ? last.updatedAt : null;
}
