// Causes each fault of a PostgreSQL database, and tests that `evertask doctor` finds it.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import type postgres from "postgres";
import { defaultThresholds } from "../../drivers/postgres/diagnosis.ts";
import { knownObjects } from "../../drivers/postgres/drift.ts";
import { PostgresMaintenance } from "../../drivers/postgres/maintenance.ts";
import { resolveOptions } from "../../drivers/postgres/options.ts";
import type { Finding } from "../../src/storage/maintenance.ts";
import { connect } from "../drivers/postgres/support.ts";
import { hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { startPostgres } from "../support/pg_server.ts";
import { runCli } from "./console.ts";

const server = await startPostgres({ settings: { autovacuum: "on" } });
Deno.test.afterAll(() => server.stop());

async function doctor(storage: string): Promise<Finding[]> {
  const { code, out, err } = await runCli(["doctor", "--json", "--storage", storage]);
  assertEquals(err, "");
  const findings = out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  assertEquals(code, findings.length === 0 ? 0 : 1);
  return findings;
}

const template = await server.createDatabase();
assertEquals((await runCli(["migrate", "--storage", template])).code, 0);

/** Makes a database that is migrated. */
async function migrated(): Promise<string> {
  const url = new URL(template);
  const name = `doctor_${crypto.randomUUID().replaceAll("-", "")}`;
  await using admin = connect(server.url);
  await admin`CREATE DATABASE ${admin(name)} TEMPLATE ${admin(url.pathname.slice(1))}`;
  url.pathname = `/${name}`;
  return url.href;
}

/** Causes a fault in a database, and checks that the doctor finds this fault and no other. */
function finds(
  kind: string,
  names: string,
  breakIt: (sql: postgres.Sql, storage: string) => Promise<(() => Promise<unknown>) | void>,
): void {
  Deno.test(`doctor finds in PostgreSQL: ${kind} (${names})`, async () => {
    const storage = await migrated();
    await using sql = connect(storage);
    const repair = await breakIt(sql, storage);
    try {
      const findings = await doctor(storage);
      assertEquals(findings.map((finding) => finding.kind), [kind]);
      assertStringIncludes(findings[0]!.what, names);
      for (const text of [findings[0]!.why, findings[0]!.remedy]) assert(text.length > 10);
    } finally {
      await repair?.();
    }
  });
}

Deno.test("doctor finds nothing in a new database, and knows every object of it", async () => {
  const storage = await migrated();
  assertEquals(await doctor(storage), []);
  await using sql = connect(storage);
  const relations = await sql<{ name: string }[]>`
    SELECT c.relname AS name FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
    WHERE c.relnamespace = 'evertask'::regnamespace AND c.relkind IN ('r', 'i')
      AND NOT coalesce(i.indisprimary, false)`;
  const functions = await sql<{ name: string }[]>`
    SELECT DISTINCT proname AS name FROM pg_proc WHERE pronamespace = 'evertask'::regnamespace`;
  const known = knownObjects();
  const sorted = (rows: readonly { readonly name: string }[]) =>
    [...new Set(rows.map(({ name }) => name))].sort();
  assertEquals(sorted(relations), [...known.tables, ...known.indexes].sort());
  assertEquals(sorted(functions), sorted(known.functions));
});

Deno.test("doctor finds in PostgreSQL: no schema, an older one, a newer one", async () => {
  const storage = await server.createDatabase();
  const kinds = async () => (await doctor(storage)).map(({ kind }) => kind);
  assertEquals(await kinds(), ["schemaMissing"]);
  await runCli(["migrate", "--storage", storage, "--to", "16"]);
  assertEquals(await kinds(), ["schemaOlder"]);
  await runCli(["migrate", "--storage", storage]);
  assertEquals(await kinds(), []);
  await using sql = connect(storage);
  await sql`INSERT INTO evertask.schema_migrations (version, name) VALUES (9999, 'later')`;
  assertEquals(await kinds(), ["schemaNewer"]);
});

finds("missingIndex", "queued_tasks_claimable", async (sql) => {
  await sql`DROP INDEX evertask.queued_tasks_claimable`;
});

finds("missingTable", "failure_groups", async (sql) => {
  await sql`ALTER TABLE evertask.failure_groups RENAME TO other`;
});

finds("changedFunction", "notify_processes", async (sql) => {
  await sql.unsafe(`
    DO $$ BEGIN EXECUTE replace(pg_get_functiondef('evertask.notify_processes'::regproc),
      'BEGIN', 'BEGIN /* by hand */'); EXECUTE replace(
      pg_get_functiondef('evertask.notify_processes'::regproc), 'SELECT', 'SELECT /* by hand */');
    END $$`);
});

finds("missingFunction", "persist_tasks", async (sql) => {
  await sql`ALTER FUNCTION evertask.persist_tasks RENAME TO other`;
});

finds("invalidIndex", "queued_tasks_series", async (sql) => {
  await sql`UPDATE pg_index SET indisvalid = false
    WHERE indexrelid = 'evertask.queued_tasks_series'::regclass`;
});

finds("autovacuumOff", "queued_tasks", async (sql) => {
  await sql`ALTER TABLE evertask.queued_tasks SET (autovacuum_enabled = false)`;
});

finds("autovacuumOff", "Autovacuum is off.", async (sql) => {
  const set = async (value: string) => {
    await sql.unsafe(`ALTER SYSTEM SET autovacuum = ${value}`);
    await sql`SELECT pg_reload_conf()`;
    while ((await sql`SHOW autovacuum`)[0]!.autovacuum !== value);
  };
  await set("off");
  return () => set("on");
});

finds("bloatedTable", "status_audit", async (sql) => {
  await sql`ALTER TABLE evertask.status_audit SET (autovacuum_vacuum_threshold = 1000000)`;
  await sql`INSERT INTO evertask.status_audit (queued_task_id, updated_at_utc, new_status)
    SELECT gen_random_uuid(), now(), 'Queued' FROM generate_series(1, 12000)`;
  await sql`DELETE FROM evertask.status_audit`;
  const dead = () =>
    sql`SELECT n_dead_tup AS dead FROM pg_stat_user_tables WHERE relname = 'status_audit'`;
  while (Number((await dead())[0]!.dead) < 12_000) await sql`SELECT pg_stat_clear_snapshot()`;
});

Deno.test("doctor finds in PostgreSQL: an encoding that loses texts; migrate refuses it", async () => {
  const name = `ascii_${crypto.randomUUID().slice(0, 8)}`;
  await using admin = connect(server.url);
  await admin.unsafe(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`,
  );
  try {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    const findings = await doctor(url.href);
    assertEquals(findings.map(({ kind }) => kind), ["encoding", "schemaMissing"]);
    assertStringIncludes(findings[0]!.what, "SQL_ASCII");
    const { code, err } = await runCli(["migrate", "--storage", url.href]);
    assertEquals(code, 1);
    assertStringIncludes(err, "The database has the encoding SQL_ASCII");
  } finally {
    await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
  }
});

Deno.test("doctor finds in PostgreSQL: a transaction that has long been open", async () => {
  const storage = await migrated();
  await using sql = connect(storage);
  await sql.begin(async (transaction) => {
    await transaction`SELECT count(*) FROM evertask.queued_tasks`;
    await using maintenance = new PostgresMaintenance(resolveOptions({ url: storage }));
    assertEquals(await maintenance.diagnose(), []);
    const findings = await maintenance.diagnose({ ...defaultThresholds, transactionMs: 0 });
    assertEquals(findings.map(({ kind }) => kind), ["oldTransaction"]);
    const [{ pid }] = await transaction`SELECT pg_backend_pid() AS pid` as [{ pid: number }];
    assertStringIncludes(findings[0]!.remedy, `pg_terminate_backend(${pid})`);
  });
});

Deno.test("doctor finds in PostgreSQL: missing rights, with the statements that grant them", async () => {
  const storage = await migrated();
  const role = `few_${crypto.randomUUID().slice(0, 8)}`;
  await using sql = connect(storage);
  await sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD 'secret'`;
  const url = new URL(storage);
  [url.username, url.password] = [role, "secret"];
  try {
    await sql`GRANT USAGE ON SCHEMA evertask TO ${sql(role)}`;
    const blind = await doctor(url.href);
    assertEquals(blind.map(({ kind }) => kind), ["missingRights", "unreadableStore"]);
    await sql`GRANT SELECT ON ALL TABLES IN SCHEMA evertask TO ${sql(role)}`;
    const [finding, ...others] = await doctor(url.href);
    assertEquals([finding!.kind, others], ["missingRights", []]);
    for (const grant of finding!.remedy.match(/GRANT [^;]+/g)!) await sql.unsafe(grant);
    assertEquals(await doctor(url.href), []);
  } finally {
    await sql`DROP OWNED BY ${sql(role)}`;
    await sql`DROP ROLE ${sql(role)}`;
  }
});

Deno.test({
  name: "doctor finds in PostgreSQL: a PgBouncer whose sessions are shared, unless notify is off",
  ignore: !hasPgBouncer,
  async fn() {
    const storage = await migrated();
    const diagnose = async (mode: "session" | "transaction", notify: boolean) => {
      await using pooler = await startPgBouncer(storage, mode);
      const options = resolveOptions({ url: pooler.url, notify, prepare: false });
      await using maintenance = new PostgresMaintenance(options);
      const notificationMs = mode === "session" ? 10_000 : 200;
      const findings = await maintenance.diagnose({ ...defaultThresholds, notificationMs });
      return findings.map(({ kind }) => kind);
    };
    assertEquals(await diagnose("transaction", true), ["noNotifications"]);
    assertEquals(await diagnose("transaction", false), []);
    assertEquals(await diagnose("session", true), []);
  },
});

Deno.test("doctor finds in PostgreSQL: a pooler that drops notifications", async () => {
  const storage = await migrated();
  await using pooler = await startPooler(storage);
  await using maintenance = new PostgresMaintenance(resolveOptions({ url: pooler.url }));
  const findings = await maintenance.diagnose({ ...defaultThresholds, notificationMs: 200 });
  assertEquals(findings.map(({ kind }) => kind), ["noNotifications"]);
});

/** Forwards connections, and drops the notifications of the server, as a pooler does. */
async function startPooler(storage: string): Promise<AsyncDisposable & { readonly url: string }> {
  const target = new URL(storage);
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connectTcp(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => [client, upstream].forEach((each) => each.destroy()));
    }
    client.pipe(upstream);
    let rest = new Uint8Array(0);
    upstream.on("data", (data: Uint8Array) => {
      rest = new Uint8Array([...rest, ...data]);
      while (rest.length >= 5) {
        const length = 1 + new DataView(rest.buffer, rest.byteOffset).getInt32(1);
        if (rest.length < length) break;
        const notification = "A".charCodeAt(0);
        if (rest[0] !== notification) client.write(rest.slice(0, length));
        rest = rest.slice(length);
      }
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const url = new URL(storage);
  url.host = `127.0.0.1:${(listener.address() as { port: number }).port}`;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
