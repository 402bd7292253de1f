// The caller's own transaction: its tasks exist only if it commits.

import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import type { WakeSignal } from "../../../src/storage/requests.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { DenoSqliteStandIn } from "./deno_sqlite_stand_in.ts";
import { newTask } from "../../support/new_task.ts";
import { countTasks, Scratch } from "./support.ts";

const libraries = {
  "node:sqlite": (path: string) => new DatabaseSync(path),
  "a stand-in for @db/sqlite": (path: string) => new DenoSqliteStandIn(path),
};

for (const [library, connect] of Object.entries(libraries)) {
  Deno.test(`a task stored on another connection exists only if its transaction commits (${library})`, async () => {
    await using scratch = new Scratch();
    const storage = await scratch.open();
    const connection = connect(scratch.path);
    connection.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    for (const end of ["ROLLBACK", "COMMIT"]) {
      const task = newTask();
      connection.exec("BEGIN IMMEDIATE; INSERT INTO orders DEFAULT VALUES");
      await storage.persist([task], { connection });
      assertEquals(await storage.get(task.id), null);
      connection.exec(end);
      assertEquals((await storage.get(task.id))?.id, end === "COMMIT" ? task.id : undefined);
    }
    connection.close();
  });

  Deno.test(`a task joins a transaction on the connection that the storage uses (${library})`, async () => {
    await using scratch = new Scratch();
    const database = connect(scratch.path);
    const storage = await scratch.open({ database });
    for (const [end, tasks] of [["ROLLBACK", 0], ["COMMIT", 1]] as const) {
      database.exec("BEGIN");
      await storage.persist([newTask()], { connection: database });
      database.exec(end);
      assertEquals(await countTasks(storage), tasks);
    }
    await storage.close();
    database.close();
  });

  Deno.test(`a failed write in the caller's transaction undoes only itself (${library})`, async () => {
    await using scratch = new Scratch();
    const database = connect(scratch.path);
    const storage = await scratch.open({ database });
    database.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    database.exec("BEGIN; INSERT INTO orders DEFAULT VALUES");
    const wrong = { ...newTask(), priority: "high" as unknown as number };
    await assertRejects(() =>
      storage.persist([newTask({ taskKey: "a" }), wrong], { connection: database })
    );
    database.exec("COMMIT");
    assertEquals(await countTasks(storage), 0);
    const orders = database.prepare("SELECT id FROM orders").all();
    assertEquals(orders.map((row) => ({ ...row })), [{ id: 1 }]);
    await storage.close();
    database.close();
  });
}

Deno.test("the storage's own writes do not join an open transaction of the application", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(scratch.path);
  const storage = await scratch.open({ database });
  database.exec("BEGIN");
  const register = () => storage.registerWorker({ id: newTask().id, host: "here" });
  const error = await assertRejects(register, StorageUnavailableError, "a transaction open");
  assertEquals(error.transient, true);
  database.exec("ROLLBACK");
  await register();
  assertEquals((await storage.workers()).length, 1);
  await storage.close();
  database.close();
});

Deno.test("without an open transaction a write on the caller's connection is committed at once", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  const connection = new DatabaseSync(scratch.path);
  await storage.persist([newTask(), newTask()], { connection });
  assertEquals(connection.isTransaction, false);
  assertEquals(await countTasks(storage), 2);
  connection.close();
});

Deno.test("a connection to another database is refused", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open();
  for (const path of [`${scratch.folder}/other.db`, ":memory:"]) {
    const connection = new DatabaseSync(path);
    await assertRejects(
      () => storage.persist([newTask()], { connection }),
      InvalidArgumentError,
      "the storage's own database",
    );
    connection.close();
  }
  await assertRejects(
    () => storage.persist([newTask()], { connection: "a string" }),
    InvalidArgumentError,
    "connection",
  );
});

Deno.test("a worker is notified when the caller's transaction ends, even on the storage's own connection", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const database = new DatabaseSync(":memory:");
  const storage = await scratch.open({ database, exclusive: true, clock });
  const signals: WakeSignal[] = [];
  const end = storage.onWake((signal) => signals.push(signal));
  assertEquals(clock.timerCount, 0);
  database.exec("BEGIN");
  await storage.persist([newTask()], { connection: database });
  await clock.advance(5000);
  assertEquals(signals, []);
  database.exec("COMMIT");
  await clock.advance(20);
  assertEquals(signals, [{ kind: "tasks" }]);
  assertEquals(clock.timerCount, 0);
  end();
  await storage.close();
  database.close();
});

for (const [library, connect] of Object.entries(libraries)) {
  Deno.test(`a worker is notified of a commit even if the connection is closed at once (${library})`, async () => {
    await using scratch = new Scratch();
    const clock = new FakeClock();
    const storage = await scratch.open({ clock });
    const signals: WakeSignal[] = [];
    const end = storage.onWake((signal) => signals.push(signal));
    const connection = connect(scratch.path);
    connection.exec("BEGIN IMMEDIATE");
    await storage.persist([newTask()], { connection });
    connection.exec("COMMIT");
    connection.close();
    await clock.advance(20);
    assertEquals(signals, [{ kind: "tasks" }]);
    end();
  });
}

Deno.test("databases in memory are independent", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ path: ":memory:" });
  const connection = new DatabaseSync(":memory:");
  await assertRejects(
    () => storage.persist([newTask()], { connection }),
    InvalidArgumentError,
    "another database in memory",
  );
  connection.close();
});
