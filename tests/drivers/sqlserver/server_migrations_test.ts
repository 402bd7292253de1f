// Migrations on a real engine: from nothing, by many processes at once, by hand, and from upstream's own tables.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import {
  batchesOf,
  knownVersion,
  migrationFiles,
  procedureNames,
} from "../../../drivers/sqlserver/script.ts";
import type { SqlFileName } from "../../../drivers/sqlserver/sql.generated.ts";
import { SchemaVersionError } from "../../../src/storage/errors.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

/** Runs work with a pool and the name of a schema that does not exist. */
function withEmpty(work: (pool: SqlServerPool, schema: string) => Promise<void>): Promise<void> {
  return withPool((pool) => withSchema(pool, (schema) => work(pool, schema)));
}

const allFiles: readonly SqlFileName[] = [
  ...migrationFiles,
  ...procedureNames.map((name): SqlFileName => `${name}.sql`),
];

async function versions(pool: SqlServerPool, schema: string): Promise<number[]> {
  const query =
    `SELECT [Version] AS [Version] FROM [${schema}].[SchemaVersions] ORDER BY [Version];`;
  const { recordsets } = await pool.request().batch(query);
  return (recordsets as { Version: number }[][])[0]!.map(({ Version }) => Version);
}

const everyVersion = migrationFiles.map((_, index) => index + 1);

Deno.test({
  ...needsTarget("processes that open an empty database at once migrate it once"),
  async fn() {
    await withEmpty(async (pool, schema) => {
      const storages = Array.from(
        { length: 4 },
        () => sqlServerStorage({ connection: pool, schema }),
      );
      await Promise.all(storages.map((storage) => storage.open()));
      assertEquals(await versions(pool, schema), everyVersion);
      const task = newTask();
      await storages[0]!.persist([task]);
      assertEquals((await storages[3]!.get(task.id))!.status, "Queued");
      for (const storage of storages) await storage.close();
    });
  },
});

Deno.test({
  ...needsTarget("the files can be run by hand, and again: then nothing changes"),
  async fn() {
    await withEmpty(async (pool, schema) => {
      const careful = sqlServerStorage({ connection: pool, schema, migrate: false });
      const refused = await assertRejects(() => careful.open(), SchemaVersionError);
      assertEquals([refused.found, refused.known], [0, knownVersion]);
      for (const file of [...allFiles, ...allFiles]) {
        for (const batch of batchesOf(file, schema)) await pool.request().batch(batch);
      }
      assertEquals(await versions(pool, schema), everyVersion);
      await careful.open();
      await careful.close();
    });
  },
});

Deno.test({
  ...needsTarget("a missing or changed procedure is made again, and a newer schema is left alone"),
  async fn() {
    await withEmpty(async (pool, schema) => {
      const open = async () => {
        const storage = sqlServerStorage({ connection: pool, schema });
        await storage.open();
        await storage.close();
      };
      await open();
      await pool.request().batch(`DROP PROCEDURE [${schema}].[usp_ClaimTasks];`);
      await open();
      await open();
      const text = async () => {
        const query = `SELECT m.[definition] AS [Text] FROM sys.sql_modules AS m
          WHERE m.[object_id] = OBJECT_ID(N'[${schema}].[usp_UnregisterWorker]');`;
        const { recordsets } = await pool.request().batch(query);
        return (recordsets as { Text: string }[][])[0]![0]!.Text;
      };
      const ours = await text();
      await pool.request().batch(`DROP PROCEDURE [${schema}].[usp_UnregisterWorker];`);
      await pool.request().batch(ours.replace("XACT_ABORT ON", "XACT_ABORT OFF"));
      await open();
      assertEquals(await text(), ours);
      await pool.request().batch(
        `INSERT INTO [${schema}].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (9999, SYSUTCDATETIME());`,
      );
      const error = await assertRejects(open, SchemaVersionError);
      assertEquals(error.found, 9999);
    });
  },
});

Deno.test({
  ...needsTarget("a migration that fails leaves the schema as it was"),
  async fn() {
    await withEmpty(async (pool, schema) => {
      await pool.request().batch(`CREATE SCHEMA [${schema}];`);
      // In the way of what comes last: a type that has the name of one of ours, and is no table.
      await pool.request().batch(`CREATE TYPE [${schema}].[NameList] FROM int;`);
      try {
        const storage = sqlServerStorage({ connection: pool, schema });
        await assertRejects(() => storage.open());
        const { recordsets } = await pool.request().batch(
          `SELECT OBJECT_ID(N'[${schema}].[SchemaVersions]') AS [Table];`,
        );
        assertEquals((recordsets as { Table: unknown }[][])[0]![0]!.Table, null);
      } finally {
        await pool.request().batch(`DROP TYPE [${schema}].[NameList];`);
      }
    });
  },
});

/** Upstream's tables as its newest version makes them, and as its first did. */
const upstream = {
  newest: `
CREATE TABLE [EverTask].[QueuedTasks] (
    [Id] uniqueidentifier NOT NULL CONSTRAINT [PK_QueuedTasks] PRIMARY KEY,
    [CreatedAtUtc] datetimeoffset NOT NULL, [LastExecutionUtc] datetimeoffset NULL,
    [ExecutionTimeMs] float NOT NULL DEFAULT 0, [ScheduledExecutionUtc] datetimeoffset NULL,
    [Type] nvarchar(500) NOT NULL, [Request] nvarchar(max) NOT NULL, [Handler] nvarchar(500) NOT NULL,
    [Exception] nvarchar(max) NULL, [IsRecurring] bit NOT NULL, [RecurringTask] nvarchar(max) NULL,
    [RecurringInfo] nvarchar(max) NULL, [CurrentRunCount] int NULL, [MaxRuns] int NULL,
    [RunUntil] datetimeoffset NULL, [NextRunUtc] datetimeoffset NULL, [QueueName] nvarchar(max) NULL,
    [TaskKey] nvarchar(200) NULL, [AuditLevel] int NULL, [Status] nvarchar(15) NOT NULL,
    [ParentTaskId] uniqueidentifier NULL, [RuntimeInfo] nvarchar(max) NULL,
    [ScheduleVersion] int NOT NULL DEFAULT 0, [RecoveryDispatchFailureCount] int NULL);
CREATE INDEX [IX_QueuedTasks_Status] ON [EverTask].[QueuedTasks] ([Status]);
CREATE UNIQUE INDEX [IX_QueuedTasks_TaskKey] ON [EverTask].[QueuedTasks] ([TaskKey]) WHERE [TaskKey] IS NOT NULL;`,
  first: `
CREATE TABLE [EverTask].[QueuedTasks] (
    [Id] uniqueidentifier NOT NULL CONSTRAINT [PK_QueuedTasks] PRIMARY KEY,
    [CreatedAtUtc] datetimeoffset NOT NULL, [LastExecutionUtc] datetimeoffset NULL,
    [ScheduledExecutionUtc] datetimeoffset NULL,
    [Type] nvarchar(500) NOT NULL, [Request] nvarchar(max) NOT NULL, [Handler] nvarchar(500) NOT NULL,
    [Exception] nvarchar(max) NULL, [IsRecurring] bit NOT NULL, [RecurringTask] nvarchar(max) NULL,
    [RecurringInfo] nvarchar(max) NULL, [CurrentRunCount] int NULL, [MaxRuns] int NULL,
    [NextRunUtc] datetimeoffset NULL, [Status] nvarchar(15) NOT NULL);`,
};

const history = `
CREATE TABLE [EverTask].[StatusAudit] (
    [Id] bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_StatusAudit] PRIMARY KEY,
    [QueuedTaskId] uniqueidentifier NOT NULL REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
    [UpdatedAtUtc] datetimeoffset NOT NULL, [NewStatus] nvarchar(15) NOT NULL, [Exception] nvarchar(max) NULL);
CREATE INDEX [IX_StatusAudit_QueuedTaskId] ON [EverTask].[StatusAudit] ([QueuedTaskId]);
CREATE TABLE [EverTask].[RunsAudit] (
    [Id] bigint IDENTITY(1, 1) NOT NULL CONSTRAINT [PK_RunsAudit] PRIMARY KEY,
    [QueuedTaskId] uniqueidentifier NOT NULL REFERENCES [EverTask].[QueuedTasks] ([Id]) ON DELETE CASCADE,
    [ExecutedAt] datetimeoffset NOT NULL, [Status] nvarchar(15) NOT NULL, [Exception] nvarchar(max) NULL);
CREATE INDEX [IX_RunsAudit_QueuedTaskId] ON [EverTask].[RunsAudit] ([QueuedTaskId]);`;

/** Ids as upstream makes them: by chance, so in no order. */
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
      `upstream's tables of its ${version} version are adopted with all rows, and their tasks go on`,
    ),
    async fn() {
      await withEmpty(async (pool, schema) => {
        const run = async (text: string) => {
          await pool.request().batch(text.replaceAll("[EverTask]", `[${schema}]`));
        };
        await pool.request().batch(`CREATE SCHEMA [${schema}];`);
        await run(upstream[version]);
        await run(
          version === "first" ? history : history.replace(
            "[ExecutedAt] datetimeoffset NOT NULL,",
            "$& [ExecutionTimeMs] float NOT NULL DEFAULT 0,",
          ),
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
