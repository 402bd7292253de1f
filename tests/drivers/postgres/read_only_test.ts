// A database rejects writes for some time. Sessions that start in that time stay read-only, so the
// storage has to replace them.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { createEverTask, defineTask, silentLogger } from "../../../mod.ts";
import { postgresStorage, type PostgresStorageOptions } from "../../../drivers/postgres/mod.ts";
import { isTransient, retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/**
 * Makes a database read-only for new sessions, and ends the existing ones. Resolves to a function
 * that makes it writable again.
 */
async function makeReadOnly(url: string): Promise<() => Promise<void>> {
  const name = new URL(url).pathname.slice(1);
  const change = async (what: string) => {
    await using admin = connect(server.url);
    await admin.unsafe(`ALTER DATABASE ${name} ${what}`);
  };
  await change("SET default_transaction_read_only = on");
  await using admin = connect(server.url);
  await admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${name}`;
  return () => change("RESET default_transaction_read_only");
}

/** Repeats `action` until it succeeds or is refused as read-only. Resolves to null or the error. */
async function refusal(action: () => Promise<unknown>): Promise<unknown> {
  while (true) {
    const error = await action().then(() => null, (error) => error);
    if (error === null || error.cause?.code === "25006") return error;
    assert(isTransient(error), error);
  }
}

const insist = <T>(action: () => Promise<T>) => retryTransient(systemClock, 15_000, action);

/** Stores one task with any number of retries, which use the same id. */
function insistOnStoring(storage: Storage) {
  const tasks = [newTask()];
  return insist(() => storage.persist(tasks));
}

const pools: [name: string, (url: string) => PostgresStorageOptions & AsyncDisposable][] = [
  ["the storage's own pool", (url) => ({ url, async [Symbol.asyncDispose]() {} })],
  ["the application's pool", (url) => {
    const sql = connect(url, { max: 5 });
    // postgres.js waits forever for the end of a connection that was lost during a query.
    return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) };
  }],
];

for (const [name, optionsFor] of pools) {
  Deno.test(`${name} writes again after a time in which the database was read-only`, async () => {
    const url = await server.createDatabase();
    await using pool = optionsFor(url);
    const { [Symbol.asyncDispose]: _, ...options } = pool;
    await using storage = await openStorage({ ...options, notify: false });
    await storage.persist([newTask()]);

    const makeWritable = await makeReadOnly(url);
    const readAll = () => insist(() => storage.list());
    // Opens all connections again. They are read-only now.
    await Promise.all(Array.from({ length: 20 }, readAll));
    const error = await refusal(() => storage.persist([newTask()]));
    assertInstanceOf(error, StorageUnavailableError);
    assertEquals((await insist(() => storage.list())).items.length, 1, "reads still succeed");

    await makeWritable();
    const calls = Array.from({ length: 20 }, () => insistOnStoring(storage));
    await Promise.all(calls);
    assertEquals((await insist(() => storage.list())).items.length, 21);
  });
}

Deno.test("tasks that are dispatched while the database is read-only are stored when it is writable again", async () => {
  const url = await server.createDatabase();
  const task = defineTask({ type: "task", handle() {} });
  await using everTask = createEverTask({
    storage: postgresStorage(url),
    tasks: [task],
    logger: silentLogger,
    dispatchRetryFor: { minutes: 1 },
  });
  await everTask.dispatch(task);
  await using witness = await openStorage({ url, notify: false });

  const makeWritable = await makeReadOnly(url);
  const dispatched = Array.from({ length: 9 }, () => everTask.dispatch(task));
  assertInstanceOf(
    await refusal(() => witness.persist([newTask()])),
    StorageUnavailableError,
  );
  await makeWritable();
  await Promise.all(dispatched);
  assertEquals((await insist(() => witness.list())).items.length, 10);
});
