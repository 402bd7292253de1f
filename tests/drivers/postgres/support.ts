// Common parts of the PostgreSQL tests: tasks to store, storages that close themselves, and a
// separate client.

import postgres from "postgres";
import { postgresStorage, type PostgresStorageOptions } from "../../../drivers/postgres/mod.ts";
import { migrationFiles, scriptOf } from "../../../drivers/postgres/script.ts";
import type { NewTask } from "../../../src/storage/requests.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { newTask } from "../../support/new_task.ts";

/** The scripts that make a schema, as psql would run them, in order. */
export const scripts: readonly string[] = [...migrationFiles, "functions.sql" as const]
  .map(scriptOf);

/** Makes `count` tasks. */
export function newTasks(count: number, overrides: Partial<NewTask> = {}): NewTask[] {
  return Array.from({ length: count }, () => newTask(overrides));
}

/** The claim of a worker with one type and one queue. */
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
  // postgres.js leaves the timer of `max_lifetime` behind when a connection is lost while it opens.
  const sql = postgres(url, { max: 1, max_lifetime: null, onnotice: () => {}, ...options });
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}
