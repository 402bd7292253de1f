// Reads the facts for explain from storage.

import { parseTaskId } from "../ids/uuid_v7.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { workerStatuses } from "../storage/worker_status.ts";
import type { ActionFilter } from "../storage/requests.ts";
import type { ExplainFacts } from "./explain.ts";
import type { PauseNote } from "./reason.ts";
import { waitingCap, waitingCount } from "./waiting_count.ts";

/** The parts of the storage from which the facts are read. */
export type FactStorage = Pick<
  Storage,
  "backlog" | "get" | "operatorActions" | "heldTasks" | "statusAudit" | "workers"
>;

/** The dependencies of {@linkcode findFacts}. */
export interface FactFinderParts {
  readonly opened: () => Promise<FactStorage>;
  readonly leaseMs: number;
  /** Returns the maximum number of retries of a task's policy; null if unknown. */
  readonly retriesOf: (task: TaskRecord) => number | null;
}

/** Reads the facts about a task for `explain`. */
export async function findFacts(
  { opened, leaseMs, retriesOf }: FactFinderParts,
  taskId: string,
): Promise<ExplainFacts> {
  const storage = await opened();
  const id = parseTaskId(taskId);
  const { task, workers } = await readTaskAndWorkers(storage, id);
  const { now, queues } = await storage.backlog(waitingCap);
  const pausedQueues = queues.filter(({ paused }) => paused).map(({ queue }) => queue);
  const isQueuePaused = task !== null && pausedQueues.includes(task.queue);
  return {
    taskId: id ?? taskId,
    now,
    task,
    workers: workerStatuses(workers, leaseMs),
    leaseMs,
    pausedQueues,
    queuePausedBy: isQueuePaused ? await noteOfQueue(storage, task.queue) : notNoted,
    seriesPausedBy: task?.series?.paused ? await noteOfSeries(storage, task.id) : notNoted,
    dueInQueue: waitingCount(queues.find(({ queue }) => queue === task?.queue)?.due ?? 0),
    heldInQueue: task === null ? null : await heldInQueue(storage, task, now),
    runningSince: task === null ? null : await runningSince(storage, task),
    retries: task === null ? null : retriesOf(task),
  };
}

/**
 * Reads a task, then the workers. If the worker that holds the task is missing, it may have stopped
 * between the two reads and given the task back. Both are then read again.
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
 * Returns the number of tasks of a due task's queue that workers hold; null if the number is not
 * needed.
 */
async function heldInQueue(
  storage: FactStorage,
  { queue, workerId, dueAt }: TaskRecord,
  now: number,
): Promise<number | null> {
  if (workerId !== null || dueAt === null || dueAt > now) return null;
  const held = await storage.heldTasks();
  return held?.reduce((sum, each) => each.queue === queue ? sum + each.count : sum, 0) ?? null;
}

/**
 * Returns the instant at which the handler of a running task was started; null if the start was not
 * audited.
 */
async function runningSince(
  storage: FactStorage,
  { id, workerId, status }: TaskRecord,
): Promise<number | null> {
  if (workerId === null || status !== "InProgress") return null;
  const { items: [last] } = await storage.statusAudit(id, { limit: 1, order: "newest" });
  return last?.newStatus === "InProgress" ? last.updatedAt : null;
}

const notNoted: PauseNote = { by: null, since: null, why: null };

function noteOfQueue(storage: FactStorage, queue: string): Promise<PauseNote> {
  return noteOf(storage, { queue, verbs: ["pauseQueue", "resumeQueue"] });
}

function noteOfSeries(storage: FactStorage, taskId: string): Promise<PauseNote> {
  return noteOf(storage, { taskId, verbs: ["pauseSeries", "resumeSeries"] });
}

/** Returns the last pause by an operator, unless an operator has resumed since. */
async function noteOf(storage: FactStorage, filter: ActionFilter): Promise<PauseNote> {
  const { items: [last] } = await storage.operatorActions(filter, { limit: 1 });
  const isPause = last?.verb === "pauseQueue" || last?.verb === "pauseSeries";
  return isPause ? { by: last.by, since: new Date(last.doneAt), why: last.reason } : notNoted;
}
