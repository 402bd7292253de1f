// The plan of a migration says how long it takes.

import { assertEquals } from "@std/assert";
import { SqlServerMaintenance } from "../../../drivers/sqlserver/maintenance.ts";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { resolveOptions } from "../../../drivers/sqlserver/options.ts";
import type { MigrationPlan } from "../../../src/storage/maintenance.ts";
import { TdsServer } from "../../support/tds_server/server.ts";
import { needsTarget, withPool, withSchema } from "../../support/tsql_server/target.ts";
import { connectionTo, isStateQuery, rows, schemaState } from "./scripted.ts";
import { newTask } from "./tasks.ts";

/** Returns the estimates by file. */
function estimatesOf({ steps }: MigrationPlan): Record<string, number | undefined> {
  return Object.fromEntries(steps.map(({ file, estimatedMs }) => [file, estimatedMs]));
}

Deno.test("a plan estimates the duration by the sizes of the tables that its files read", async () => {
  const [taskBytes, auditBytes] = [2_000_000_000, 200_000_000];
  await using server = new TdsServer({
    answer: (request) =>
      isStateQuery(request) ? schemaState({ version: 2 }) : {
        recordsets: [
          rows({ Table: "text", Bytes: "bigint" }, ["QueuedTasks", taskBytes], [
            "StatusAudit",
            auditBytes,
          ]),
        ],
      },
  });
  const options = resolveOptions({ connection: connectionTo(server) });
  await using maintenance = new SqlServerMaintenance(options);
  const estimates = estimatesOf(await maintenance.plan());
  const catalogMs = 20;
  // Four indexes of tasks, and two of their status changes, at 200 MB a second.
  assertEquals(estimates["0003_indexes.sql"], catalogMs + 40_000 + 2_000);
  assertEquals(estimates["0006_series_corrections.sql"], catalogMs + 10_000);
  assertEquals(estimates["0007_worker_serves.sql"], catalogMs, "a column without values");
});

Deno.test({
  ...needsTarget("the sizes of tables are estimated on a real engine, also of a new schema"),
  async fn() {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        const options = resolveOptions({ connection: pool, schema });
        await using maintenance = new SqlServerMaintenance(options);
        const fresh = estimatesOf(await maintenance.plan(5));
        assertEquals(fresh["0003_indexes.sql"], 20);
        await maintenance.migrate();
        const storage = sqlServerStorage({ connection: pool, schema });
        await storage.open();
        const ids = Array.from({ length: 20_000 }, () => crypto.randomUUID());
        const payload = JSON.stringify(ids.join());
        await storage.persist(Array.from({ length: 10 }, () => newTask({ payload })));
        await storage.close();
        await pool.request().batch(
          `DELETE FROM [${schema}].[SchemaVersions] WHERE [Version] >= 3;`,
        );
        const large = estimatesOf(await maintenance.plan(5));
        assertEquals(large["0003_indexes.sql"]! > 60, true, `${large["0003_indexes.sql"]} ms`);
        await pool.request().batch(
          `INSERT INTO [${schema}].[SchemaVersions] ([Version], [AppliedAtUtc]) VALUES (9, SYSUTCDATETIME());`,
        );
      })
    );
  },
});
