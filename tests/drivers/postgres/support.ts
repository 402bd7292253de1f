// What the PostgreSQL tests share: tasks to store, storages that close themselves, and a client to look behind the scenes.

import postgres from "postgres";
import { postgresStorage, type PostgresStorageOptions } from "../../../drivers/postgres/mod.ts";
import type { NewTask } from "../../../src/storage/requests.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { systemRandom, uuidV7Generator } from "../../../src/ids/uuid_v7.ts";

/** Makes the next task id. */
export const newId = uuidV7Generator(() => Date.now(), systemRandom);

/** A task that is due at once, unless told otherwise. */
export function newTask(overrides: Partial<NewTask> = {}): NewTask {
  return {
    id: newId(),
    type: "send-email",
    handler: "SendEmail",
    request: '{"to":"ada@example.org"}',
    status: "Queued",
    due: { inMs: 0 },
    auditLevel: "Full",
    queue: "default",
    priority: 0,
    taskKey: null,
    traceContext: null,
    retryPolicy: null,
    series: null,
    claimFor: null,
    ...overrides,
  };
}

/** So many tasks. */
export function newTasks(count: number, overrides: Partial<NewTask> = {}): NewTask[] {
  return Array.from({ length: count }, () => newTask(overrides));
}

/** What a worker asks for that knows one type and works on one queue. */
export function claimRequest(workerId: string, limit = 100) {
  return { workerId, types: ["send-email"], queues: [{ name: "default", limit }] };
}

/** An opened storage that `await using` closes. */
export async function openStorage(
  options: PostgresStorageOptions,
): Promise<Storage & AsyncDisposable> {
  const storage = postgresStorage(options);
  await storage.open();
  return Object.assign(storage, { [Symbol.asyncDispose]: () => storage.close() });
}

/** A postgres.js instance that `await using` ends. */
export function connect(
  url: string,
  options: postgres.Options<Record<string, never>> = {},
): postgres.Sql & AsyncDisposable {
  const sql = postgres(url, { max: 1, onnotice: () => {}, ...options });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}
