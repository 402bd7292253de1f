// While transactions hold all connections of the application's pool, calls fail after a time-out
// instead of waiting forever.

import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Long enough for the queries that have a connection, on a busy machine. */
const queryTimeout = 2_000;

for (const schema of ["present", "missing"]) {
  Deno.test(`opening inside a transaction that holds the only connection fails with an error that names the remedy; the schema is ${schema}`, async () => {
    const url = await server.createDatabase();
    if (schema !== "missing") await (await openStorage({ url })).close();
    await using sql = connect(url, { max: 1 });
    const storage = postgresStorage({ sql, queryTimeout, notify: false });
    const opening = sql.begin(() => storage.open());
    await assertRejects(
      () => deadline(opening, 60_000),
      StorageUnavailableError,
      "Enlarge the pool",
    );
    await storage.open();
    await storage.persist([newTask()]);
    await storage.close();
  });
}

Deno.test("calls inside a transaction that holds the only connection fail with an error about the pool", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url, { max: 1 });
  await using storage = await openStorage({ sql, queryTimeout, notify: false });
  const task = newTask();
  await sql.begin(async (connection) => {
    await storage.persist([task], { connection });
    const calls: (() => Promise<unknown>)[] = [
      () => storage.get(task.id),
      () => storage.persist([newTask()]),
    ];
    for (const call of calls) {
      await assertRejects(() => deadline(call(), 60_000), StorageUnavailableError, "was free");
    }
  });
  assertEquals((await storage.get(task.id))?.id, task.id);
});

Deno.test("transactions that take the connections during a migration do not block it forever", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url, { max: 2 });
  const storage = postgresStorage({ sql, queryTimeout, notify: false });
  const opening = sql.begin(async () => {
    const opened = storage.open();
    // Takes the second connection between the check and the creation of the schema.
    await sql.begin(() => opened);
  });
  await assertRejects(() => deadline(opening, 60_000), StorageUnavailableError, "Enlarge the pool");
  await storage.open();
  await storage.close();
});
