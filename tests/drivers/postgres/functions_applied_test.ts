// The functions of sql/postgres/functions/ are applied as a whole when they have changed, by a role
// with the right to do so. An older process does not replace newer ones.

import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { knownFunctions, knownVersion, scriptOf } from "../../../drivers/postgres/script.ts";
import { sqlFiles } from "../../../drivers/postgres/sql.generated.ts";
import { SchemaVersionError, StorageReadOnlyError } from "../../../src/storage/errors.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { evertask010 } from "../../upgrade/evertask_0.1.0.ts";
import { describe } from "./catalog.ts";
import { claimRequest, connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** A database with the functions of this version. */
async function freshDatabase(): Promise<string> {
  const url = await server.createDatabase();
  await (await openStorage({ url })).close();
  return url;
}

/** Replaces a function as another version does, and records its `revision` and `hash`. */
async function putOther(url: string, revision: number, hash: string): Promise<void> {
  await using sql = connect(url);
  await sql.unsafe(`
    CREATE OR REPLACE FUNCTION evertask.known_status(status text) RETURNS text LANGUAGE sql AS 'SELECT status';
    DELETE FROM evertask.schema_functions;
    INSERT INTO evertask.schema_functions (revision, hash) VALUES (${revision}, '${hash}')`)
    .simple();
}

Deno.test("each function is created in one place", () => {
  const created = Object.values(sqlFiles).join("").matchAll(
    /^CREATE (?:OR REPLACE )?FUNCTION (\w+)/gm,
  );
  const names = [...created].map(([, name]) => name);
  assertEquals(names.toSorted(), [...new Set(names)].toSorted());
  for (const [file, text] of Object.entries(sqlFiles)) {
    if (!file.startsWith("functions/")) assertEquals(/^CREATE.* FUNCTION/m.test(text), false, file);
  }
});

Deno.test("a database of 0.1.0 has the same objects after its upgrade as a new one", async () => {
  const url = await server.createDatabase();
  const old = evertask010.postgresStorage(url);
  await old.open();
  await old.close();
  assertNotEquals(await describe(url), []);
  await (await openStorage({ url })).close();
  assertEquals(await describe(url), await describe(await freshDatabase()));
});

const { revision, hash } = knownFunctions;

for (
  const [state, found, applied] of [
    ["an earlier revision", [revision - 1, "00"], true],
    ["this revision with other texts", [revision, "00"], true],
    ["this revision", [revision, hash], false],
    ["a later revision", [revision + 1, "00"], false],
  ] as const
) {
  Deno.test(`functions of ${state} are ${applied ? "replaced" : "left unchanged"}`, async () => {
    const url = await freshDatabase();
    const ours = await describe(url);
    await putOther(url, found[0], found[1]);
    const others = await describe(url);
    assertNotEquals(others, ours);
    await (await openStorage({ url })).close();
    assertEquals(await describe(url), applied ? ours : others);
    await (await openStorage({ url, migrate: false })).close();
  });
}

Deno.test("with migrate off, older functions are rejected, and the error names the files to run", async () => {
  const url = await freshDatabase();
  const ours = await describe(url);
  await putOther(url, revision - 1, "00");
  const error = await assertRejects(
    () => postgresStorage({ url, migrate: false }).open(),
    SchemaVersionError,
  );
  assertEquals([error.found, error.known], [knownVersion, knownVersion]);
  assertMatch(error.message, /older functions.* psql .*-f sql\/postgres\/functions\.sql;/);
  await using sql = connect(url);
  await sql.unsafe(scriptOf("functions.sql")).simple();
  assertEquals(await describe(url), ours);
  await (await openStorage({ url, migrate: false })).close();
});

Deno.test("functions.sql of an older version does not replace newer functions", async () => {
  const url = await freshDatabase();
  await putOther(url, revision + 1, "00");
  const others = await describe(url);
  await using sql = connect(url);
  await assertRejects(
    () => sql.unsafe(scriptOf("functions.sql")).simple(),
    Error,
    "newer revision",
  );
  await sql.unsafe("ROLLBACK").simple();
  assertEquals(await describe(url), others);
});

Deno.test("eight processes that start together replace the functions once", async () => {
  const url = await freshDatabase();
  const ours = await describe(url);
  await putOther(url, revision - 1, "00");
  const storages = Array.from({ length: 8 }, () => postgresStorage(url));
  await Promise.all(storages.map((storage) => storage.open()));
  await Promise.all(storages.map((storage) => storage.close()));
  assertEquals(await describe(url), ours);
  await using sql = connect(url);
  const [{ writers }] = await sql<[{ writers: string }]>`
    SELECT count(DISTINCT xmin::text)::text AS writers FROM pg_proc
    WHERE pronamespace = 'evertask'::regnamespace`;
  assertEquals(writers, "1", "one transaction wrote all functions");
});

Deno.test("an open storage keeps working while its functions are replaced", async () => {
  const url = await freshDatabase();
  await using storage = await openStorage({ url });
  await storage.registerWorker({ id: "worker", host: "test" });
  let completed = 0;
  let isReplaced = false;
  const work = async () => {
    while (!isReplaced) {
      await storage.persist([newTask(), newTask()]);
      const { tasks } = await storage.claim(claimRequest("worker"));
      await Promise.all(tasks.map(async ({ id, leaseToken }) => {
        const lease = { workerId: "worker", token: leaseToken };
        const result = await storage.setStatus(id, "Completed", null, "Full", { lease });
        if (result.applied) completed++;
      }));
    }
  };
  const working = work();
  for (let turn = 0; turn < 5; turn++) {
    await putOther(url, revision - 1, "00");
    await (await openStorage({ url })).close();
  }
  isReplaced = true;
  await working;
  assertEquals((await storage.statistics()).tasksByStatus.Completed, completed);
});

Deno.test("the error of a role that may only use the schema names the missing grant", async () => {
  const url = await freshDatabase();
  await putOther(url, revision - 1, "00");
  await using admin = connect(url);
  const role = `app_${crypto.randomUUID().slice(0, 8)}`;
  await admin.unsafe(`
    CREATE ROLE ${role};
    GRANT USAGE ON SCHEMA evertask TO ${role};
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA evertask TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA evertask TO ${role}`).simple();
  const others = await describe(url);
  {
    await using sql = connect(url, { connection: { role } });
    await assertRejects(
      () => postgresStorage({ sql, notify: false }).open(),
      StorageReadOnlyError,
      "GRANT CREATE ON SCHEMA evertask TO",
    );
    assertEquals(await describe(url), others);
    await (await openStorage({ url })).close();
    await (await openStorage({ sql, notify: false })).close();
  }
  await admin.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`).simple();
});
