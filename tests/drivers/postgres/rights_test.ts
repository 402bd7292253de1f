// A role with few rights uses the schema of an administrator, and errors name the missing grants.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { postgresStorage, type PostgresStorageOptions } from "../../../drivers/postgres/mod.ts";
import { StorageReadOnlyError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { claimRequest, connect, openStorage, scripts } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** A database, and a role that may only connect to it. */
interface Scene extends AsyncDisposable {
  /** The database as the role reaches it. */
  readonly url: string;
  readonly role: string;
  /** The administrator. */
  readonly admin: postgres.Sql;
  /** The administrator's URL. */
  readonly adminUrl: string;
}

async function makeScene(): Promise<Scene> {
  const adminUrl = await server.createDatabase();
  const admin = connect(adminUrl);
  const role = `app ${crypto.randomUUID().slice(0, 8)}`; // has to be quoted
  await admin`CREATE ROLE ${admin(role)} LOGIN PASSWORD 'app'`;
  const url = new URL(adminUrl);
  url.username = role;
  url.password = "app";
  return {
    url: url.href,
    role,
    admin,
    adminUrl,
    async [Symbol.asyncDispose]() {
      await admin`DROP OWNED BY ${admin(role)} CASCADE`;
      await admin`DROP ROLE ${admin(role)}`;
      await admin.end();
    },
  };
}

/** Calls a method of each kind. */
async function use(storage: Storage): Promise<void> {
  await storage.registerWorker({ id: "worker", host: "test" });
  await storage.persist([newTask(), newTask({ taskKey: "key" })]);
  const { tasks } = await storage.claim(claimRequest("worker"));
  for (const { id, leaseToken } of tasks) {
    const lease = { workerId: "worker", token: leaseToken };
    await storage.setStatus(id, "Completed", null, "Full", { lease });
  }
  await storage.setQueuePaused("email", true);
  await storage.releaseLost({ leaseMs: 1e9, poisonLimit: 5, lostReason: "", poisonReason: "" });
  await storage.purge({ statusAuditDays: 1 }, { budget: 10 });
  await storage.list();
  await storage.unregisterWorker("worker");
}

/**
 * Repeats `work` until it succeeds. After each error, the administrator runs the GRANT statements
 * that the error names. Resolves to all these statements.
 */
async function grantUntilItWorks({ admin }: Scene, work: () => Promise<void>): Promise<string[]> {
  const granted: string[] = [];
  while (true) {
    const error = await work().then(() => null, (error) => error);
    if (error === null) return granted;
    assert(error instanceof StorageReadOnlyError, error);
    const statements = error.message.match(/GRANT .*?(?=;)/g) ?? [];
    assert(statements.length > 0, error.message);
    assertEquals(statements.filter((statement) => granted.includes(statement)), [], error.message);
    granted.push(...statements);
    await admin.unsafe(statements.join(";"));
  }
}

async function openAndUse(options: PostgresStorageOptions): Promise<void> {
  await using storage = await openStorage(options);
  await use(storage);
}

Deno.test("a schema that the administrator has made for the role is used unchanged", async () => {
  await using scene = await makeScene();
  const { admin, role, url } = scene;
  await admin`CREATE SCHEMA jobs AUTHORIZATION ${admin(role)}`;
  await openAndUse({ url, schema: "jobs" });
});

Deno.test("the error of a role that may not create a schema names the missing grant", async () => {
  await using scene = await makeScene();
  const { url, role } = scene;
  const database = new URL(url).pathname.slice(1);
  assertEquals(await grantUntilItWorks(scene, () => openAndUse({ url })), [
    `GRANT CREATE ON DATABASE ${database} TO "${role}"`,
  ]);
});

Deno.test("the error of a role that may not use an empty schema names the missing grant", async () => {
  await using scene = await makeScene();
  const { admin, role, url } = scene;
  await admin`CREATE SCHEMA evertask`;
  assertEquals(await grantUntilItWorks(scene, () => openAndUse({ url })), [
    `GRANT USAGE ON SCHEMA evertask TO "${role}"`,
    `GRANT CREATE ON SCHEMA evertask TO "${role}"`,
  ]);
});

const used = {
  schema: "USAGE ON SCHEMA evertask",
  tables: "DELETE, INSERT, SELECT, UPDATE ON ALL TABLES IN SCHEMA evertask",
  functions: "EXECUTE ON ALL FUNCTIONS IN SCHEMA evertask",
};

for (
  const [lack, granted, told] of [
    ["all rights", [], [used.schema, used.tables, used.functions]],
    ["the rights on tables and functions", [used.schema], [used.tables, used.functions]],
    ["the rights to write", [
      used.schema,
      "SELECT ON ALL TABLES IN SCHEMA evertask",
      used.functions,
    ], [
      "DELETE, INSERT, UPDATE ON ALL TABLES IN SCHEMA evertask",
    ]],
    ["the right to delete", [
      used.schema,
      "SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA evertask",
      used.functions,
    ], ["DELETE ON ALL TABLES IN SCHEMA evertask"]],
    ["the rights on functions", [used.schema, used.tables], [used.functions]],
  ] as const
) {
  Deno.test(`the error of a role that lacks ${lack} names the grants, and the role works with them`, async () => {
    await using scene = await makeScene();
    const { admin, adminUrl, role, url } = scene;
    await (await openStorage({ url: adminUrl })).close();
    await admin.unsafe("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA evertask FROM PUBLIC");
    for (const rights of granted) await admin.unsafe(`GRANT ${rights} TO "${role}"`);
    assertEquals(
      await grantUntilItWorks(scene, () => openAndUse({ url, migrate: false })),
      told.map((rights) => `GRANT ${rights} TO "${role}"`),
    );
  });
}

Deno.test("in the caller's transaction, too, the error names the missing right", async () => {
  await using scene = await makeScene();
  const { admin, adminUrl, role, url } = scene;
  await (await openStorage({ url: adminUrl })).close();
  await admin.unsafe(`GRANT ${used.schema} TO "${role}"; GRANT ${used.functions} TO "${role}";
    GRANT SELECT ON ALL TABLES IN SCHEMA evertask TO "${role}"`).simple();
  await using sql = connect(url, { max: 2 });
  await using storage = await openStorage({ sql, notify: false });
  await assertRejects(
    () => sql.begin((connection) => storage.persist([newTask()], { connection })),
    StorageReadOnlyError,
    "DELETE, INSERT, UPDATE ON ALL TABLES",
  );
});

Deno.test("the error of a role that may not connect names the missing grant", async () => {
  await using scene = await makeScene();
  const { admin, url } = scene;
  await admin.unsafe(`REVOKE CONNECT ON DATABASE ${new URL(url).pathname.slice(1)} FROM PUBLIC`);
  await assertRejects(
    () => postgresStorage(url).open(),
    StorageReadOnlyError,
    "GRANT CONNECT ON DATABASE",
  );
});

Deno.test("the error of a role that migrates another role's schema names the owner", async () => {
  await using scene = await makeScene();
  const { admin, role, url } = scene;
  for (const script of scripts.slice(0, 4)) await admin.unsafe(script).simple();
  const [{ owner }] = await admin<[{ owner: string }]>`SELECT quote_ident(current_user) AS owner`;
  assertEquals(await grantUntilItWorks(scene, () => openAndUse({ url })), [
    `GRANT ${used.schema} TO "${role}"`,
    `GRANT ${used.tables} TO "${role}"`,
    `GRANT CREATE ON SCHEMA evertask TO "${role}"`,
    `GRANT ${owner} TO "${role}"`,
  ]);
  await admin.unsafe(`REVOKE ${owner} FROM "${role}"`);
});
