// Calls the procedures directly, as a client other than the driver does: upstream's procedures with
// upstream's parameters, the audit levels in T-SQL, and upstream's query for audit growth.

import { assertEquals, assertRejects } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import { type AuditLevel, auditLevels } from "../../../src/audit/audit_level.ts";
import {
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "../../../src/storage/kit/audit_policy.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { taskStatuses } from "../../../src/storage/task_status.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { newTask } from "./tasks.ts";

interface Scene {
  readonly pool: SqlServerPool;
  readonly schema: string;
  readonly storage: Storage;
  /** Runs a batch, and returns the rows of its recordsets. */
  run(text: string): Promise<Record<string, unknown>[][]>;
}

/** Runs work with an open storage in a new schema, and closes the storage and its pool. */
async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withPool((pool) =>
    withSchema(pool, async (schema) => {
      const storage = sqlServerStorage({ connection: pool, schema });
      await storage.open();
      const run = async (text: string) => {
        const { recordsets } = await pool.request().batch(
          text.replaceAll("[EverTask]", `[${schema}]`),
        );
        return recordsets as Record<string, unknown>[][];
      };
      await work({ pool, schema, storage, run });
      await storage.close();
    })
  );
}

Deno.test({
  ...needsTarget("usp_SetTaskStatus audits by level, status and exception like AuditPolicy"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      const ids = new Map<string, boolean>();
      const calls: string[] = [];
      for (const [number, level] of [...auditLevels.entries(), [null, "Full"] as const]) {
        for (const status of taskStatuses) {
          for (const exception of [null, "Oh!"]) {
            const task = newTask({ auditLevel: "None" });
            await storage.persist([task]);
            ids.set(task.id, shouldCreateStatusAudit(level as AuditLevel, status, exception));
            const text = exception === null ? "NULL" : `N'${exception}'`;
            calls.push(
              `EXEC [EverTask].[usp_SetTaskStatus] '${task.id}', N'${status}', ${text}, ${
                number ?? "NULL"
              };`,
            );
          }
        }
      }
      const answers = await run(calls.join("\n"));
      assertEquals(answers.every(([row]) => Number(row!.Applied) === 1), true);
      for (const [id, audited] of ids) {
        assertEquals((await storage.statusAudit(id)).items.length, audited ? 1 : 0);
      }
    });
  },
});

Deno.test({
  ...needsTarget("usp_UpdateCurrentRun audits by level, status and exception like AuditPolicy"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      for (const [number, level] of auditLevels.entries()) {
        for (const status of ["Completed", "Failed", "ServiceStopped"] as const) {
          for (const exception of [null, "Oh!"]) {
            const task = newTask({ auditLevel: "None", recurring: true });
            await storage.persist([task]);
            const text = exception === null ? "NULL" : `N'${exception}'`;
            await run(
              `EXEC [EverTask].[usp_UpdateCurrentRun] '${task.id}', 12.5, NULL, ${number}, N'${status}', ${text};`,
            );
            const runs = (await storage.runsAudit(task.id)).items.length;
            const changes = (await storage.statusAudit(task.id)).items.length;
            assertEquals(runs, shouldCreateRunsAudit(level, status, exception) ? 1 : 0);
            assertEquals(changes, shouldCreateStatusAudit(level, status, exception) ? 1 : 0);
          }
        }
      }
    });
  },
});

Deno.test({
  ...needsTarget("upstream's calls work: the status and then the run, or both in one call"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      const tasks = [newTask({ recurring: true }), newTask({ recurring: true })];
      await storage.persist(tasks);
      const [first, second] = tasks.map(({ id }) => id);
      await run(
        `EXEC [EverTask].[usp_SetTaskStatus] @TaskId = '${first}', @Status = N'Failed', @Exception = N'Oh!';
        EXEC [EverTask].[usp_UpdateCurrentRun] '${first}', 20, '2030-01-01T00:00:00+00:00', 1;
        EXEC [EverTask].[usp_CompleteRecurringRun] '${second}', 30, '2030-01-02T00:00:00+00:00';`,
      );
      const rows = await Promise.all([storage.get(first!), storage.get(second!)]);
      assertEquals(rows.map((row) => [row!.status, row!.exception, row!.executionTimeMs]), [
        ["Failed", "Oh!", 20],
        ["Completed", null, 30],
      ]);
      assertEquals(rows.map((row) => [row!.series!.runCount, row!.series!.nextRunAt, row!.dueAt]), [
        [1, Date.UTC(2030, 0, 1), Date.UTC(2030, 0, 1)],
        [1, Date.UTC(2030, 0, 2), Date.UTC(2030, 0, 2)],
      ]);
      const [run1] = (await storage.runsAudit(first!)).items;
      assertEquals([run1!.status, run1!.exception], ["Failed", "Oh!"]);
    });
  },
});

Deno.test({
  ...needsTarget("usp_SetTaskStatus with a waiting status makes an ended task due"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      await storage.registerWorker({ id: "w", host: "test" });
      for (const status of ["WaitingQueue", "Queued", "Pending"]) {
        const task = newTask({ queue: status });
        await storage.persist([task]);
        await storage.setStatus(task.id, "Failed", "Oh!", "Full");
        const [[answer]] = await run(
          `EXEC [EverTask].[usp_SetTaskStatus] '${task.id}', N'${status}';`,
        ) as [[Record<string, unknown>]];
        assertEquals(Number(answer.Applied), 1);
        const queues = [{ name: status, limit: 1 }];
        const { tasks } = await storage.claim({ workerId: "w", types: [task.type], queues });
        assertEquals(tasks.map((claimed) => [claimed.id, claimed.status]), [[task.id, status]]);
      }
    });
  },
});

Deno.test({
  ...needsTarget("a status that does not exist is rejected by name, and nothing is written"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      const [task, series] = [newTask(), newTask({ recurring: true })];
      await storage.persist([task, series]);
      for (const status of ["Done", "queued", "Queued ", "", "O'Brien", null]) {
        const text = status === null ? "NULL" : `N'${status.replace("'", "''")}'`;
        const fill = (type: string, columns: string, id: string) =>
          `DECLARE @Changes [EverTask].[${type}], @Steps [EverTask].[StatusStepList];
          INSERT INTO @Changes ([TaskId], [Ordinal], [LastStep], ${columns}) VALUES ('${id}', 0, 1, 0, 0);
          INSERT INTO @Steps ([Ordinal], [Step], [Status], [AgoMs]) VALUES (0, 0, ${text}, 0), (0, 1, N'Failed', 0);`;
        const calls = [
          `EXEC [EverTask].[usp_SetTaskStatus] '${task.id}', ${text};`,
          `EXEC [EverTask].[usp_UpdateCurrentRun] '${series.id}', 1, NULL, 0, ${text};`,
          `${fill("StatusChangeList", "[ReturnAttempt], [ExecutionTimeMs]", task.id)}
          EXEC [EverTask].[usp_SetTaskStatuses] @Changes, @Steps;`,
          `${fill("RunEndList", "[ExecutionTimeMs], [Counts]", series.id)}
          EXEC [EverTask].[usp_UpdateCurrentRuns] @Changes, @Steps;`,
        ];
        // A run's status may be NULL if it was set before. A step's may not, because its column is
        // NOT NULL.
        const refusing = status === null ? calls.slice(0, 1) : calls;
        for (const call of refusing) {
          const shown = status === null ? "NULL" : `'${status.replace("'", "''")}'`;
          await assertRejects(
            () => run(call),
            Error,
            `The status is ${shown}, but must be one of WaitingQueue, Queued, InProgress`,
          );
        }
      }
      assertEquals((await storage.get(task.id))?.status, "Queued");
      assertEquals((await storage.get(series.id))?.status, "WaitingQueue");
      assertEquals((await storage.auditGrowth()).map(({ rows }) => rows), [2, 0, 0]);
    });
  },
});

Deno.test({
  ...needsTarget("nothing is written about a task that does not exist"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      const id = newTask().id;
      const answers = await run(`EXEC [EverTask].[usp_SetTaskStatus] '${id}', N'Failed', N'Oh!', 0;
        EXEC [EverTask].[usp_UpdateCurrentRun] '${id}', 1, NULL, 0, N'Failed';
        EXEC [EverTask].[usp_CompleteRecurringRun] '${id}', 1;`);
      assertEquals(answers.map(([row]) => Number(row!.Applied)), [0, 0, 0]);
      assertEquals((await storage.auditGrowth()).map(({ rows }) => rows), [0, 0, 0]);
    });
  },
});

Deno.test({
  ...needsTarget(
    "procedures that take batches can be called by hand, with variables of their table types",
  ),
  async fn() {
    await withScene(async ({ storage, run }) => {
      const tasks = [newTask(), newTask()];
      await storage.persist(tasks);
      const values = tasks.map(({ id }, index) => `(${index}, '${id}')`).join(", ");
      const [outcomes] = await run(`DECLARE @TaskIds [EverTask].[TaskIdList];
        INSERT INTO @TaskIds VALUES ${values};
        EXEC [EverTask].[usp_RequestCancel] @TaskIds;`);
      assertEquals(outcomes!.map(({ Outcome }) => Outcome), ["cancelled", "cancelled"]);
    });
  },
});

Deno.test({
  ...needsTarget("tasks are listed by the bytes of their ids as text"),
  async fn() {
    await withScene(async ({ storage }) => {
      const digits = "00000000000070008000000000000000";
      const places = [1, 3, 5, 7, 9, 11, 15, 19, 21, 31];
      const ids = places.map((place) => digits.slice(0, place) + "9" + digits.slice(place + 1))
        .map((id) => id.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
      await storage.persist(ids.map((id) => newTask({ id })));
      let page = await storage.list({}, { limit: 4 });
      const listed = [...page.items];
      while (page.next !== null) {
        page = await storage.list({}, { limit: 4, after: page.next });
        listed.push(...page.items);
      }
      assertEquals(listed.map(({ id }) => id), ids);
    });
  },
});

/** Upstream's query, word for word. */
const growthQuery = `
SELECT
    'StatusAudit' AS TableName,
    COUNT(*) AS TotalRows,
    COUNT(*) / NULLIF(DATEDIFF(DAY, MIN(UpdatedAtUtc), MAX(UpdatedAtUtc)), 0) AS AvgRowsPerDay
FROM [EverTask].[StatusAudit]
UNION ALL
SELECT
    'RunsAudit' AS TableName,
    COUNT(*) AS TotalRows,
    COUNT(*) / NULLIF(DATEDIFF(DAY, MIN(ExecutedAt), MAX(ExecutedAt)), 0) AS AvgRowsPerDay
FROM [EverTask].[RunsAudit];`;

Deno.test({
  ...needsTarget("upstream's query for audit growth runs unchanged"),
  async fn() {
    await withScene(async ({ storage, run }) => {
      const task = newTask({ recurring: true });
      await storage.persist([task]);
      for (const agoMs of [4 * 86_400_000, 0]) {
        await storage.updateCurrentRun(task.id, 1, Date.UTC(2030, 0, 1), "Full", { agoMs });
      }
      const [growth] = await run(growthQuery);
      const figures = growth!.map(({ TableName, TotalRows, AvgRowsPerDay }) => [
        TableName,
        Number(TotalRows),
        AvgRowsPerDay === null ? null : Number(AvgRowsPerDay),
      ]);
      assertEquals(figures, [["StatusAudit", 3, 0], ["RunsAudit", 2, 0]]);
    });
  },
});
