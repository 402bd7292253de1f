// Unexpected answers of postgres.js: without a row, as from a failing connection, with empty entries
// before the row, or to another call.

import { assertEquals, assertRejects } from "@std/assert";
import type { PostgresClient } from "../../../drivers/postgres/mod.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const verbs: Record<string, (storage: Storage) => Promise<unknown>> = {
  "a list": (storage) => storage.list(),
  "a lookup": (storage) => storage.get(newTask().id),
  "a dispatch": (storage) => storage.persist([newTask()]),
  "an end": (storage) => storage.setStatus(newTask().id, "Completed", null, "Full"),
  "a registration": (storage) => storage.registerWorker({ id: "worker", host: "host" }),
};

Deno.test("an answer without a row is a transient error, because the outcome of the call is unknown", async () => {
  const sql = connect(await server.createDatabase(), { max: 3 });
  let isLost = false;
  const client: PostgresClient = {
    unsafe: (text, ...rest) => isLost ? Promise.resolve([]) : sql.unsafe(text, ...rest),
    listen: (...channel) => sql.listen(...channel),
  };
  {
    await using storage = await openStorage({ sql: client, notify: false });
    isLost = true;
    for (const [name, verb] of Object.entries(verbs)) {
      const error = await assertRejects(() => verb(storage), StorageUnavailableError, "was lost");
      assertEquals(error.transient, true, name);
    }
    isLost = false;
    assertEquals((await storage.list()).items, []);
  }
  await sql.end();
});

Deno.test("the answer to another call is a transient error, also to one of another storage on the pool", async () => {
  const sql = connect(await server.createDatabase(), { max: 1 });
  let earlier: PromiseLike<readonly object[]> | null = null;
  let isShifted = false;
  const client: PostgresClient = {
    unsafe(text, ...rest) {
      const own = sql.unsafe(text, ...rest).execute();
      const given = isShifted ? earlier! : own;
      earlier = own;
      return given;
    },
    listen: (...channel) => sql.listen(...channel),
  };
  {
    await using one = await openStorage({ sql: client, notify: false });
    await using two = await openStorage({ sql: client, notify: false, migrate: false });
    for (let time = 0; time < 10; time++) await one.list();
    for (let time = 0; time < 20; time++) {
      await one.list(); // `two` makes twice as many calls, so at some time both have made as many
      isShifted = true;
      for (const storage of [two, two]) {
        const error = await assertRejects(
          () => storage.list(),
          StorageUnavailableError,
          "was lost",
        );
        assertEquals(error.transient, true);
      }
      isShifted = false;
    }
    const storage = one;
    assertEquals((await storage.list()).items, []);
  }
  await sql.end();
});

Deno.test("empty entries before the row of an answer are ignored", async () => {
  const sql = connect(await server.createDatabase(), { max: 3 });
  const client: PostgresClient = {
    async unsafe(text, ...rest) {
      const rows = await sql.unsafe(text, ...rest);
      const behind: object[] = [];
      rows.forEach((row, index) => behind[index + 1] = row);
      return behind;
    },
    listen: (...channel) => sql.listen(...channel),
  };
  {
    await using storage = await openStorage({ sql: client, notify: false });
    await storage.registerWorker({ id: "worker", host: "host" });
    await storage.persist([newTask()]);
    assertEquals((await storage.list()).items.length, 1);
  }
  await sql.end();
});
