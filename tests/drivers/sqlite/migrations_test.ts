// The schema is created once: by one of several processes, or by hand.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { sqlFiles } from "../../../drivers/sqlite/sql.generated.ts";
import { SchemaVersionError, StorageError } from "../../../src/storage/errors.ts";
import { runCommand } from "../../support/run_command.ts";
import { newTask } from "../../support/new_task.ts";
import { countTasks, Scratch } from "./support.ts";

const worker = new URL("claiming_process.ts", import.meta.url).pathname;

const files = Object.values(sqlFiles);

Deno.test("many processes that open a new file at once make one schema", async () => {
  await using scratch = new Scratch();
  const runs = Array.from(
    { length: 6 },
    () => runCommand(Deno.execPath(), ["run", "-A", worker, scratch.path, "only-open"]),
  );
  await Promise.all(runs);
  const database = new DatabaseSync(scratch.path);
  const versions = database.prepare("SELECT version FROM evertask_migrations").all();
  assertEquals(versions.map((row) => row.version), Array.from(files, (_, index) => index + 1));
  database.close();
});

Deno.test("with migrate off, a missing schema is rejected, and one that was created by hand is used", async () => {
  await using scratch = new Scratch();
  const open = () => scratch.open({ migrate: false });
  const error = await assertRejects(open, SchemaVersionError, "`migrate` is off");
  assertEquals([error.found, error.known], [0, files.length]);

  const database = new DatabaseSync(scratch.path);
  for (const script of files) database.exec(script);
  database.close();
  const storage = await open();
  await storage.persist([newTask()]);
  assertEquals(await countTasks(storage), 1);
});

Deno.test("a file of an older version is migrated, and keeps its tasks", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(scratch.path);
  database.exec(sqlFiles["0001_schema.sql"]);
  database.exec("INSERT INTO rate_limits VALUES ('busy', 8e15, 8e15)");
  database.close();
  const storage = await scratch.open();
  await storage.persist([newTask()]);
  await storage.returnRateSlots([{ key: "busy", slotAt: 7e15 }]);
  assertEquals(await countTasks(storage), 1);
});

Deno.test("a failed migration leaves nothing behind, and its error names the obstacle", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(scratch.path);
  database.exec("CREATE TABLE workers (name TEXT)");
  const error = await assertRejects(() => scratch.open(), StorageError, "holds the table workers");
  assertStringIncludes(error.message, `${scratch.path} holds`);
  assertStringIncludes(error.message, "Rename it");
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  assertEquals(tables.map((row) => row.name), ["workers"]);
  database.close();
});

Deno.test("the application's own tables and user_version stay unchanged", async () => {
  await using scratch = new Scratch();
  const database = new DatabaseSync(scratch.path);
  database.exec("PRAGMA user_version = 7; CREATE TABLE orders (id INTEGER PRIMARY KEY)");
  await scratch.open();
  assertEquals(database.prepare("PRAGMA user_version").get()?.user_version, 7);
  database.exec("INSERT INTO orders DEFAULT VALUES");
  database.close();
});
