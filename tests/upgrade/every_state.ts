// Writes rows in every state with a storage of an old version, and reads them in full, to compare
// them before and after an upgrade.

import type { Page } from "../../src/storage/queries.ts";
import { type AuditLevel, auditLevels } from "../../src/audit/audit_level.ts";
import type { TaskRecord } from "../../src/storage/records.ts";
import type { NewTask } from "../../src/storage/requests.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { taskStatuses } from "../../src/storage/task_status.ts";
import { logLine } from "../../src/testing/conformance/scene.ts";
import { newTask, series, slotRequest } from "../support/new_task.ts";

/** The id of the worker that holds tasks. */
export const holder = "holder";

/** The properties of 0.1.0 for a task's payload and the name of its handler. */
interface OldNames {
  readonly request: string;
  readonly handler: string;
}

/** No process has a handler of this type. */
const type = "kept";
const queue = "kept";

/** Writes tasks in every state, with history, leases, requests to cancel, keys and rate slots. */
export async function writeEveryState(storage: Storage): Promise<void> {
  await storage.registerWorker({ id: holder, host: "test" });
  const add = async (overrides: Parameters<typeof newTask>[0] = {}) => {
    const task = newTask({ type, queue, ...overrides });
    await storage.persist([withOldNames(task)]);
    return task.id;
  };
  for (const auditLevel of auditLevels) {
    for (const status of taskStatuses) {
      const id = await add({ auditLevel, taskKey: `${auditLevel} ${status}` });
      await storage.setStatus(id, status, status === "Failed" ? "no luck" : null, auditLevel);
    }
    await addSeries(storage, add, auditLevel);
  }
  await add({ status: "WaitingQueue", due: { at: Date.UTC(2099, 0) }, priority: 7 });
  await add({ traceContext: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
  await add({
    retryPolicy: '{"kind":"linear","retries":3,"delaysMs":[500]}',
    payload: '"é\\u0000"',
  });
  const logged = await add();
  await storage.saveExecutionLogs([
    logLine(logged, "first"),
    logLine(logged, "second", { level: "Error", exception: "no luck" }),
  ]);

  const [held, running, cancelled] = [
    await add({ claimFor: holder }),
    await add({ claimFor: holder }),
    await add({ claimFor: holder }),
  ];
  const lease = { workerId: holder, token: 1 };
  await storage.setStatus(running, "InProgress", null, "Full", { lease });
  await storage.requestCancel([cancelled, await add()]);
  await storage.setQueuePaused("paused", true);
  await storage.takeRateSlots([
    slotRequest({ emissionIntervalMs: 3_600_000 }),
    slotRequest({ emissionIntervalMs: 3_600_000, horizonMs: 7_200_000 }),
  ]);
  await storage.setStatus(held, "WaitingQueue", null, "Full", {
    lease,
    dueInMs: 3_600_000,
    rateSlotAt: Date.UTC(2099, 0),
  });
}

/** Adds a series that waits for its next run, and one that has ended. */
async function addSeries(
  storage: Storage,
  add: (overrides: Parameters<typeof newTask>[0]) => Promise<string>,
  auditLevel: AuditLevel,
): Promise<void> {
  const recurring = { auditLevel, status: "WaitingQueue", series: series({ maxRuns: 9 }) } as const;
  const resting = await add({ ...recurring, taskKey: `series ${auditLevel}` });
  await storage.updateCurrentRun(resting, 12.5, Date.UTC(2099, 0), auditLevel);
  const over = await add(recurring);
  await storage.updateCurrentRun(over, 1, null, auditLevel, { status: "Failed", exception: "no" });
}

/** Reads everything that the storage returns about these rows. */
export async function readEveryState(storage: Storage): Promise<unknown> {
  const tasks = await allOf((after) => storage.list({ queues: [queue] }, page(after)));
  const { queues } = await storage.statistics();
  const [worker] = (await storage.workers()).filter(({ id }) => id === holder);
  return {
    tasks: await Promise.all(tasks.map(async (task) => ({
      ...withTodaysNames(task),
      statusAudit: await allOf((after) => storage.statusAudit(task.id, page(after))),
      runsAudit: await allOf((after) => storage.runsAudit(task.id, page(after))),
      logs: await allOf((after) => storage.executionLogs(task.id, page(after))),
    }))),
    byKey: withTodaysNames((await storage.getByTaskKey("series Full"))!),
    paused: queues.filter(({ paused }) => paused).map(({ queue }) => queue),
    worker: [worker?.host, worker?.startedAt],
  };
}

/** Adds the property names of 0.1.0, so that both versions can store the task. */
export function withOldNames(task: NewTask): NewTask & OldNames {
  return { ...task, request: task.payload, handler: task.handlerName };
}

/** Renames the properties of 0.1.0, and omits `version`, which 0.1.0 does not have. */
function withTodaysNames(task: TaskRecord & Partial<OldNames>): Omit<TaskRecord, "version"> {
  const { request, handler, version: _, ...same } = task;
  const payload = request ?? task.payload;
  return { ...same, payload, handlerName: handler ?? task.handlerName, tags: task.tags ?? [] };
}

function page(after: string | null) {
  return after === null ? { limit: 100 } : { limit: 100, after };
}

async function allOf<T>(read: (after: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const next: Page<T> = await read(after);
    items.push(...next.items);
    after = next.next;
  } while (after !== null);
  return items;
}
