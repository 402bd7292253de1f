// The first process or psql creates the schema, once. Later processes check its version, and reject
// a newer one.

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { knownVersion, migrationFiles, versionOf } from "../../../drivers/postgres/script.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import {
  SchemaVersionError,
  StorageError,
  StorageUnavailableError,
} from "../../../src/storage/errors.ts";
import { startPostgres } from "../../support/pg_server.ts";
import type postgres from "postgres";
import { newTask } from "../../support/new_task.ts";
import { withOldNames } from "../../upgrade/every_state.ts";
import { storageOf } from "../../upgrade/versions.ts";
import { describe } from "./catalog.ts";
import { connect, openStorage, scripts } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

Deno.test("eight processes that start together create the schema once", async () => {
  const url = await server.createDatabase();
  const storages = Array.from({ length: 8 }, () => postgresStorage(url));
  await Promise.all(storages.map((storage) => storage.open()));
  await storages[0]!.persist([newTask()]);
  assertEquals((await storages[7]!.list()).items.length, 1);
  await Promise.all(storages.map((storage) => storage.close()));
  await using sql = connect(url);
  const versions = await sql`SELECT version FROM evertask.schema_migrations ORDER BY version`;
  assertEquals(
    versions.map(({ version }) => version),
    migrationFiles.map(versionOf),
  );
});

Deno.test("the files create the same schema when a client like psql runs them unchanged", async () => {
  const byDriver = await server.createDatabase();
  await (await openStorage({ url: byDriver })).close();
  const byHand = await server.createDatabase();
  {
    await using sql = connect(byHand);
    for (const script of scripts) await sql.unsafe(script).simple();
  }
  assertEquals(await describe(byHand, "evertask"), await describe(byDriver, "evertask"));
  await (await openStorage({ url: byHand, migrate: false })).close();
});

Deno.test("the setting evertask.schema names another schema for the files, as the option does for the driver", async () => {
  const url = await server.createDatabase();
  {
    await using sql = connect(url, { connection: { options: "-c evertask.schema=jobs" } });
    for (const script of scripts) await sql.unsafe(script).simple();
  }
  await using storage = await openStorage({ url, schema: "jobs", migrate: false });
  await storage.persist([newTask()]);
  await using other = await openStorage({ url, schema: "more_jobs" });
  assertEquals((await storage.list()).items.length, 1);
  assertEquals((await other.list()).items.length, 0, "two schemas do not see each other's tasks");
  assertEquals(await describe(url, "evertask"), [], "and nothing went to the default schema");
});

Deno.test("a file that is run twice changes nothing", async () => {
  const url = await server.createDatabase();
  await (await openStorage({ url })).close();
  const before = await describe(url, "evertask");
  await using sql = connect(url);
  for (const script of scripts.slice(0, -1)) {
    await assertRejects(() => sql.unsafe(script).simple());
    await sql.unsafe("ROLLBACK").simple();
  }
  await sql.unsafe(scripts.at(-1)!).simple(); // functions.sql may be run again
  assertEquals(await describe(url, "evertask"), before);
});

Deno.test("with migrate off, an empty database is rejected, and the error names the files to run", async () => {
  const url = await server.createDatabase();
  const error = await assertRejects(
    () => postgresStorage({ url, migrate: false, schema: "jobs" }).open(),
    SchemaVersionError,
  );
  assertEquals([error.found, error.known], [0, knownVersion]);
  assertMatch(error.message, /evertask\.schema=jobs.* psql .*0001_tables\.sql/);
  assertEquals(await describe(url, "jobs"), [], "nothing was created");
});

Deno.test("with migrate off, an older schema is rejected; with migrate on it is updated", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url);
  for (const script of scripts.slice(0, 2)) await sql.unsafe(script).simple();
  const error = await assertRejects(
    () => postgresStorage({ url, migrate: false }).open(),
    SchemaVersionError,
    "0003_",
  );
  assertEquals([error.found, error.known], [2, knownVersion]);
  await (await openStorage({ url })).close();
  await (await openStorage({ url, migrate: false })).close();
});

Deno.test("a newer schema is rejected", async () => {
  const url = await server.createDatabase();
  await (await openStorage({ url })).close();
  await using sql = connect(url);
  await sql`INSERT INTO evertask.schema_migrations (version, name) VALUES (${
    knownVersion + 3
  }, 'future')`;
  const error = await assertRejects(() => postgresStorage(url).open(), SchemaVersionError, "newer");
  assertEquals([error.found, error.known], [knownVersion + 3, knownVersion]);
});

Deno.test("a migration that fails leaves nothing behind, and the next open migrates", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url);
  await sql.unsafe("CREATE SCHEMA evertask; CREATE TABLE evertask.runs_audit (id int)").simple();
  await assertRejects(() => postgresStorage(url).open(), Error, "runs_audit");
  assertEquals((await describe(url)).filter((item) => item.startsWith("column")).length, 1);
  await sql`DROP TABLE evertask.runs_audit`;
  await (await openStorage({ url })).close();
});

/** Waits until a statement waits for a lock that another transaction holds. */
async function untilOneWaits(sql: postgres.Sql): Promise<void> {
  const waiting = () => sql`SELECT FROM pg_locks WHERE NOT granted`;
  while ((await waiting()).length === 0);
}

Deno.test("the old version dispatches while a migration from 0.1.0 waits for a long transaction", async () => {
  const url = await server.createDatabase();
  const old = storageOf("0.1.0", "postgres", url);
  await old.open();
  await using sql = connect(url, { max: 2 });
  const storage = postgresStorage(url);
  let opening: Promise<unknown> | undefined;
  await sql.begin(async (transaction) => {
    await transaction`UPDATE evertask.queued_tasks SET type = type`;
    opening = storage.open();
    await untilOneWaits(sql);
    await old.persist([newTask(), newTask()].map(withOldNames));
  });
  await opening;
  assertEquals((await storage.list()).items.length, 2);
  await old.close();
  await storage.close();
});

Deno.test("tasks are read while a migration waits for a long transaction", async () => {
  const url = await server.createDatabase();
  await using maintenance = await postgresStorage(url).maintenance!.open();
  await maintenance.migrate(15);
  await using sql = connect(url, { max: 2, connection: { statement_timeout: 20_000 } });
  const storage = postgresStorage(url);
  let opening: Promise<unknown> | undefined;
  await sql.begin(async (transaction) => {
    await transaction`LOCK TABLE evertask.queued_tasks IN ACCESS SHARE MODE`;
    opening = storage.open();
    await untilOneWaits(sql);
    await sql`SELECT count(*) FROM evertask.queued_tasks`;
  });
  await opening;
  await storage.close();
});

Deno.test("an index of series whose build was cancelled is built again", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url, { max: 2 });
  const old = storageOf("0.1.0", "postgres", url);
  await old.open();
  const build =
    "CREATE INDEX CONCURRENTLY queued_tasks_series ON evertask.queued_tasks (id) WHERE is_recurring";
  await sql.begin(async (transaction) => {
    await transaction`UPDATE evertask.queued_tasks SET type = type`;
    await using other = connect(url, { connection: { statement_timeout: 200 } });
    await assertRejects(() => other.unsafe(build), Error, "statement timeout");
  });
  await (await openStorage({ url })).close();
  const [index] = await sql`SELECT indisvalid FROM pg_index
    WHERE indexrelid = 'evertask.queued_tasks_series'::regclass`;
  assertEquals(index?.indisvalid, true);
  await old.close();
});

Deno.test("a connection that is lost during the migration leaves nothing behind, and the next open migrates", async () => {
  const url = await server.createDatabase();
  await using other = connect(url, { max: 2 });
  const storage = postgresStorage(url);
  await other.begin(async (transaction) => {
    // Takes the lock of a process that creates the schema.
    await transaction`SELECT pg_advisory_xact_lock(hashtextextended('EverTask migrations in evertask', 0))`;
    const lost = assertRejects(() => storage.open(), StorageUnavailableError);
    const end = () =>
      other`
        SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database AS d ON d.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`;
    while ((await end()).length === 0);
    await lost;
  });
  assertEquals(await describe(url, "evertask"), []);
  await storage.open();
  await storage.close();
});

for (const encoding of ["LATIN1", "SQL_ASCII", "WIN1252"]) {
  Deno.test(`a database in ${encoding} is refused, with the remedy, and stays empty`, async () => {
    await using admin = connect(server.url);
    const name = `evertask_${encoding.toLowerCase()}_${crypto.randomUUID().slice(0, 8)}`;
    const locale = "LC_COLLATE 'C' LC_CTYPE 'C'";
    await admin.unsafe(
      `CREATE DATABASE "${name}" TEMPLATE template0 ENCODING '${encoding}' ${locale}`,
    );
    const url = new URL(server.url);
    url.pathname = name;
    await assertRejects(() => postgresStorage(url.href).open(), StorageError, "ENCODING 'UTF8'");
    assertEquals(await describe(url.href, "evertask"), []);
    await admin.unsafe(`DROP DATABASE "${name}" WITH (FORCE)`);
  });
}

Deno.test("events that were relayed are vacuumed before 1000 rows or chunks are dead", async () => {
  const url = await server.createDatabase();
  await using _ = await openStorage({ url });
  await using sql = connect(url);
  const options = await sql<{ options: string[] }[]>`
    SELECT c.reloptions AS options FROM pg_class AS c JOIN pg_class AS e
      ON e.oid = 'evertask.relayed_events'::regclass AND c.oid IN (e.oid, e.reltoastrelid)`;
  const thresholds = options.map(({ options }) =>
    Number(
      options.find((option) => option.startsWith("autovacuum_vacuum_threshold"))!.split("=")[1],
    )
  );
  assertEquals(thresholds, [500, 500]);
});

Deno.test("invalid options are rejected before anything is connected", () => {
  const url = "postgres://localhost/x";
  for (
    const schema of ["", "Jobs", "pg_jobs", "1st", 'a"; DROP TABLE x; --', "a.b", "x".repeat(64)]
  ) {
    assertThrows(() => postgresStorage({ url, schema }), InvalidArgumentError, "schema");
  }
  assertThrows(() => postgresStorage({}), InvalidArgumentError, "url");
  const error = assertThrows(
    () => postgresStorage("mysql://me:secret@localhost/x"),
    InvalidArgumentError,
    "postgres://",
  );
  assertEquals(error.message.includes("secret"), false, "passwords are not shown");
  for (const maxConnections of [0, 1.5, 10_001, 2 ** 31, 2 ** 53, 1e300]) {
    assertThrows(() => postgresStorage({ url, maxConnections }), InvalidArgumentError, "10000");
  }
  const misspelt: object = { url: "postgres://me:secret@localhost/x", scheme: "jobs" };
  const told = assertThrows(() => postgresStorage(misspelt), InvalidArgumentError, "scheme");
  assertEquals(told.message.includes("secret"), false);
});
