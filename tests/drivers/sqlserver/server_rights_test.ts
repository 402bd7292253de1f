// Rights on a real engine: after an administrator runs the statements in our errors, everything
// works.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { loadMssql } from "../../../drivers/sqlserver/load_mssql.ts";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import { StorageError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import {
  dropSchema,
  needsTarget,
  targetConfig,
  withPool,
  withSchema,
} from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

/** The resources of a test. */
interface Scene {
  readonly admin: SqlServerPool;
  readonly schema: string;
  /** Opens a storage as the user without rights, or rejects with the error. */
  open(migrate: boolean): Promise<Storage>;
}

/**
 * Runs work with a user that has no rights. Removes the schema first and then the user, because a
 * user that owns a schema cannot be removed.
 */
async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const mssql = await loadMssql();
  await withPool((admin) =>
    withSchema(admin, async (schema) => {
      const user = `app_${schema.slice(5)}`;
      const password = `Aa1!${crypto.randomUUID()}`;
      const run = (text: string) => admin.request().batch(text);
      await run(`CREATE LOGIN [${user}] WITH PASSWORD = '${password}';`);
      await run(`CREATE USER [${user}] FOR LOGIN [${user}];`);
      const pool = new mssql.ConnectionPool({ ...targetConfig(), user, password });
      await pool.connect();
      const opened: Storage[] = [];
      try {
        await work({
          admin,
          schema,
          async open(migrate) {
            const storage = sqlServerStorage({ connection: pool, schema, migrate });
            opened.push(storage);
            await storage.open();
            return storage;
          },
        });
      } finally {
        for (const storage of opened) await storage.close();
        await pool.close();
        await dropSchema(admin, schema);
        await run(`DROP USER [${user}];`);
        await run(`DROP LOGIN [${user}];`);
      }
    })
  );
}

/** The statements that an error names. */
function statementsOf({ message }: Error): string[] {
  return message.match(/(CREATE SCHEMA|ALTER AUTHORIZATION|EXEC \(N'GRANT|GRANT) [^;]*;/g) ?? [];
}

/** Calls most of the procedures. */
async function use(storage: Storage): Promise<void> {
  await storage.registerWorker({ id: "w", host: "test" });
  const [task, other, series] = [newTask(), newTask(), newTask({ recurring: true })];
  await storage.persist([task, other, series]);
  const queues = [{ name: "default", limit: 1 }];
  const { tasks } = await storage.claim({ workerId: "w", types: [task.type], queues });
  const [{ id, leaseToken }] = tasks as [typeof tasks[number]];
  const lease = { workerId: "w", token: leaseToken };
  assert((await storage.setStatus(id, "Completed", null, "Full", { lease })).applied);
  assert((await storage.updateCurrentRun(series.id, 1, null, "Full")).applied);
  const line = { level: "Debug", message: "m", exception: null, run: 1, agoMs: 0 } as const;
  await storage.saveExecutionLogs([{ taskId: id, ...line }]);
  assertEquals((await storage.executionLogs(id)).items.length, 1);
  await storage.requestCancel([other.id]);
  await storage.setQueuePaused("default", true);
  const wish = {
    emissionIntervalMs: 1,
    burst: 1,
    startEmpty: false,
    horizonMs: 0,
    reservedAt: null,
  };
  await storage.takeRateSlots([{ key: "k", ...wish, graceMs: 0, startWithinMs: 0 }]);
  await storage.purge({ statusAuditDays: 30 }, { budget: 10 });
  await storage.heartbeat("w", 1000);
  await storage.unregisterWorker("w");
}

Deno.test({
  ...needsTarget(
    "the error for a user who may not migrate has the statements that allow it, and they suffice",
  ),
  async fn() {
    await withScene(async ({ admin, open }) => {
      const error = await assertRejects(() => open(true), StorageError);
      const [create, ...rest] = statementsOf(error);
      assert(create!.startsWith("CREATE SCHEMA"), error.message);
      for (
        const statement of [
          create!,
          ...rest.filter((text) => text.startsWith("GRANT CREATE")),
        ]
      ) {
        await admin.request().batch(statement);
      }
      await use(await open(true));
    });
  },
});

Deno.test({
  ...needsTarget(
    "the error for a user without rights on the schema has the statement that grants them, and it suffices",
  ),
  async fn() {
    await withScene(async ({ admin, schema, open }) => {
      await sqlServerStorage({ connection: admin, schema }).open();
      const errors = await Promise.all([
        assertRejects(() => open(false), StorageError),
        assertRejects(() => open(true), StorageError),
      ]);
      const [[grant], others] = errors.map(statementsOf) as [[string], string[]];
      assert(grant.includes("GRANT EXECUTE, SELECT"), errors[0].message);
      assert(others.includes(grant), errors[1].message);
      await admin.request().batch(grant);
      await use(await open(false));
    });
  },
});

Deno.test({
  ...needsTarget(
    "if a right is revoked while a storage is open, errors have the statement that grants it",
  ),
  async fn() {
    await withScene(async ({ admin, schema, open }) => {
      await sqlServerStorage({ connection: admin, schema }).open();
      const [grant] = statementsOf(await assertRejects(() => open(false), StorageError));
      await admin.request().batch(grant!);
      const storage = await open(false);
      await use(storage);
      const revoke = grant!.replace("GRANT", "REVOKE").replace(" TO ", " FROM ");
      await admin.request().batch(revoke);
      for (const call of [() => storage.persist([newTask()]), () => storage.workers()]) {
        const error = await assertRejects(call);
        assertInstanceOf(error, StorageError);
        assertEquals([error.transient, statementsOf(error)], [false, [grant]]);
      }
      await admin.request().batch(grant!);
      await storage.persist([newTask()]);
    });
  },
});
