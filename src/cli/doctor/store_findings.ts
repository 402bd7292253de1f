// Finds faults of the content of a store: its tasks, its workers and its history. The checks are
// the same for all databases, and also work through a REST API.

import type { Finding } from "../../storage/maintenance.ts";
import type { OperatedStore } from "../frame/operated_store.ts";
import { elapsedWords, manyWords, numberWords } from "../text/words.ts";

/** The greatest difference of clocks that is not a fault, in milliseconds. */
const mostSkewMs = 5_000;

/** The greatest growth of a table that is not a fault, in rows a day. */
const mostRowsPerDay = 10_000;

/** The greatest number of tasks that a check reads. */
const sampleSize = 1_000;

/** An id that no task has. */
const noTask = "00000000-0000-7000-8000-000000000000";

/**
 * Finds the faults of a store.
 *
 * @param now Returns the time of this machine, in epoch milliseconds.
 */
export async function storeFindings(store: OperatedStore, now: () => number): Promise<Finding[]> {
  return [
    ...await clockFindings(store, now),
    ...await workerFindings(store),
    ...await unservedFindings(store),
    ...await seriesFindings(store),
    ...await growthFindings(store),
  ];
}

async function clockFindings({ operate }: OperatedStore, now: () => number): Promise<Finding[]> {
  await operate.explain(noTask); // opens the store, which may take time
  const before = now();
  const { at } = await operate.explain(noTask);
  const skewMs = at.getTime() - (before + now()) / 2;
  if (Math.abs(skewMs) <= mostSkewMs) return [];
  const direction = skewMs > 0 ? "ahead of" : "behind";
  return [{
    kind: "clockSkew",
    what: `The database's clock is ${elapsedWords(Math.abs(skewMs))} ${direction} this machine's.`,
    why: "The database's clock decides what is due. Instants that this machine computes are off " +
      "by the difference.",
    remedy: "Synchronize both machines with NTP.",
  }];
}

async function workerFindings({ operate }: OperatedStore): Promise<Finding[]> {
  const workers = await operate.workers();
  const dead = workers.filter(({ alive }) => !alive);
  if (dead.length === 0) return [];
  const held = await operate.tasks.search(
    { statuses: ["InProgress", "Queued", "Pending", "WaitingQueue"] },
    { limit: sampleSize, order: "oldest" },
  );
  return dead.map(({ id, host, heartbeatAgeMs }) => {
    const count = held.items.filter(({ workerId }) => workerId === id).length;
    const isPart = held.next !== null;
    const tasks = count === 0 && isPart
      ? "It may hold tasks."
      : `It holds ${isPart ? "at least " : ""}${manyWords(count, "task")}.`;
    return {
      kind: "deadWorker",
      what: `Worker ${id} on ${host} has sent no heartbeat for ` +
        `${elapsedWords(Math.abs(heartbeatAgeMs))}. ${tasks}`,
      why: "Nobody runs its tasks until a live worker takes them over.",
      remedy: "Start a worker: it takes over the tasks within its lease.",
    };
  });
}

/** Finds due tasks whose queue or type no live worker serves. */
async function unservedFindings({ operate }: OperatedStore): Promise<Finding[]> {
  const [queues, workers] = await Promise.all([operate.queues(), operate.workers()]);
  const live = workers.filter(({ alive }) => alive);
  // Workers of version 0.1 do not report what they serve.
  if (live.some(({ serves }) => serves === null)) return [];
  const findings: Finding[] = [];
  for (const { queue, due, paused, workerIds } of queues) {
    if (due === 0 || paused || workerIds.length > 0) continue;
    const tasks = manyWords(due, "task");
    findings.push({
      kind: "unservedQueue",
      what: `${tasks} ${
        due === 1 ? "is" : "are"
      } due in queue ${queue}, which no live worker serves.`,
      why: "They wait until a worker serves it.",
      remedy: `Start a worker with this queue: queues: { "${queue}": {} } of createEverTask.`,
    });
  }
  return [...findings, ...await unknownTypeFindings({ operate }, live)];
}

type LiveWorkers = Awaited<ReturnType<OperatedStore["operate"]["workers"]>>;

async function unknownTypeFindings(
  { operate }: Pick<OperatedStore, "operate">,
  live: LiveWorkers,
): Promise<Finding[]> {
  const typesOf = new Map<string, Set<string>>();
  for (const { serves } of live) {
    for (const { name } of serves!.queues) {
      const types = typesOf.get(name) ?? new Set();
      for (const type of serves!.types) types.add(type);
      typesOf.set(name, types);
    }
  }
  if (typesOf.size === 0) return [];
  const { items } = await operate.tasks.search(
    { statuses: ["Queued", "WaitingQueue", "Pending", "ServiceStopped"] },
    { limit: sampleSize, order: "oldest" },
  );
  const unknown = new Map<string, number>();
  for (const { type, queue, workerId } of items) {
    if (workerId !== null || typesOf.get(queue)?.has(type) !== false) continue;
    const name = `${type} in queue ${queue}`;
    unknown.set(name, (unknown.get(name) ?? 0) + 1);
  }
  return Array.from(unknown, ([name, count]) => ({
    kind: "unknownType",
    what: `${manyWords(count, "task")} of type ${name} ${count === 1 ? "waits" : "wait"}, and no ` +
      "live worker of this queue has this type.",
    why: "They wait until a worker has it.",
    remedy: "Start a worker with this task, or cancel the tasks.",
  }));
}

/**
 * Finds series without a key that have the same type and schedule. Each start of a process that
 * dispatches such a series adds another series.
 */
async function seriesFindings({ operate }: OperatedStore): Promise<Finding[]> {
  const { items } = await operate.tasks.search({ recurring: true }, { limit: sampleSize });
  const groups = new Map<string, { type: string; info: string; count: number }>();
  for (const { type, taskKey, series } of items) {
    if (taskKey !== null || series === null || series.nextRunAt === null) continue;
    const name = JSON.stringify([type, series.schedule]);
    const group = groups.get(name) ?? { type, info: series.info, count: 0 };
    group.count++;
    groups.set(name, group);
  }
  return Array.from(groups.values()).filter(({ count }) => count > 1).map((
    { type, info, count },
  ) => ({
    kind: "multipliedSeries",
    what: `${count} series of type ${type} without a key have the same schedule: ${info}.`,
    why: "Each start of a process that dispatches it adds one more, and each of them runs.",
    remedy:
      `Dispatch it with a taskKey, and cancel the others: evertask tasks cancel --type ${type} ` +
      "--recurring yes --all",
  }));
}

/** How to write fewer rows, by the audit table. */
const helps: Readonly<Record<string, string>> = {
  StatusAudit: "auditLevel Minimal writes status changes only for errors: set it for tasks that " +
    "run often, or as defaultAuditLevel",
  RunsAudit:
    "auditLevel ErrorsOnly writes only the runs that fail: set it for series that run often",
  TaskExecutionLog: "a higher minimum level of persistentLogs stores fewer lines, or " +
    "maxExecutionLogsPerTask of retention keeps fewer",
};

async function growthFindings(store: OperatedStore): Promise<Finding[]> {
  const growth = await store.auditGrowth({});
  return growth.flatMap(({ table, averageRowsPerDay: perDay, isEstimate }) => {
    if (perDay === null || perDay <= mostRowsPerDay) return [];
    return [{
      kind: "auditGrowth",
      what: `${table} grows by ${isEstimate ? "about " : ""}${
        numberWords(Math.round(perDay))
      } rows a day.`,
      why: "The database grows by as much every day, and so do its backups.",
      remedy: `Write less: ${helps[table]}. Or keep it for a shorter time: retention of ` +
        "createEverTask, or evertask audit purge.",
    }];
  });
}
