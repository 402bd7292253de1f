// Faults of a file, a folder or a disk: each error has its class and names the file, and no write
// is stored in part.

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import {
  SchemaVersionError,
  StorageClosedError,
  StorageError,
  StorageFormatError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../../src/storage/errors.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { DenoSqliteStandIn } from "./deno_sqlite_stand_in.ts";
import { newTask } from "../../support/new_task.ts";
import { sqlFiles } from "../../../drivers/sqlite/sql.generated.ts";
import { countTasks, Scratch } from "./support.ts";

const libraries = {
  "node:sqlite": (path: string) => new DatabaseSync(path),
  "a stand-in for @db/sqlite": (path: string) => new DenoSqliteStandIn(path),
};

Deno.test("a file that is not a database is rejected, and stays unchanged", async () => {
  await using scratch = new Scratch();
  const text = "These are my notes, and no database at all.\n".repeat(100);
  await Deno.writeTextFile(scratch.path, text);
  const error = await assertRejects(() => scratch.open(), StorageFormatError, scratch.path);
  assert(error.cause instanceof Error);
  assertEquals(await Deno.readTextFile(scratch.path), text);
});

Deno.test("a folder that does not exist is named", async () => {
  await using scratch = new Scratch();
  const path = `${scratch.folder}/missing/tasks.db`;
  const error = await assertRejects(() => scratch.open({ path }), StorageError, path);
  assertStringIncludes(error.message, `no folder ${scratch.folder}/missing`);
});

Deno.test("a path that is a folder is refused", async () => {
  await using scratch = new Scratch();
  const error = await assertRejects(() => scratch.open({ path: scratch.folder }), StorageError);
  assertStringIncludes(error.message, "it is a folder");
});

Deno.test("a read-only connection is detected when the storage is opened", async () => {
  await using scratch = new Scratch();
  await (await scratch.open()).close();
  const database = new DatabaseSync(scratch.path, { readOnly: true });
  await assertRejects(() => scratch.open({ database }), StorageReadOnlyError, "cannot be written");
  database.close();
});

Deno.test("a schema that is newer than the code is refused, with both versions", async () => {
  await using scratch = new Scratch();
  await (await scratch.open()).close();
  const database = new DatabaseSync(scratch.path);
  database.exec("INSERT INTO evertask_migrations (version, applied_at_utc) VALUES (99, 0)");
  database.close();
  const error = await assertRejects(() => scratch.open(), SchemaVersionError, scratch.path);
  assertEquals([error.found, error.known], [99, Object.keys(sqlFiles).length]);
  assertStringIncludes(error.message, "version 99");
});

for (const [library, connect] of Object.entries(libraries)) {
  Deno.test(`a write to a full disk stores nothing, and succeeds when there is space (${library})`, async () => {
    await using scratch = new Scratch();
    const database = connect(scratch.path);
    const storage = await scratch.open({ database });
    await storage.persist([newTask()]);
    database.exec("PRAGMA max_page_count = 60");
    const many = Array.from({ length: 500 }, () => newTask({ payload: "x".repeat(1000) }));
    const error = await assertRejects(() => storage.persist(many), StorageFullError);
    assert(error.transient);
    assertEquals(await countTasks(storage), 1);
    database.exec("PRAGMA max_page_count = 100000");
    await storage.persist(many);
    assertEquals(await countTasks(storage), 501);
    await storage.close();
    database.close();
  });

  Deno.test(`a write to a file that another connection writes to is a transient error (${library})`, async () => {
    await using scratch = new Scratch();
    const database = connect(scratch.path);
    const storage = await scratch.open({ database });
    const other = new DatabaseSync(scratch.path);
    other.exec("BEGIN IMMEDIATE");
    const task = newTask();
    const error = await assertRejects(() => storage.persist([task]), StorageUnavailableError);
    assert(error.transient);
    assertStringIncludes(error.message, "locked by another connection");
    assertEquals(await storage.get(task.id), null);
    other.exec("ROLLBACK");
    other.close();
    assertEquals((await storage.persist([task]))[0]?.outcome, "created");
    await storage.close();
    database.close();
  });
}

Deno.test("a call waits for a lock no longer than busyTimeout", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ busyTimeout: 50 });
  const other = new DatabaseSync(scratch.path);
  other.exec("BEGIN IMMEDIATE");
  const start = performance.now();
  await assertRejects(() => storage.persist([newTask()]), StorageUnavailableError, scratch.path);
  const waited = performance.now() - start;
  assert(waited >= 45, `it gave up after ${waited} ms`);
  other.close();
});

Deno.test("exclusive keeps other connections out", async () => {
  await using scratch = new Scratch();
  await scratch.open({ exclusive: true });
  const clock = new FakeClock();
  const other = sqliteStorage({ path: scratch.path, clock, busyTimeout: 0 });
  const refused = assertRejects(() => other.open(), StorageUnavailableError, "exclusive");
  await clock.advance(11_000);
  await refused;
});

Deno.test("calls of a closed storage are refused", async () => {
  const storage = sqliteStorage(":memory:");
  await assertRejects(() => storage.persist([newTask()]), StorageClosedError, ":memory:");
  await storage.open();
  await storage.close();
  await storage.close();
  await assertRejects(() => storage.get(newTask().id), StorageClosedError);
});

Deno.test("a failed opening can be repeated", async () => {
  await using scratch = new Scratch();
  await Deno.mkdir(scratch.path);
  const storage = sqliteStorage(scratch.path);
  await assertRejects(() => storage.open(), StorageError);
  await Deno.remove(scratch.path);
  await storage.open();
  assertEquals(await countTasks(storage), 0);
  await storage.close();
});

Deno.test("the error about an invalid option names it", () => {
  const refused = (options: unknown, argument: string) => {
    const create = () => sqliteStorage(options as string);
    assertEquals(assertThrows(create, InvalidArgumentError).argument, argument);
  };
  refused({}, "options");
  refused({ path: "a.db", database: {} }, "options");
  refused("", "path");
  refused({ path: 1 }, "path");
  refused({ path: "a.db", synchronous: "sometimes" }, "synchronous");
  refused({ path: "a.db", busyTimeout: -1 }, "busyTimeout");
  refused({ path: "a.db", sync: "OFF" }, "options.sync");
  refused({ database: {} }, "database");
  refused({ database: "a.db" }, "database");
});
