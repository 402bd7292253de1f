// Causes each fault of a SQLite file and of the rows in a store, and tests that `evertask doctor`
// finds it.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { SqliteMaintenance } from "../../drivers/sqlite/maintenance.ts";
import { resolveOptions } from "../../drivers/sqlite/options.ts";
import { sqliteStorage, type Synchronous } from "../../drivers/sqlite/mod.ts";
import type { Finding } from "../../src/storage/maintenance.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { systemClock } from "../../src/time/clock.ts";
import { runCli, type Surroundings } from "./console.ts";

const folder = await Deno.makeTempDir({ prefix: "evertask-doctor-" });
async function doctor(file: string, around: Surroundings = {}): Promise<Finding[]> {
  const argv = ["doctor", "--json", "--storage", `sqlite:${file}`];
  const { code, out, err } = await runCli(argv, around);
  assertEquals(err, "");
  const findings = out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  assertEquals(code, findings.length === 0 ? 0 : 1);
  return findings;
}

/** Makes a file that is migrated. */
async function newFile(): Promise<string> {
  const file = `${folder}/${crypto.randomUUID()}.db`;
  await new SqliteMaintenance(resolveOptions(file)).migrate();
  return file;
}

/** Runs statements on a file. */
function change(file: string, statements: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(statements);
  } finally {
    database.close();
  }
}

/** Causes a fault in a file, and checks that the doctor finds this fault and no other. */
function finds(
  kind: string,
  what: string,
  breakIt: (file: string) => void | Promise<void>,
  around: Surroundings = {},
): void {
  Deno.test(`doctor finds: ${kind} (${what})`, async () => {
    const file = await newFile();
    await breakIt(file);
    const findings = await doctor(file, around);
    assertEquals(findings.map((finding) => finding.kind), [kind]);
    assertStringIncludes(findings[0]!.what, what);
    for (const text of [findings[0]!.why, findings[0]!.remedy]) assert(text.length > 10);
  });
}

Deno.test("doctor finds nothing in a new file, and reports a missing file", async () => {
  assertEquals(await doctor(await newFile()), []);
  const [missing] = await doctor(`${folder}/missing.db`);
  assertEquals(missing!.kind, "schemaMissing");
  const { out } = await runCli(["doctor", "--storage", `sqlite:${folder}/missing.db`]);
  assertEquals(
    out,
    `There is no file ${folder}/missing.db.\n  Why: Commands do not create it.\n` +
      "  Remedy: Check the path, or run: evertask migrate\n",
  );
});

Deno.test("doctor finds an older schema", async () => {
  const file = `${folder}/older.db`;
  await new SqliteMaintenance(resolveOptions(file)).migrate(4);
  assertEquals((await doctor(file)).map(({ kind }) => kind), ["schemaOlder"]);
});

finds("schemaNewer", "version 9999", (file) => {
  change(file, "INSERT INTO evertask_migrations (version, applied_at_utc) VALUES (9999, 0)");
});
finds("noWriteAheadLog", "The journal mode is delete", (file) => {
  change(file, "PRAGMA journal_mode = DELETE");
});

Deno.test("doctor finds a missing trigger, and its remedy restores it", async () => {
  const file = await newFile();
  change(file, "DROP TRIGGER task_series_added");
  const [finding, ...others] = await doctor(file);
  assertEquals([finding!.kind, others], ["missingTrigger", []]);
  change(file, finding!.remedy.replace("Run with sqlite3: ", ""));
  assertEquals(await doctor(file), []);
});

Deno.test("doctor finds a missing index, and its remedy restores it", async () => {
  const file = await newFile();
  const database = new DatabaseSync(file);
  const rows = database.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
  ).all();
  for (const { name } of rows) {
    database.exec(`DROP INDEX ${name}`);
    const [finding, ...others] = await doctor(file);
    // Statements that name the index fail.
    const unexpected = others.filter(({ kind }) => kind !== "unreadableStore");
    assertEquals([finding!.kind, unexpected], ["missingIndex", []]);
    assertStringIncludes(finding!.what, `${name}`);
    database.exec(finding!.remedy.replace("Run with sqlite3: ", ""));
  }
  database.close();
  assert(rows.length > 3);
  // The restored statements differ from the original ones in white space, which is no fault.
  assertEquals(await doctor(file), []);
});

finds("missingTable", "table failure_groups", (file) => {
  change(file, "DROP TABLE failure_groups");
});

Deno.test("doctor finds a file on a network drive", async () => {
  const maintenance = new SqliteMaintenance(resolveOptions(await newFile()), () => 0x6969);
  const [finding, ...others] = await maintenance.diagnose();
  assertEquals([finding!.kind, others], ["networkDrive", []]);
  assertStringIncludes(finding!.what, "NFS");
});

/** Runs a program, and reports whether it has succeeded. */
async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A folder that is mounted by FUSE, as by many programs for remote files; null if it cannot be. */
async function mount(): Promise<string | null> {
  const [origin, mounted] = [`${folder}/origin`, `${folder}/mounted`];
  for (const path of [origin, mounted]) await Deno.mkdir(path);
  return await succeeds("bindfs", origin, mounted) ? mounted : null;
}

const mounted = await mount();
Deno.test.afterAll(async () => {
  if (mounted !== null && !await succeeds("umount", mounted)) {
    await succeeds("fusermount3", "-u", mounted);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: `doctor finds a file on a mounted file system${mounted === null ? " (needs FUSE)" : ""}`,
  ignore: mounted === null,
  async fn() {
    const file = `${mounted}/app.db`;
    await new SqliteMaintenance(resolveOptions(file)).migrate();
    const [finding, ...others] = await doctor(file);
    assertEquals([finding!.kind, others], ["networkDrive", []]);
    assertStringIncludes(finding!.what, "of type FUSE");
  },
});

finds("clockSkew", "ahead of this machine's", () => {}, {
  clock: { ...systemClock, now: () => Date.now() - 60_000 },
});

const work = defineTask<null>({ type: "work", handle() {} });

/** Calls `act` with an instance on a file. */
async function withStore(
  file: string,
  act: (everTask: ReturnType<typeof createEverTask>) => Promise<unknown>,
): Promise<void> {
  const storage = sqliteStorage(file);
  await using everTask = createEverTask({ storage, tasks: [work], logger: silentLogger });
  await act(everTask);
}

/** Inserts the row of a worker. */
function addWorker(file: string, heartbeatAgoMs: number, serves: object): void {
  const database = new DatabaseSync(file);
  const at = Date.now() - heartbeatAgoMs;
  database.prepare(
    "INSERT INTO workers (id, host, started_at_utc, heartbeat_utc, serves) VALUES (?, 'web-1', ?, ?, ?)",
  ).run("01a204c3-9e85-76f3-a637-c068a230efde", at, at, JSON.stringify(serves));
  database.close();
}

const serves = { queues: [{ name: "default", parallelism: 4 }], types: ["other"] };

finds(
  "unservedQueue",
  "1 task is due in queue default",
  (file) => withStore(file, (everTask) => everTask.dispatch(work, null)),
);

finds("deadWorker", "It holds 1 task.", async (file) => {
  await withStore(file, (everTask) => everTask.dispatch(work, null));
  addWorker(file, 3_600_000, serves);
  change(
    file,
    `UPDATE queued_tasks SET status = 'InProgress', due_at_utc = NULL,
    worker_id = '01a204c3-9e85-76f3-a637-c068a230efde'`,
  );
});

finds("unknownType", "1 task of type work in queue default waits", async (file) => {
  await withStore(file, (everTask) => everTask.dispatch(work, null));
  addWorker(file, 0, serves);
});

finds("multipliedSeries", "3 series of type work", (file) =>
  withStore(file, async (everTask) => {
    for (let n = 0; n < 3; n++) await everTask.dispatch(work, null, { recurring: "0 9 * * *" });
    const options = { recurring: "0 9 * * *", taskKey: "one" };
    for (let n = 0; n < 3; n++) await everTask.dispatch(work, null, options);
  }));

/** Adds 24,000 status changes, of two days. */
function addHistory(file: string): void {
  const day = 86_400_000;
  change(
    file,
    `
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 23999)
    INSERT INTO status_audit (queued_task_id, sequence, updated_at_utc, new_status)
    SELECT '01a204c3-9e85-76f3-a637-c068a230efde', i, ${Date.now() - 2 * day} + i * ${
      2 * day
    } / 23999,
      'Queued' FROM n`,
  );
}

finds("auditGrowth", "StatusAudit grows by about 1", addHistory);

Deno.test("the growth of large tables is an estimate, and counted with --exact", async () => {
  const file = await newFile();
  addHistory(file);
  const growth = ["audit", "growth", "--storage", `sqlite:${file}`];
  const estimated = await runCli(growth);
  assertMatch(estimated.out, /StatusAudit\s+about \d\d,\d{3}\s+about \d\d,\d{3}\s/);
  assertMatch(estimated.out, /RunsAudit\s+0\s/);
  assertMatch((await runCli([...growth, "--exact"])).out, /StatusAudit\s+24,000\s+12,000\s/);
});

/** Opens a file with a setting: by the option, or on a connection of the application. */
function storagesWith(file: string, synchronous: Synchronous): Storage[] {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA synchronous = ${synchronous}`);
  return [sqliteStorage({ path: file, synchronous }), sqliteStorage({ database })];
}

for (const synchronous of ["off", "normal", "full", "extra"] as const) {
  const expected = synchronous === "off" ? ["synchronousOff"] : [];

  Deno.test(`doctor judges the connections of workers: synchronous = ${synchronous}`, async () => {
    const file = await newFile();
    for (const storage of storagesWith(file, synchronous)) {
      await storage.open();
      const process = {
        version: "1.2.3",
        applicationVersion: null,
        runtime: "Deno 2",
        pid: 7,
      };
      await storage.registerWorker({ id: "w", host: "web-1", serves, process });
      const found = await doctor(file);
      assertEquals(found.map(({ kind }) => kind), expected);
      for (const { what } of found) assertStringIncludes(what, "Worker w on web-1 works with");
      const [worker] = await storage.workers();
      assertEquals([worker!.serves, worker!.process], [serves, process]);
      await storage.unregisterWorker("w");
      await storage.close();
    }
  });

  Deno.test(`doctor judges the storage of the configuration: synchronous = ${synchronous}`, async () => {
    for (const storage of storagesWith(await newFile(), synchronous)) {
      const configured = { kind: "storage", storage, schema: undefined, tasks: [] } as const;
      const { code, out } = await runCli(["doctor", "--json"], { configured });
      const found = out.split("\n").filter(Boolean).map((line) => JSON.parse(line).kind);
      assertEquals([code, found], [expected.length, expected]);
    }
  });
}

Deno.test("a storage that the configuration has made is migrated by migrate alone", async () => {
  const file = `${folder}/configured.db`;
  await new SqliteMaintenance(resolveOptions(file)).migrate(4);
  const configured = () => {
    const storage = sqliteStorage(file);
    return { configured: { kind: "storage", storage, schema: undefined, tasks: [] } } as const;
  };
  const refused = await runCli(["status"], configured());
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.err, "The schema has version 4. These files are missing: 0005_");
  assertStringIncludes(refused.err, "Run: evertask migrate");
  assertEquals((await runCli(["migrate", "--dry-run"], configured())).code, 1);
  assertEquals((await runCli(["migrate"], configured())).code, 0);
  assertEquals((await runCli(["status"], configured())).code, 0);
});
