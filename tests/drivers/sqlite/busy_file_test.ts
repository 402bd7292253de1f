// A file that another connection writes to for a while: calls wait for it, and the event loop keeps
// running.

import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { NodeSqliteDatabase, SqliteValue } from "../../../drivers/sqlite/mod.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { newTask } from "../../support/new_task.ts";
import { countTasks, Scratch } from "./support.ts";

Deno.test("calls wait for a busy file without blocking the event loop, and succeed when it is free", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ busyTimeout: 60_000 });
  const other = new DatabaseSync(scratch.path);
  other.exec("BEGIN IMMEDIATE");
  const tasks = Array.from({ length: 20 }, () => newTask());
  const stored = Promise.all(tasks.map((task) => storage.persist([task])));
  // Other processes of a loaded machine may take the time of most attempts.
  let turns = 0;
  for (let attempt = 0; turns <= 4 && attempt < 400; attempt++) turns = await turnsWithin(100);
  other.exec("ROLLBACK");
  other.close();
  await stored;
  assertLess(4, turns);
  assertEquals(await countTasks(storage), tasks.length);
});

Deno.test("a call that waits leaves the application's own timeout for locks unchanged", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(scratch.path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5");
  const storage = await scratch.open({ database, busyTimeout: 60_000 });
  const other = new DatabaseSync(scratch.path);
  other.exec("BEGIN IMMEDIATE");
  const stored = storage.persist([newTask()]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  other.exec("ROLLBACK");
  other.close();
  await stored;
  assertEquals({ ...database.prepare("PRAGMA busy_timeout").get() }, { timeout: 5 });
  await storage.close();
  database.close();
});

Deno.test("a call is not retried once its transaction has begun", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(scratch.path);
  const run: string[] = [];
  let commits = false;
  const flawed: NodeSqliteDatabase = {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        get: (...values: SqliteValue[]) => statement.get(...values),
        all: (...values: SqliteValue[]) => statement.all(...values),
        run(...values: SqliteValue[]) {
          run.push(sql);
          if (sql === "COMMIT" && !commits) throw new Error("database is locked");
          return statement.run(...values);
        },
      };
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    get isTransaction() {
      return database.isTransaction;
    },
  };
  commits = true;
  const storage = await scratch.open({ database: flawed, busyTimeout: 500 });
  commits = false;
  run.length = 0;
  await assertRejects(() => storage.persist([newTask()]), StorageUnavailableError, "is locked");
  assertEquals(run.filter((sql) => sql.startsWith("BEGIN")).length, 1);
  assertEquals(run.at(-1), "ROLLBACK");
  assertEquals(await countTasks(storage), 0);
  await storage.close();
  database.close();
});

/** Counts the turns of the event loop within a time. */
async function turnsWithin(ms: number): Promise<number> {
  const start = performance.now();
  let turns = 0;
  for (; performance.now() - start < ms; turns++) await new Promise((turn) => setTimeout(turn, 0));
  return turns;
}
