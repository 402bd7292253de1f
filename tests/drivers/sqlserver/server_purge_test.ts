// Retention during a caller's transaction, another purge, and changes that make ended tasks due
// again; and the rows that a purge reads.

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
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

/** The time after which a purge has failed: it would go on forever if its place did not move. */
const longestPurgeMs = 30_000;

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
      const purge = storage.purge.bind(storage);
      storage.purge = (...request) => deadline(purge(...request), longestPurgeMs);
      await work({ pool, schema, storage });
      await storage.close();
    }), { max: 2 });
}

/** Returns the id of a task that was created in 2024. */
const oldId = (number: number) => `01900000-0000-7000-8000-${String(number).padStart(12, "0")}`;

/** Stores tasks that completed 31 days ago, and returns their ids. */
async function completed(
  { pool, schema, storage }: Scene,
  count: number,
  idOf: (number: number) => string = oldId,
): Promise<string[]> {
  const tasks = Array.from({ length: count }, (_, number) => newTask({ id: idOf(number) }));
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

Deno.test({
  ...needsTarget("a purge reads no row again before the next one begins"),
  async fn() {
    await withScene(async ({ pool, schema, storage }) => {
      const tasks = Array.from({ length: 6 }, (_, number) => newTask({ id: oldId(number) }));
      await storage.persist(tasks);
      const [failed, ended] = [tasks.slice(0, 3), tasks.slice(3)];
      for (const { id } of failed) await storage.setStatus(id, "Failed", "It broke.", "Full");
      for (const { id } of ended) await storage.setStatus(id, "Completed", null, "Full");
      await passTime(pool, schema, 31 * day);
      const change = (text: string) =>
        run(pool, schema, `UPDATE [EverTask].${text}; SELECT 1 AS [One];`);
      const purge = async (budget: number) => {
        const errors = { ...policy, errorAuditDays: 90 };
        const { statusAudit, tasks, done } = await storage.purge(errors, { budget });
        return [statusAudit, tasks, done];
      };

      assertEquals(
        await purge(7),
        [7, 0, false],
        "those of the dispatches, and one behind the errors",
      );
      await change("[StatusAudit] SET [Exception] = NULL");
      assertEquals(await purge(3), [2, 1, false], "a task behind those that failed");
      await change("[QueuedTasks] SET [Status] = N'Completed'");
      assertEquals(await purge(100), [0, 2, true], "the rest");
      assertEquals(
        await purge(100),
        [3, 3, true],
        "the rows that have expired since they were read",
      );
      assertEquals((await storage.list()).items, []);
    });
  },
});

Deno.test({
  ...needsTarget("a purge walks through more rows of one instant than a step reads"),
  async fn() {
    await withScene(async ({ pool, schema, storage }) => {
      const task = newTask({ id: oldId(0) });
      await storage.persist([task]);
      await storage.setStatus(task.id, "Failed", "It broke.", "Full");
      for (let rows = 1; rows < 4096; rows *= 2) {
        await run(
          pool,
          schema,
          `INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
          SELECT [QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception] FROM [EverTask].[StatusAudit]
          WHERE [Exception] IS NOT NULL; SELECT 1 AS [One];`,
        );
      }
      await storage.setStatus(task.id, "Queued", null, "Full");
      await passTime(pool, schema, 31 * day);
      const purge = async (errorAuditDays: number) => {
        const all = { budget: 100_000 };
        const { statusAudit, done } = await storage.purge({ ...policy, errorAuditDays }, all);
        return [statusAudit, done];
      };
      assertEquals(await purge(90), [2, true], "those before and behind the errors");
      assertEquals(await purge(30), [4096, true], "the errors");
    });
  },
});

Deno.test({
  ...needsTarget("a purge with a small budget deletes all superfluous lines, and counts them"),
  async fn() {
    await withScene(async ({ storage }) => {
      const tasks = Array.from({ length: 3 }, () => newTask());
      await storage.persist(tasks);
      for (const [place, { id: taskId }] of tasks.entries()) {
        const line = { taskId, level: "Debug", message: "x", exception: null, run: 1 } as const;
        const lines = Array.from({ length: 4 + place }, () => ({ ...line, agoMs: 0 }));
        await storage.saveExecutionLogs(lines);
      }
      const lines = { maxExecutionLogsPerTask: 2 };
      assertEquals((await storage.purge(lines, { ...budget, dryRun: true })).executionLog, 9);
      const deleted: number[] = [];
      for (let done = false; !done;) {
        const result = await storage.purge(lines, { budget: 2 });
        deleted.push(result.executionLog);
        done = result.done;
      }
      assertEquals(deleted, [2, 2, 2, 2, 1]);
      for (const { id } of tasks) {
        assertEquals((await storage.executionLogs(id)).items.length, 2);
      }
    });
  },
});

Deno.test({
  ...needsTarget(
    "a purge walks through more tasks with the same number of lines than a step reads",
  ),
  async fn() {
    await withScene(async ({ storage }) => {
      const tasks = Array.from({ length: 2_500 }, () => newTask());
      await storage.persist(tasks);
      const line = { level: "Debug", message: "x", exception: null, run: 1, agoMs: 0 } as const;
      await storage.saveExecutionLogs(
        tasks.flatMap(({ id: taskId }) => [{ ...line, taskId }, { ...line, taskId }]),
      );
      const lines = { maxExecutionLogsPerTask: 1 };
      const { executionLog, done } = await storage.purge(lines, { budget: 100_000 });
      assertEquals([executionLog, done], [2_500, true]);
    });
  },
});

Deno.test({
  ...needsTarget(
    "tasks whose ids are too young are found by the first purge of a policy, and if an id is ahead of the clock",
  ),
  async fn() {
    await withScene(async (scene) => {
      const { pool, schema, storage } = scene;
      const tasks = async (from: Storage) => (await from.purge(policy, budget)).tasks;
      const young = () => newTask().id;
      await completed(scene, 2, young);
      assertEquals(await tasks(storage), 2, "the first purge reads all tasks");
      await completed(scene, 2, (number) => number === 0 ? oldId(0) : young());
      assertEquals(await tasks(storage), 1, "a later one ends at young ids");
      const other = sqlServerStorage({ connection: pool, schema });
      await other.open();
      assertEquals(await tasks(other), 1, "the first purge of another process reads all tasks");
      await completed(scene, 2, (number) => number === 0 ? oldId(0) : young());
      await storage.persist([newTask({ id: "f0000000-0000-7000-8000-000000000000" })]);
      assertEquals(await tasks(storage), 2, "a clock that was ahead");
      await other.close();
    });
  },
});
