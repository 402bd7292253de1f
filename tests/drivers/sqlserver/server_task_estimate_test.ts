// The statistics of a large table on an engine: ended tasks are estimated from a sample, and
// unfinished ones are counted unless they are very many.

import { assertAlmostEquals, assertEquals, assertGreater } from "@std/assert";
import { SqlServerDatabase } from "../../../drivers/sqlserver/database.ts";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { resolveOptions } from "../../../drivers/sqlserver/options.ts";
import {
  estimateQuery,
  sampleBetween,
  toEstimate,
} from "../../../drivers/sqlserver/task_estimate.ts";
import type { StorageStatistics } from "../../../src/storage/queries.ts";
import { endedStatuses, taskStatuses } from "../../../src/storage/task_status.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

const digit = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))";

/** The number of tasks of {@linkcode fill}: more than 100,000 tasks and 16 MB. */
const filled = 120_000;

/** The numbers from 1, and for each another number of 24 bits that looks random. */
const numbers = `
SELECT d.[I], CONVERT(int, CONVERT(bigint, d.[I]) * 10000019 % 16777216) AS [Random]
FROM (SELECT 1 + ${
  [..."abcdef"].map((each, at) => `${10 ** at} * ${each}.[D]`).join(" + ")
} AS [I] FROM ${[..."abcdef"].map((each) => `${digit} AS ${each} ([D])`).join(" CROSS JOIN ")}) AS d
WHERE d.[I] <= ${filled}`;

const hex = [20, 16, 12, 8, 4, 0].map((bits) =>
  `SUBSTRING('0123456789abcdef', n.[Random] / ${2 ** bits} % 16 + 1, 1)`
).join(" + ");

/**
 * Stores tasks. Most have ended, every twentieth has completed a run and waits for the next, and
 * one is a series that is paused.
 */
const fill = `
INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [Type], [Handler], [Request], [Status],
  [QueueName], [DueAtUtc], [LastExecutionUtc], [Exception], [IsRecurring], [IsPaused])
SELECT CONVERT(uniqueidentifier, '00000000-0000-0000-0000-' + ${hex} + '000000'), SYSUTCDATETIME(),
  N'send-email', N'SendEmail', N'{}',
  CASE WHEN n.[I] = 2 THEN N'WaitingQueue' WHEN n.[I] % 10 = 0 THEN N'Failed'
    WHEN n.[I] % 10 = 1 THEN N'Cancelled' ELSE N'Completed' END,
  N'default', CASE WHEN n.[I] % 20 = 5 THEN DATEADD(day, 1, SYSUTCDATETIME()) END, SYSUTCDATETIME(),
  CASE WHEN n.[I] % 10 = 0 THEN REPLICATE(N'refused ', 30) END,
  CASE WHEN n.[I] = 2 THEN 1 ELSE 0 END, CASE WHEN n.[I] = 2 THEN 1 END
FROM (${numbers}) AS n;`;

function assertClose(found: StorageStatistics, counted: StorageStatistics): void {
  for (const status of taskStatuses) {
    const [number, expected] = [found.tasksByStatus[status], counted.tasksByStatus[status]];
    if (!found.estimated.includes(status)) assertEquals(number, expected, status);
    else assertAlmostEquals(number, expected, Math.max(expected * 0.1, 100), status);
  }
  const byName = (one: { queue: string }, other: { queue: string }) =>
    one.queue < other.queue ? -1 : 1;
  assertEquals(found.queues.toSorted(byName), counted.queues.toSorted(byName));
}

Deno.test({
  ...needsTarget("statistics estimate the ended tasks of a large table"),
  async fn(t) {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        const run = (text: string) =>
          pool.request().query(text.replaceAll("[EverTask]", `[${schema}]`));
        const storage = sqlServerStorage({ connection: pool, schema });
        await storage.open();
        await run(fill);
        await storage.persist([newTask(), newTask(), newTask(), newTask({ queue: "email" })]);
        await storage.registerWorker({ id: "worker", host: "example.org" });
        const queues = [{ name: "default", limit: 3 }];
        const { tasks } = await storage.claim({
          workerId: "worker",
          types: ["send-email"],
          queues,
        });
        await storage.setStatus(tasks[0]!.id, "InProgress", null, "None");
        await storage.setStatus(tasks[1]!.id, "Pending", null, "None"); // it waits again
        const counted = await storage.statistics({ exact: true });

        await t.step("and count all others", async () => {
          assertEquals(counted.estimated, []);
          assertEquals(
            taskStatuses.map((status) => counted.tasksByStatus[status]),
            [1, 2, 1, 1, 12_000, 95_999, 12_000, 0],
          );
          const found = await storage.statistics();
          assertEquals(found.estimated, endedStatuses);
          assertClose(found, counted);
        });

        await t.step("by ids, as on SQL Server", async () => {
          const database = new SqlServerDatabase(resolveOptions({ connection: pool, schema }));
          await database.connect();
          const sample = sampleBetween("000000000000", "ffffff000000", filled + 4);
          const found = await database.query(estimateQuery(sample), sample.parameters);
          assertGreater(found[2]!.reduce((sum, { Tasks }) => sum + Number(Tasks), 0), 4000);
          const claimed = [{ Status: "InProgress", Tasks: 1 }, { Status: "Queued", Tasks: 1 }];
          assertClose({ ...counted, ...toEstimate(sample, claimed, found) }, counted);
        });

        await t.step("and very many waiting tasks", async () => {
          await run(
            `UPDATE [EverTask].[QueuedTasks] SET [Status] = N'Queued', [DueAtUtc] = SYSUTCDATETIME()
            WHERE [Status] = N'Cancelled';`,
          );
          const found = await storage.statistics();
          assertEquals(found.estimated.includes("InProgress"), false);
          assertGreater(found.tasksByStatus.Queued, 10_000);
          assertClose(found, await storage.statistics({ exact: true }));
        });
        await storage.close();
      })
    );
  },
});
