// Tests `evertask migrate` on real databases, and its scripts with psql and sqlite3.

import { assertEquals, assertGreater, assertMatch, assertStringIncludes } from "@std/assert";
import { SqliteMaintenance } from "../../drivers/sqlite/maintenance.ts";
import { resolveOptions } from "../../drivers/sqlite/options.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { knownVersion } from "../../drivers/postgres/script.ts";
import { knownVersion as knownInSqlite } from "../../drivers/sqlite/migrations.ts";
import { DatabaseSync } from "node:sqlite";
import { describe } from "../drivers/postgres/catalog.ts";
import { connect } from "../drivers/postgres/support.ts";
import type { MigrationPlan } from "../../src/storage/maintenance.ts";
import { newTask } from "../support/new_task.ts";
import { startPostgres } from "../support/pg_server.ts";
import { withOldNames } from "../upgrade/every_state.ts";
import { storageOf } from "../upgrade/versions.ts";
import { runCli } from "./console.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Runs a program with an input, and returns its exit code; null if it is not installed. */
async function runClient(program: string, args: string[], input: string): Promise<number | null> {
  try {
    const child = new Deno.Command(program, { args, stdin: "piped", stdout: "null" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    return (await child.status).code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const hasPsql = await runClient("psql", ["--version"], "") === 0;
const hasSqlite3 = await runClient("sqlite3", ["--version"], "") === 0;

Deno.test("a dry run says what is missing, and changes nothing", async () => {
  const storage = await server.createDatabase();
  const dry = await runCli(["migrate", "--dry-run", "--storage", storage]);
  assertEquals([dry.code, dry.err], [1, ""]);
  assertStringIncludes(dry.out, "There is no schema yet.");
  assertStringIncludes(dry.out, "0001_tables.sql  ");
  assertMatch(dry.out, /This takes about \d+ ms\.\n$/);
  assertEquals(await describe(storage), []);
  const { code, out } = await runCli(["migrate", "--storage", storage]);
  assertEquals(code, 0);
  assertStringIncludes(out, `The schema has version ${knownVersion} now:`);
  const again = await runCli(["migrate", "--dry-run", "--storage", storage, "--json"]);
  assertEquals([again.code, JSON.parse(again.out).steps], [0, []]);
});

Deno.test("a dry run estimates the duration by the size of the tables that it reads", async () => {
  const folder = await Deno.makeTempDir({ prefix: "evertask-migrate-" });
  const path = `${folder}/tasks.db`;
  const old = storageOf("0.1.0", "sqlite", path);
  await old.open();
  const estimate = async () => {
    const { out } = await runCli(["migrate", "--dry-run", "--json", "--storage", `sqlite:${path}`]);
    const { steps } = JSON.parse(out) as MigrationPlan;
    return steps.reduce((sum, { estimatedMs }) => sum + estimatedMs!, 0);
  };
  const before = await estimate();
  await old.persist([withOldNames(newTask({ payload: JSON.stringify("x".repeat(20_000_000)) }))]);
  await old.close();
  assertGreater(await estimate(), before + 50);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("of several migrations at the same time, only one applies steps", async () => {
  const storage = await server.createDatabase();
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => runCli(["migrate", "--storage", storage, "--json"])),
  );
  assertEquals(runs.map(({ code, err }) => [code, err]), runs.map(() => [0, ""]));
  const applied = runs.map(({ out }) => JSON.parse(out).steps.length);
  assertEquals(applied.filter((steps) => steps > 0).length, 1);
});

Deno.test({
  name: "psql runs the script of --sql, for a new schema and for an older one",
  ignore: !hasPsql,
  async fn() {
    for (const [schema, to] of [["evertask", null], ["jobs", "14"]] as const) {
      const migrated = await server.createDatabase();
      const byPsql = await server.createDatabase();
      await runCli(["migrate", "--storage", migrated, "--schema", schema]);
      const target = ["--storage", byPsql, "--schema", schema];
      if (to !== null) assertEquals((await runCli(["migrate", ...target, "--to", to])).code, 0);
      const script = await runCli(["migrate", ...target, "--sql"]);
      assertEquals([script.code, script.err], [0, ""]);
      assertEquals(await runClient("psql", ["-q", "-X", byPsql], script.out), 0);
      assertEquals(await describe(byPsql, schema), await describe(migrated, schema));
      const left = await runCli(["migrate", ...target, "--dry-run"]);
      const said = `The schema has version ${knownVersion}. Nothing is missing.\n`;
      assertEquals([left.code, left.out], [0, said]);
    }
  },
});

Deno.test("a newer schema is left as it is", async () => {
  const storage = await server.createDatabase();
  await runCli(["migrate", "--storage", storage]);
  {
    await using sql = connect(storage);
    await sql`INSERT INTO evertask.schema_migrations (version, name) VALUES (9999, 'later')`;
  }
  const before = await describe(storage);
  for (const option of [[], ["--dry-run"], ["--sql"], ["--to", "3"]]) {
    const { code, out, err } = await runCli(["migrate", "--storage", storage, ...option]);
    assertEquals([code, out], [1, ""]);
    assertMatch(err, /version 9999 .* newer version of EverTask/);
  }
  assertEquals(await describe(storage), before);
});

Deno.test("a migration to an older or an unknown version is refused", async () => {
  const storage = await server.createDatabase();
  await runCli(["migrate", "--storage", storage]);
  const back = await runCli(["migrate", "--storage", storage, "--to", "3"]);
  assertEquals(back.code, 1);
  assertStringIncludes(back.err, "there is no way back to version 3");
  const beyond = await runCli(["migrate", "--storage", storage, "--to", "9999"]);
  assertStringIncludes(beyond.err, "There is no version 9999 of the schema");
});

Deno.test("an owner migrates, and the application needs only the rights that the help names", async () => {
  const admin = await server.createDatabase();
  const suffix = crypto.randomUUID().slice(0, 8);
  const [owner, user] = [`owner_${suffix}`, `user_${suffix}`];
  const urlOf = (role: string) => {
    const url = new URL(admin);
    [url.username, url.password] = [role, "secret"];
    return url.href;
  };
  await using sql = connect(admin);
  const database = new URL(admin).pathname.slice(1);
  for (const role of [owner, user]) await sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD 'secret'`;
  try {
    const refused = await runCli(["migrate", "--storage", urlOf(owner)]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.err, `GRANT CREATE ON DATABASE ${database} TO ${owner}`);
    assertEquals(refused.err.includes("secret"), false);
    await sql`GRANT CREATE ON DATABASE ${sql(database)} TO ${sql(owner)}`;
    assertEquals((await runCli(["migrate", "--storage", urlOf(owner)])).code, 0);

    const [grants] = (await runCli(["migrate", "--help"])).out.match(/needs USAGE.*?tables\./s)!;
    assertEquals(
      grants.replaceAll(/\s+/g, " "),
      "needs USAGE on the schema, EXECUTE on its functions, and SELECT, INSERT, UPDATE and " +
        "DELETE on its tables.",
    );
    await sql`GRANT USAGE ON SCHEMA evertask TO ${sql(user)}`;
    await sql`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA evertask TO ${sql(user)}`;
    await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA evertask TO ${
      sql(user)
    }`;
    const storage = postgresStorage({ url: urlOf(user), migrate: false });
    await storage.open();
    await storage.persist([newTask()]);
    await storage.close();
    const { code, out } = await runCli(["tasks", "count", "--storage", urlOf(user)]);
    assertEquals([code, out], [0, "1\n"]);
    assertEquals((await runCli(["migrate", "--storage", urlOf(user)])).code, 0, "nothing to do");
  } finally {
    for (const role of [user, owner]) {
      await sql`DROP OWNED BY ${sql(role)} CASCADE`;
      await sql`DROP ROLE ${sql(role)}`;
    }
  }
});

Deno.test("a command on an older schema says how to migrate it", async () => {
  const storage = await server.createDatabase();
  const { code, err } = await runCli(["status", "--storage", storage]);
  assertEquals(code, 1);
  assertStringIncludes(err, "Run: evertask migrate");
});

Deno.test("SQLite: a dry run creates no file, and a file is migrated step by step", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const storage = `sqlite:${folder}/app.db`;
    assertEquals((await runCli(["migrate", "--dry-run", "--storage", storage])).code, 1);
    assertEquals((await runCli(["migrate", "--sql", "--storage", storage])).code, 0);
    assertEquals([...Deno.readDirSync(folder)], []);
    const first = await runCli(["migrate", "--to", "3", "--storage", storage, "--json"]);
    assertEquals(JSON.parse(first.out).steps.length, 3);
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => runCli(["migrate", "--storage", storage, "--json"])),
    );
    const steps = runs.map(({ out }) => JSON.parse(out).steps.length);
    assertEquals(steps.toSorted(), [0, 0, 0, knownInSqlite - 3]);
    assertEquals((await runCli(["status", "--storage", storage])).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "SQLite: sqlite3 runs the script of --sql",
  ignore: !hasSqlite3,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const schemaOf = (file: string) => {
        const database = new DatabaseSync(file);
        const rows = database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2")
          .all();
        database.close();
        return rows.map((row) => ({ ...row }));
      };
      await runCli(["migrate", "--storage", `sqlite:${folder}/migrated.db`]);
      for (const to of [undefined, 4]) {
        const file = `${folder}/by_hand_${to}.db`;
        if (to !== undefined) await new SqliteMaintenance(resolveOptions(file)).migrate(to);
        const script = await runCli(["migrate", "--sql", "--storage", `sqlite:${file}`]);
        assertEquals(await runClient("sqlite3", [file], script.out), 0);
        assertEquals(schemaOf(file), schemaOf(`${folder}/migrated.db`));
        assertEquals((await runCli(["status", "--storage", `sqlite:${file}`])).code, 0);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
