// Creates a store with two tenants. All texts of a tenant contain its name. Each tenant has a
// failed task, a waiting task and a series.

import { createEverTask, defineTask, type EverTask, noRetry, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { slotRequest } from "../../src/testing/conformance/scene.ts";
import { budgetName } from "../../src/task/budget_name.ts";
import type { Authorize, AuthorizedUser, TaskScope } from "../../src/api/mod.ts";

/** The tenants. Tests act as users of the first one, and search for texts of the second one. */
export const tenants = ["apple", "zebra"] as const;
export type Tenant = typeof tenants[number];

/** Returns the text of a tenant's payloads, errors and log lines. Its names do not contain it. */
export const secretOf = (tenant: Tenant) => `${tenant}-s3cret`;

function tasksOf(tenant: Tenant) {
  const failing = defineTask<unknown>({
    type: `${tenant}-mail`,
    queue: tenant,
    handle(_, { log }) {
      log.info(`${secretOf(tenant)} is logged`);
      throw new Error(`${secretOf(tenant)} is wrong`);
    },
  });
  const running = defineTask<unknown>({
    type: `${tenant}-report`,
    queue: tenant,
    handle(_, { log }) {
      log.info(`${secretOf(tenant)} is logged`);
    },
  });
  return { failing, running };
}

/** Returns a filter in which each member alone selects a tenant's tasks. */
export const scopesOf = (tenant: Tenant): Readonly<Required<TaskScope>> => ({
  types: [`${tenant}-mail`, `${tenant}-report`],
  queues: [tenant],
  taskKeyPrefix: `${tenant}:`,
  tags: [`tenant:${tenant}`],
});

/** The ids of a tenant's tasks. */
export interface TenantTasks {
  readonly failed: string;
  readonly waiting: string;
  readonly series: string;
}

/** The store, with its tasks. */
export interface TenantStore {
  readonly everTask: EverTask;
  /** Emits an event of the second tenant, then one of the first. */
  readonly stir: () => Promise<void>;
  readonly tasks: Readonly<Record<Tenant, TenantTasks>>;
}

/**
 * Creates the store. The first runs of its tasks have ended, and one worker is registered. The
 * returned instance runs no tasks.
 */
export async function makeTenantStore(storage: Storage = memoryStorage()): Promise<TenantStore> {
  const definitions = { apple: tasksOf("apple"), zebra: tasksOf("zebra") };
  const types = tenants.flatMap((tenant) => Object.values(definitions[tenant]));
  const options = {
    storage,
    tasks: types,
    queues: { apple: {}, zebra: {} },
    persistentLogs: true,
    logger: silentLogger,
  };
  const everTask = createEverTask(options);
  await using worker = createEverTask(options);
  const over = Promise.withResolvers<void>();
  let left = 4;
  worker.events.subscribe(() => void (--left === 0 && over.resolve()), {
    kinds: ["failed", "recurringScheduled"],
  });
  await worker.start();
  const dispatchFor = async (tenant: Tenant): Promise<TenantTasks> => {
    const { failing, running } = definitions[tenant];
    const payload = { text: secretOf(tenant) };
    const failed = await worker.dispatch(failing, payload, {
      taskKey: `${tenant}:mail`,
      tags: [`tenant:${tenant}`, "mail"],
      retry: noRetry(),
    });
    const waiting = await worker.dispatch(running, payload, {
      taskKey: `${tenant}:later`,
      tags: [`tenant:${tenant}`],
      delay: { hours: 1 },
    });
    const series = await worker.dispatch(running, payload, {
      taskKey: `${tenant}:series`,
      tags: [`tenant:${tenant}`],
      recurring: (r) => r.runNow().andThen().every(1).hours(),
    });
    return { failed: failed.id, waiting: waiting.id, series: series.id };
  };
  const tasks = { apple: await dispatchFor("apple"), zebra: await dispatchFor("zebra") };
  await over.promise;
  for (const tenant of tenants) {
    const { id } = await worker.dispatch(definitions[tenant].running, null, {
      delay: { hours: 1 },
    });
    await worker.operate.tasks.delete(id, { by: "ada", reason: `${tenant}-s3cret is why` });
    await worker.operate.tasks.edit(tasks[tenant].waiting, { priority: 1 }, { by: "ada" });
    await worker.queues.pause(tenant, { by: "ada" });
    await worker.queues.resume(tenant, { by: "ada" });
  }
  await everTask.statistics(); // opens storage, before the worker closes it
  await storage.registerWorker({
    id: "worker-1",
    host: "zebra-host",
    process: {
      version: "zebra-1",
      applicationVersion: "zebra-2",
      runtime: "zebra-runtime",
      pid: 1,
    },
    serves: {
      queues: tenants.map((name) => ({ name, parallelism: 1 })),
      types: types.map(({ type }) => type),
    },
  });
  await storage.takeRateSlots(
    tenants.map((tenant) => slotRequest({ key: budgetName(`${tenant}-mail`, tenant) })),
  );
  const stir = async () => {
    for (const tenant of ["zebra", "apple"] as const) {
      await everTask.dispatch(definitions[tenant].running, secretOf(tenant), {
        taskKey: `${tenant}:stirred`,
        tags: [`tenant:${tenant}`],
        delay: { hours: 1 },
      });
    }
  };
  return { everTask, tasks, stir };
}

/** Identifies users by the header `x-user`. */
export function authorizeByName(users: Readonly<Record<string, AuthorizedUser>>): Authorize {
  return ({ headers }) => users[headers.get("x-user") ?? ""] ?? null;
}
