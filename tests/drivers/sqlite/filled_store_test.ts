// The migration of a store that version 0.1.0 has filled: it reads no tasks while it holds the write
// lock, begins again after its process was killed, and ends with the schema of a new file.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SqliteMaintenance } from "../../../drivers/sqlite/maintenance.ts";
import { resolveOptions } from "../../../drivers/sqlite/options.ts";
import type { NodeSqliteDatabase, SqliteConnection } from "../../../drivers/sqlite/mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { newTask, series } from "../../support/new_task.ts";
import { withOldNames } from "../../upgrade/every_state.ts";
import { storageOf } from "../../upgrade/versions.ts";
import { DenoSqliteStandIn } from "./deno_sqlite_stand_in.ts";
import { Scratch } from "./support.ts";

/** The number of ended tasks, which the migration reads in several slices. */
const count = 12_000;

/** Stores tasks with version 0.1.0, of which two are series, and returns the ids of the series. */
async function fill(path: string): Promise<string[]> {
  const old = storageOf("0.1.0", "sqlite", path);
  await old.open();
  const tasks = Array.from({ length: count }, () => newTask({ auditLevel: "None" }));
  const recurring = [newTask({ series: series() }), newTask({ series: series() })];
  tasks.splice(1, 0, recurring[0]!);
  await old.persist([...tasks, recurring[1]!].map(withOldNames));
  await old.close();
  return recurring.map(({ id }) => id);
}

/** Returns the ids of all series, oldest first. */
async function seriesOf(storage: Storage): Promise<string[]> {
  const { items } = await storage.list({ recurring: true }, { order: "oldest" });
  return items.map(({ id }) => id);
}

/** Node's types do not have the method yet. */
function setDefensive(database: NodeSqliteDatabase, active: boolean): void {
  database.enableDefensive!(active);
}

/** Wraps a database, and calls `onStatement` before each statement or script. */
function observed(
  database: DatabaseSync,
  onStatement: (sql: string) => void,
): NodeSqliteDatabase {
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => (onStatement(sql), statement.run(...values)),
        get: (...values) => (onStatement(sql), statement.get(...values)),
        all: (...values) => (onStatement(sql), statement.all(...values)),
      };
    },
    exec: (sql) => (onStatement(sql), database.exec(sql)),
    enableDefensive: (active) => setDefensive(database, active),
    close: () => database.close(),
    get isTransaction() {
      return database.isTransaction;
    },
  };
}

const readsSlice = /^SELECT id FROM queued_tasks WHERE rowid/;

/** The statements of migrations that read all tasks. */
const readsAll = /ALTER TABLE queued_tasks|INDEX \w+ ON queued_tasks|^INSERT .* FROM queued_tasks/m;

const connections: [name: string, open: (path: string) => SqliteConnection][] = [
  ["node:sqlite", (path) => new DatabaseSync(path)],
  ["node:sqlite in defensive mode", (path) => {
    const database = new DatabaseSync(path);
    setDefensive(database, true);
    return database;
  }],
  ["node:sqlite that cannot leave defensive mode", (path) => {
    const { enableDefensive: _, ...database } = observed(new DatabaseSync(path), () => {});
    return database;
  }],
  ["@db/sqlite", (path) => new DenoSqliteStandIn(path)],
];

for (const [name, open] of connections) {
  Deno.test(`${name}: a filled store gets the schema of a new file, and its series are found`, async () => {
    await using scratch = new Scratch();
    const ids = await fill(scratch.path);
    const storage = await scratch.open({ database: open(scratch.path) });
    assertEquals(await seriesOf(storage), ids);
    await storage.persist([newTask({ tags: ["tagged"], series: series() })]);
    assertEquals((await seriesOf(storage)).length, 3);
    assertEquals((await storage.list({ tags: ["tagged"] })).items.length, 1);
    const maintenance = new SqliteMaintenance(resolveOptions(scratch.path));
    assertEquals(await maintenance.diagnose(), []);
    const database = new DatabaseSync(scratch.path);
    assertEquals({ ...database.prepare("PRAGMA integrity_check").get() }, {
      integrity_check: "ok",
    });
    database.close();
  });
}

Deno.test("the migration reads no tasks in a transaction, and stays in defensive mode", async () => {
  await using scratch = new Scratch();
  await fill(scratch.path);
  const database = new DatabaseSync(scratch.path);
  setDefensive(database, true);
  let slices = 0;
  const long: string[] = [];
  const watching = observed(database, (sql) => {
    if (readsSlice.test(sql)) slices++;
    else if (readsAll.test(sql)) long.push(sql);
    if (readsSlice.test(sql) && database.isTransaction) long.push(sql);
  });
  await scratch.open({ database: watching });
  assertEquals([slices, long], [3, []]);
  const write = () =>
    database.exec("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE 0");
  let refused = "";
  try {
    write();
  } catch (error) {
    refused = String(error);
  }
  assert(refused.includes("may not be modified"), refused);
});

/** Makes the first task a series, as a dispatch with its key does. */
const makeFirstRecurring = `
  UPDATE queued_tasks SET (recurring_task, recurring_info, anchor_utc) = (
    SELECT recurring_task, recurring_info, anchor_utc FROM queued_tasks WHERE recurring_task IS NOT NULL
  ) WHERE rowid = 1`;

Deno.test("old versions dispatch tasks and series while a migration reads their tasks", async () => {
  await using scratch = new Scratch();
  const ids = await fill(scratch.path);
  const old = storageOf("0.1.0", "sqlite", scratch.path);
  await old.open();
  using other = new DatabaseSync(scratch.path);
  ids.push(String(other.prepare("SELECT id FROM queued_tasks WHERE rowid = 1").get()!.id));
  const writes: Promise<unknown>[] = [];
  const database = observed(new DatabaseSync(scratch.path), (sql) => {
    if (!readsSlice.test(sql)) return;
    if (writes.length === 1) other.exec(makeFirstRecurring); // the first slice has been read
    const [task, recurring] = [newTask(), newTask({ series: series() })];
    ids.push(recurring.id);
    writes.push(old.persist([task, recurring].map(withOldNames)));
  });
  const storage = await scratch.open({ database });
  await Promise.all(writes);
  assertEquals(writes.length, 3);
  assertEquals(await seriesOf(storage), ids.sort());
  await old.close();
});

Deno.test("a migration whose process was killed begins again", async () => {
  await using scratch = new Scratch();
  const ids = await fill(scratch.path);
  let slices = 0;
  const database = new DatabaseSync(scratch.path);
  const killed = observed(database, (sql) => {
    if (readsSlice.test(sql) && ++slices === 2) throw new Error("killed");
  });
  let error: unknown;
  await scratch.open({ database: killed }).catch((thrown) => error = thrown);
  assert(String(error).includes("killed"), String(error));
  database.close();

  const old = storageOf("0.1.0", "sqlite", scratch.path);
  await old.open();
  const late = newTask({ series: series() });
  await old.persist([withOldNames(late)]);
  await old.close();
  assertEquals(await seriesOf(await scratch.open()), [...ids, late.id]);
});

Deno.test("a store of a version with an index of series keeps its series, and loses the index", async () => {
  await using scratch = new Scratch();
  const ids = await fill(scratch.path);
  const database = new DatabaseSync(scratch.path);
  database.exec(
    `CREATE INDEX queued_tasks_series ON queued_tasks (id) WHERE recurring_task IS NOT NULL;
    CREATE TABLE returned_rate_slots (key TEXT NOT NULL, slot_at_utc INTEGER NOT NULL,
      PRIMARY KEY (key, slot_at_utc)) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO evertask_migrations (version, applied_at_utc) VALUES (2, 0), (3, 0)`,
  );
  database.close();
  assertEquals(await seriesOf(await scratch.open()), ids);
  using found = new DatabaseSync(scratch.path);
  const index = "SELECT 1 FROM sqlite_schema WHERE name = 'queued_tasks_series'";
  assertEquals(found.prepare(index).get(), undefined);
});
