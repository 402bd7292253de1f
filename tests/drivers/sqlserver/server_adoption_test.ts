// The tables of EverTask for .NET (upstream) on a real server are adopted with every row, and
// unfinished tasks continue.

import { assert, assertEquals } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { upstreamHistory, upstreamTasks } from "../../support/tsql_server/upstream_tables.ts";
import { id, withAdopted } from "./adopted.ts";
import { newTask } from "./tasks.ts";

/** Runs `work` with a pool and the name of a schema that does not exist. */
function withEmpty(work: (pool: SqlServerPool, schema: string) => Promise<void>): Promise<void> {
  return withPool((pool) => withSchema(pool, (schema) => work(pool, schema)));
}

/** Random ids in no order, as upstream creates them. */
const ids = {
  done: "f0000000-0000-4000-8000-000000000001",
  waiting: "30000000-0000-4000-8000-000000000002",
  running: "90000000-0000-4000-8000-000000000003",
  series: "10000000-0000-4000-8000-000000000004",
};

function row(id: string, status: string, rest: string): string {
  return `INSERT INTO [EverTask].[QueuedTasks] ([Id], [CreatedAtUtc], [Type], [Request], [Handler], [Status], [IsRecurring],
    [ScheduledExecutionUtc], [LastExecutionUtc], [NextRunUtc], [CurrentRunCount])
    VALUES ('${id}', '2025-01-01T10:00:00Z', N'send-email', N'{}', N'Handler', N'${status}', ${rest});`;
}

const someRows = [
  row(ids.done, "Completed", "0, NULL, '2025-01-01T11:00:00Z', NULL, NULL"),
  row(ids.waiting, "WaitingQueue", "0, '2025-06-01T00:00:00Z', NULL, NULL, NULL"),
  row(ids.running, "InProgress", "0, NULL, NULL, NULL, NULL"),
  row(ids.series, "Completed", "1, NULL, '2025-01-01T11:00:00Z', '2025-02-01T00:00:00Z', 7"),
  `INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus]) VALUES ('${ids.done}', '2025-01-01T11:00:00Z', N'Completed');`,
  `INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [Status]) VALUES ('${ids.series}', '2025-01-01T11:00:00Z', N'Completed');`,
].join("\n");

for (const version of ["newest", "first"] as const) {
  Deno.test({
    ...needsTarget(
      `upstream's tables of its ${version} version are adopted with all rows, and their tasks continue`,
    ),
    async fn() {
      await withEmpty(async (pool, schema) => {
        const run = async (text: string) => {
          await pool.request().batch(text.replaceAll("[EverTask]", `[${schema}]`));
        };
        await pool.request().batch(`CREATE SCHEMA [${schema}];`);
        await run(upstreamTasks[version]);
        await run(
          version === "newest"
            ? upstreamHistory
            : upstreamHistory.replace(" [ExecutionTimeMs] float NOT NULL DEFAULT 0,", ""),
        );
        await run(someRows);
        if (version === "newest") {
          await run(
            `UPDATE [EverTask].[QueuedTasks] SET [TaskKey] = N'nightly', [QueueName] = N'Reports' WHERE [IsRecurring] = 1;`,
          );
        }
        const storage = sqlServerStorage({ connection: pool, schema });
        await storage.open();

        const done = (await storage.get(ids.done))!;
        assertEquals([done.auditLevel, done.dueAt, done.queue], ["Full", null, "default"]);
        assertEquals((await storage.statusAudit(ids.done)).items.length, 1);
        assertEquals((await storage.runsAudit(ids.series)).items.length, 1);
        const running = (await storage.get(ids.running))!;
        assertEquals(running.dueAt, Date.parse("2025-01-01T10:00:00Z"));
        assertEquals([running.lastExecutionAt, running.executionTimeMs], [null, null]);

        const queue = version === "newest" ? "Reports" : "recurring";
        const series = (await storage.get(ids.series))!;
        assertEquals([series.queue, series.series!.runCount], [queue, 7]);
        if (version === "newest") {
          assertEquals((await storage.getByTaskKey("nightly"))!.id, ids.series);
          assertEquals(await storage.getByTaskKey("Nightly"), null);
        }

        await storage.registerWorker({ id: "w", host: "test" });
        const queues = ["default", queue].map((name) => ({ name, limit: 10 }));
        const { tasks } = await storage.claim({ workerId: "w", types: ["send-email"], queues });
        assertEquals(
          new Set(tasks.map(({ id }) => id)),
          new Set([ids.waiting, ids.running, ids.series]),
        );
        const { leaseToken } = tasks.find(({ id }) => id === ids.series)!;
        const lease = { workerId: "w", token: leaseToken };
        const ended = await storage.updateCurrentRun(ids.series, 5, null, "Full", { lease });
        assert(ended.applied);
        assertEquals((await storage.get(ids.series))!.series!.runCount, 8);
        assertEquals(
          (await storage.list()).items.map(({ id }) => id),
          Object.values(ids).sort().reverse(),
        );
        await storage.persist([newTask()]);
        await storage.close();
      });
    },
  });
}

Deno.test({
  ...needsTarget(
    "an adopted series that was cancelled stays cancelled, and an unfinished one without a next run is due",
  ),
  async fn() {
    const schedule = '{"HourInterval":{"Interval":1}}';
    const nextRun = "2026-02-01T00:00:00Z";
    const rows = [
      { id: id(1), status: "Cancelled", schedule, nextRun },
      { id: id(2), status: "Cancelled", schedule },
      { id: id(3), status: "InProgress", schedule, scheduled: "2026-02-03T00:00:00Z", runCount: 3 },
      { id: id(4), status: "WaitingQueue", schedule },
      { id: id(5), status: "Completed", schedule },
      { id: id(6), status: "Failed", schedule },
    ];
    await withAdopted(rows, async (storage) => {
      const stored = await Promise.all(rows.map(({ id }) => storage.get(id)));
      const instants = stored.map((task) => [task!.dueAt, task!.series!.nextRunAt]);
      const scheduled = Date.parse("2026-02-03T00:00:00Z");
      const created = Date.parse("2026-01-31T10:00:00Z");
      const expected = [null, null, scheduled, created, null, null];
      assertEquals(instants, expected.map((instant) => [instant, instant]));
      assertEquals(await storage.makeDue([id(1), id(2)]), [false, false]);
      assertEquals(stored[2]!.series!.runCount, 3);
    });
  },
});

Deno.test({
  ...needsTarget(
    "a queue's name of more than 200 characters fails the unfinished task that has it, and no other",
  ),
  async fn() {
    const long = `${"q".repeat(199)}😀 and more`;
    const fits = "r".repeat(200);
    const rows = [
      { id: id(1), status: "Queued", queue: long },
      { id: id(2), status: "Completed", queue: long },
      {
        id: id(3),
        status: "Completed",
        queue: long,
        nextRun: "2026-02-01T00:00:00Z",
        schedule: "{}",
      },
      { id: id(4), status: "Queued", queue: fits },
      { id: id(5), status: "WaitingQueue", queue: `${fits} `, auditLevel: 3 },
      { id: id(6), status: "Pending", queue: "😀".repeat(101) },
    ];
    await withAdopted(rows, async (storage) => {
      const stored = await Promise.all(rows.map(({ id }) => storage.get(id)));
      assertEquals(stored.map((task) => task!.status), [
        ...["Failed", "Completed", "Failed", "Queued", "Failed", "Failed"],
      ]);
      assertEquals(stored.map((task) => task!.dueAt !== null), [
        ...[false, false, false, true, false, false],
      ]);
      assertEquals(stored[2]!.series!.nextRunAt, null);
      assertEquals(stored[3]!.queue, fits);
      assert(
        stored[0]!.exception!.includes(long) && stored[0]!.exception!.includes("shorter name"),
      );
      assertEquals(stored[1]!.exception, null);
      const audits = await Promise.all(
        rows.map(async ({ id }) => (await storage.statusAudit(id)).items.length),
      );
      assertEquals(audits, [1, 0, 1, 0, 0, 1]);
    });
  },
});
