// Retention during a caller's transaction, another purge, and changes that make ended tasks due
// again.

import { assert, assertEquals } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool, SqlServerTransaction } from "../../../drivers/sqlserver/mssql_api.ts";
import type { PurgeResult } from "../../../src/storage/retention.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import {
  isBabelfish,
  needsTarget,
  passTime,
  withPool,
  withSchema,
} from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

const day = 86_400_000;
const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
const budget = { budget: 1000 };

interface Scene {
  readonly pool: SqlServerPool;
  readonly schema: string;
  readonly storage: Storage;
}

/**
 * Runs work with a new schema. The pool has two connections, so that an open transaction leaves one
 * for all other calls.
 */
async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withPool((pool) =>
    withSchema(pool, async (schema) => {
      const storage = sqlServerStorage({ connection: pool, schema });
      await storage.open();
      await work({ pool, schema, storage });
      await storage.close();
    }), { max: 2 });
}

/** Stores tasks that completed 31 days ago, and returns their ids. */
async function completed({ pool, schema, storage }: Scene, count: number): Promise<string[]> {
  const tasks = Array.from({ length: count }, () => newTask());
  await storage.persist(tasks);
  for (const { id } of tasks) await storage.setStatus(id, "Completed", null, "Full");
  await passTime(pool, schema, 31 * day);
  return tasks.map(({ id }) => id);
}

/** Runs work in a transaction, and ends it as `end` says. Rolls it back if the work fails. */
async function inTransaction(
  pool: SqlServerPool,
  end: "commit" | "rollback",
  work: (transaction: SqlServerTransaction) => Promise<void>,
): Promise<void> {
  const transaction = pool.transaction();
  await transaction.begin();
  try {
    await work(transaction);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
  await transaction[end]();
}

/** Runs a batch, and returns the first row. */
async function run(
  maker: Pick<SqlServerPool, "request">,
  schema: string,
  text: string,
): Promise<Record<string, unknown>> {
  const { recordsets } = await maker.request().query(text.replaceAll("[EverTask]", `[${schema}]`));
  return (recordsets as Record<string, unknown>[][])[0]?.[0] ?? {};
}

const purgeCall =
  "EXEC [EverTask].[usp_Purge] @StatusAuditDays = 30, @DeleteCompletedTasks = 1, @Limit = 1000;";

Deno.test({
  ...needsTarget("a task that a transaction queues during a purge stays"),
  async fn() {
    await withScene(async (scene) => {
      const { pool, schema, storage } = scene;
      const [kept, gone] = await completed(scene, 2);
      const purging: Promise<PurgeResult>[] = [];
      await inTransaction(pool, "commit", async (connection) => {
        await storage.purge({}, budget); // the other connection knows the procedure now
        await storage.setStatus(kept!, "Queued", null, "Full", { connection });
        let settled = false;
        purging.push(storage.purge(policy, budget).finally(() => settled = true));
        // The purge skips the task. On Babelfish, it may find the task, and wait for the
        // transaction.
        await withPool(async (others) => {
          for (let read = 0; read < 100 && !settled; read++) {
            await run(others, schema, "SELECT COUNT(*) AS [Rows] FROM [EverTask].[StatusAudit];");
          }
        });
      });
      assertEquals((await Promise.all(purging))[0]!.tasks, 1);
      assertEquals(await storage.get(gone!), null);
      assertEquals((await storage.get(kept!))?.status, "Queued");
    });
  },
});

Deno.test({
  ...needsTarget("usp_Purge nests in a transaction, also while another process purges"),
  async fn() {
    await withScene(async (scene) => {
      const { pool, schema, storage } = scene;
      const [old] = await completed(scene, 1);
      const task = newTask();

      await inTransaction(pool, "rollback", async (purger) => {
        await run(
          purger,
          schema,
          "EXEC sp_getapplock @Resource = N'[EverTask].purge', @LockMode = 'Exclusive', @LockOwner = 'Transaction';",
        );
        await inTransaction(pool, "commit", async (connection) => {
          await storage.persist([task], { connection });
          const { Busy, Done, Tasks } = await run(connection, schema, purgeCall);
          assertEquals([Busy, Done, Tasks], [1, 0, 0]);
        });
      });
      assertEquals((await storage.get(task.id))?.status, "Queued");
      assert(await storage.get(old!) !== null);

      await inTransaction(pool, "rollback", async (connection) => {
        const { Busy, Done, Tasks } = await run(connection, schema, purgeCall);
        assertEquals([Busy, Number(Done), Tasks], [0, 1, 1]);
      });
      assert(await storage.get(old!) !== null);
    });
  },
});

Deno.test({
  ...needsTarget("history that a transaction locks is skipped, and deleted by the next purge"),
  async fn(t) {
    await withScene(async (scene) => {
      const { pool, schema, storage } = scene;
      await t.step({
        name: "writers (Babelfish ignores READPAST)",
        ignore: await isBabelfish(pool),
        async fn() {
          const [locked, free] = await completed(scene, 2);
          await inTransaction(pool, "rollback", async (transaction) => {
            await run(
              transaction,
              schema,
              `UPDATE [EverTask].[StatusAudit] SET [Exception] = NULL WHERE [QueuedTaskId] = '${locked}';`,
            );
            const { statusAudit, done } = await storage.purge(policy, budget);
            assertEquals([statusAudit, done], [2, true]);
            assertEquals(await storage.get(free!), null);
          });
          const { statusAudit, tasks } = await storage.purge(policy, budget);
          assertEquals([statusAudit, tasks], [2, 1]);
        },
      });
    });
  },
});

Deno.test({
  ...needsTarget("a purge deletes the keys of rate limits that have been idle for a day"),
  async fn() {
    await withScene(async ({ pool, schema, storage }) => {
      const wish = {
        emissionIntervalMs: 1000,
        burst: 1,
        horizonMs: 0,
        reservedAt: null,
        graceMs: 0,
        startWithinMs: 0,
      };
      const take = (key: string, startEmpty = false) =>
        storage.takeRateSlots([{ ...wish, key, startEmpty }]);
      const keys = async () => {
        const { recordsets } = await pool.request().query(
          `SELECT [RateKey] AS [Key] FROM [${schema}].[RateLimits] ORDER BY [RateKey];`,
        );
        return (recordsets as { Key: string }[][])[0]!.map(({ Key }) => Key);
      };
      await take("idle");
      await take("idle and begun empty", true);
      await storage.takeRateSlots([{ ...wish, key: "reserved", startEmpty: false }]);
      await pool.request().query(
        `UPDATE [${schema}].[RateLimits] SET [ReservedTatMs] = [ReservedTatMs] + ${3 * day}
        WHERE [RateKey] = N'reserved';`,
      );
      await passTime(pool, schema, 2 * day);
      await take("new");
      await storage.purge({}, { ...budget, dryRun: true });
      assertEquals((await keys()).length, 4);
      await storage.purge({}, budget);
      assertEquals(await keys(), ["new", "reserved"]);
    });
  },
});
