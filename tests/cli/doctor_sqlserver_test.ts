// Tests `evertask doctor` and `evertask migrate` on a real engine of T-SQL, by making it wrong.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { isolationFindings } from "../../drivers/sqlserver/diagnosis.ts";
import { findDrift, knownObjects } from "../../drivers/sqlserver/drift.ts";
import { loadMssql } from "../../drivers/sqlserver/load_mssql.ts";
import { SqlServerMaintenance } from "../../drivers/sqlserver/maintenance.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../drivers/sqlserver/mssql_api.ts";
import { resolveOptions } from "../../drivers/sqlserver/options.ts";
import { procedureNames } from "../../drivers/sqlserver/script.ts";
import type { Finding } from "../../src/storage/maintenance.ts";
import { systemClock } from "../../src/time/clock.ts";
import {
  dropSchema,
  needsTarget,
  targetConfig,
  withPool,
  withSchema,
} from "../support/tsql_server/target.ts";
import { runCli, type Surroundings } from "./console.ts";

/** A schema that is migrated, and the doctor for it. */
interface Scene {
  readonly pool: SqlServerPool;
  readonly schema: string;
  doctor(around?: Surroundings, pool?: SqlServerPool): Promise<Finding[]>;
  run(statement: string): Promise<unknown>;
}

/** Runs a command on a schema, through the configuration. */
function call(argv: string[], pool: SqlServerPool, schema: string, around: Surroundings = {}) {
  const storage = sqlServerStorage({ connection: pool, schema });
  const configured = { kind: "storage", storage, schema: undefined, tasks: [] } as const;
  return runCli(argv, { ...around, configured });
}

function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  return withPool((pool) =>
    withSchema(pool, async (schema) => {
      const migrated = await call(["migrate"], pool, schema);
      assertEquals([migrated.code, migrated.err], [0, ""]);
      await work({
        pool,
        schema,
        run: (statement) => pool.request().batch(statement.replaceAll("[EverTask]", `[${schema}]`)),
        async doctor(around = {}, as = pool) {
          const { code, out, err } = await call(["doctor", "--json"], as, schema, around);
          assertEquals(err, "");
          const findings = findingsOf(out);
          assertEquals(code, findings.length === 0 ? 0 : 1);
          return findings.filter(({ kind }) => kind !== "noRowVersions"); // depends on the engine
        },
      });
    })
  );
}

function findingsOf(out: string): Finding[] {
  return out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

function kindsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ kind }) => kind);
}

Deno.test({
  ...needsTarget("doctor finds missing and changed objects of a T-SQL schema, and its version"),
  fn: () =>
    withScene(async ({ doctor, run, pool, schema }) => {
      assertEquals(await doctor(), []);

      for (const { name, table } of knownObjects().indexes) {
        await run(`DROP INDEX [${name}] ON [EverTask].[${table}];`);
      }
      await run("DROP PROCEDURE [EverTask].[usp_SweepEvents];");
      await run("DROP PROCEDURE [EverTask].[usp_NextDueAt];");
      await run("CREATE PROCEDURE [EverTask].[usp_NextDueAt] AS SELECT 1;");
      const findings = await doctor();
      assertEquals(kindsOf(findings), ["missingFunction", "changedFunction", "missingIndex"]);
      const [missing, changed, indexes] = findings.map(({ what }) => what);
      assertStringIncludes(missing!, "usp_SweepEvents");
      assertStringIncludes(changed!, "usp_NextDueAt");
      for (const { name } of knownObjects().indexes) assertStringIncludes(indexes!, name);

      await run("DROP TABLE [EverTask].[FailureGroups];");
      const gone = (await doctor()).find(({ kind }) => kind === "missingTable");
      assertStringIncludes(gone!.what, "FailureGroups");

      await run(`INSERT INTO [EverTask].[SchemaVersions] ([Version], [AppliedAtUtc])
        VALUES (9999, SYSUTCDATETIME());`);
      assertEquals(kindsOf(await doctor()), ["schemaNewer"]);
      for (const argv of [["migrate"], ["migrate", "--dry-run"], ["migrate", "--sql"]]) {
        const { code, err } = await call(argv, pool, schema);
        assertEquals(code, 1);
        assertStringIncludes(err, "version 9999");
      }
      await run("DELETE FROM [EverTask].[SchemaVersions] WHERE [Version] > 5;");
      assertEquals(kindsOf(await doctor()), ["schemaOlder"]);
    }),
});

const work = defineTask<null>({ type: "work", handle() {} });

Deno.test({
  ...needsTarget("doctor finds what is wrong with the tasks and workers of a T-SQL store"),
  fn: () =>
    withScene(async ({ doctor, run, pool, schema }) => {
      await using everTask = createEverTask({
        storage: sqlServerStorage({ connection: pool, schema }),
        tasks: [work],
        logger: silentLogger,
      });
      const behind = { ...systemClock, now: () => Date.now() - 60_000 };
      assertEquals(kindsOf(await doctor({ clock: behind })), ["clockSkew"]);

      for (let n = 0; n < 2; n++) await everTask.dispatch(work, null, { recurring: "0 9 * * *" });
      await everTask.dispatch(work, null);
      assertEquals(kindsOf(await doctor()), ["unservedQueue", "multipliedSeries"]);

      const serves = { queues: [{ name: "default", parallelism: 4 }], types: ["other"] };
      const addWorker = (id: string, agoSeconds: number) =>
        run(`INSERT INTO [EverTask].[Workers] ([Id], [Host], [Serves], [StartedUtc], [HeartbeatUtc])
          VALUES (N'${id}', N'web-1', N'${JSON.stringify(serves)}', SYSUTCDATETIME(),
            DATEADD(second, -${agoSeconds}, SYSUTCDATETIME()));`);
      await addWorker("dead", 3_600);
      await addWorker("live", 0);
      assertEquals(kindsOf(await doctor()), ["deadWorker", "unknownType", "multipliedSeries"]);

      await run(`
        DECLARE @Day int = 86400;
        WITH d AS (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL
          SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)
        INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus])
        SELECT (SELECT TOP (1) t.[Id] FROM [EverTask].[QueuedTasks] AS t),
          DATEADD(second, -@Day * (a.n * 1000 + b.n * 100 + c.n * 10 + e.n) / 9999, SYSUTCDATETIME()), N'Queued'
        FROM d AS a CROSS JOIN d AS b CROSS JOIN d AS c CROSS JOIN d AS e CROSS JOIN d AS f;`);
      const found = await doctor();
      assertEquals(kindsOf(found).at(-1), "auditGrowth");
      assertStringIncludes(found.at(-1)!.what, "StatusAudit grows by");
    }),
});

Deno.test({
  ...needsTarget("doctor finds a transaction that has long been open in a T-SQL database"),
  fn: () =>
    withScene(async ({ pool, schema }) => {
      const transaction = pool.transaction();
      await transaction.begin();
      try {
        await transaction.request().batch(`SELECT COUNT(*) FROM [${schema}].[QueuedTasks];`);
        const options = resolveOptions({ connection: pool, schema });
        await using maintenance = new SqlServerMaintenance(options);
        const isOld = ({ kind }: Finding) => kind === "oldTransaction";
        assertEquals((await maintenance.diagnose()).filter(isOld), []);
        const found = (await maintenance.diagnose(0)).filter(isOld);
        assert(found.length > 0);
        assertMatch(found[0]!.what, /^Session \d+ .*has had a transaction open for \d+ minutes/);
      } finally {
        await transaction.rollback();
      }
    }),
});

Deno.test({
  ...needsTarget("an owner migrates a T-SQL schema, and a user gets the rights that doctor names"),
  async fn() {
    const mssql = await loadMssql();
    await withPool((admin) =>
      withSchema(admin, async (schema) => {
        const suffix = schema.slice(5);
        const password = `Aa1!${crypto.randomUUID()}`;
        const run = (text: string) => admin.request().batch(text);
        const pools: SqlServerPool[] = [];
        const [owner, user] = await Promise.all(["owner", "user"].map(async (role) => {
          const name = `${role}_${suffix}`;
          await run(`CREATE LOGIN [${name}] WITH PASSWORD = '${password}';`);
          await run(`CREATE USER [${name}] FOR LOGIN [${name}];`);
          const pool = new mssql.ConnectionPool({ ...targetConfig(), user: name, password });
          pools.push(pool);
          await pool.connect();
          return { name, pool };
        }));
        try {
          const refused = await call(["migrate"], owner!.pool, schema);
          assertEquals(refused.code, 1);
          assertEquals(refused.err.includes(password), false);
          for (const [statement] of refused.err.matchAll(/(CREATE SCHEMA|GRANT CREATE)[^;]*;/g)) {
            await run(statement);
          }
          // Many may do it at the same time.
          const runs = await Promise.all(
            Array.from({ length: 3 }, () => call(["migrate", "--json"], owner!.pool, schema)),
          );
          assertEquals(runs.map(({ code, err }) => [code, err]), runs.map(() => [0, ""]));
          const steps = runs.map(({ out }) => JSON.parse(out).steps.length);
          assertEquals(steps.filter((count) => count > 0).length, 1);

          const doctor = async (as: { readonly pool: SqlServerPool }) => {
            const { out } = await call(["doctor", "--json"], as.pool, schema);
            return findingsOf(out).filter(({ kind }) => kind !== "noRowVersions");
          };
          assertEquals(await doctor(owner!), []);
          const [none] = await doctor(user!);
          assertEquals(none!.kind, "schemaMissing");
          assertStringIncludes(none!.remedy, `ON SCHEMA::[${schema}] TO [${user!.name}]`);
          const partly = `GRANT SELECT ON SCHEMA::[${schema}] TO [${user!.name}]`;
          await run(`EXEC (N'${partly}');`);
          const missing = (await doctor(user!)).find(({ kind }) => kind === "missingRights");
          await run(missing!.remedy.replace("Let an administrator run: ", ""));
          assertEquals(await doctor(user!), []);
          const { code, out } = await call(["tasks", "count"], user!.pool, schema);
          assertEquals([code, out], [0, "0\n"]);
        } finally {
          for (const pool of pools) await pool.close();
          await dropSchema(admin, schema); // which one of them owns
          for (const { name } of [owner!, user!]) {
            await run(`DROP USER [${name}];`);
            await run(`DROP LOGIN [${name}];`);
          }
        }
      })
    );
  },
});

Deno.test("the indexes of a T-SQL schema are found by their names, also by those of Babelfish", () => {
  const known = knownObjects();
  assert(known.tables.length > 10 && known.indexes.length > 10 && procedureNames.length > 10);
  const tables = known.tables.map((Table) => ({ Table }));
  const plain = known.indexes.map(({ name }) => ({ Index: name, IsDisabled: false }));
  const nothing = { missingTables: [], missingIndexes: [], disabledIndexes: [] };
  assertEquals(findDrift([tables, plain]), nothing);
  const mangled = known.indexes.map(({ name, table }) => ({
    Index: `${name}${table}`.toLowerCase().slice(0, 31) + "0123456789abcdef".repeat(2),
    IsDisabled: false,
  }));
  assertEquals(findDrift([tables, mangled]), nothing);
  for (const [at, { name }] of known.indexes.entries()) {
    for (const indexes of [plain, mangled]) {
      const without = findDrift([tables, indexes.toSpliced(at, 1)]);
      assertEquals(without, { ...nothing, missingIndexes: [name] });
      const disabled = findDrift([tables, indexes.with(at, { ...indexes[at]!, IsDisabled: true })]);
      assertEquals(disabled, { ...nothing, disabledIndexes: [name] });
    }
  }
});

Deno.test("doctor advises row versions to a SQL Server database without them", () => {
  const [finding] = isolationFindings([[{ Database: "shop", IsOn: false }]]);
  assertEquals(finding!.kind, "noRowVersions");
  assertStringIncludes(finding!.remedy, "ALTER DATABASE [shop] SET READ_COMMITTED_SNAPSHOT ON");
  assertEquals(isolationFindings([[{ Database: "shop", IsOn: true }]]), []);
});
