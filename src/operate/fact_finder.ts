// Reads the facts for explain from storage.

import { parseTaskId } from "../ids/uuid_v7.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { workerStatuses } from "../storage/worker_status.ts";
import type { ExplainFacts } from "./explain.ts";

/** What of storage the facts are made of. */
export type FactStorage = Pick<
  Storage,
  "backlog" | "get" | "statistics" | "statusAudit" | "workers"
>;

/** The facts that this process knows without storage. */
export interface FactFinderParts {
  readonly opened: () => Promise<FactStorage>;
  readonly leaseMs: number;
  /** How many retries a task's policy allows at most; null: not known. */
  readonly retriesOf: (task: TaskRecord) => number | null;
}

/** How many status changes are read to find when a task was started: the most of one page. */
const readChanges = 1000;

/** Finds out what explain needs to know about a task. */
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
 * Reads a task, then the workers. If its worker is not among them, the worker may have stopped in
 * between and given the task back: then both are read once more.
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

/** How many tasks of a due task's queue workers hold; null if not needed. */
async function heldInQueue(
  storage: FactStorage,
  { queue, workerId, dueAt }: TaskRecord,
  now: number,
): Promise<number | null> {
  if (workerId !== null || dueAt === null || dueAt > now) return null;
  const { queues } = await storage.statistics();
  return queues.find((figures) => figures.queue === queue)?.claimed ?? 0;
}

/** When the handler of a running task was started, where its audit tells. */
async function runningSince(
  storage: FactStorage,
  { id, workerId, status }: TaskRecord,
): Promise<number | null> {
  if (workerId === null || status !== "InProgress") return null;
  const { items, next } = await storage.statusAudit(id, { limit: readChanges });
  const last = items.at(-1);
  return next === null && last?.newStatus === "InProgress" ? last.updatedAt : null;
}
