// Migrations on a real engine: of an empty database, by many processes, and by hand.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import {
  batchesOf,
  knownVersion,
  migrationFiles,
  procedureNames,
} from "../../../drivers/sqlserver/script.ts";
import type { SqlFileName } from "../../../drivers/sqlserver/sql.generated.ts";
import { SchemaVersionError, StorageError } from "../../../src/storage/errors.ts";
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
  ...needsTarget("the files can be run by hand, and running them again changes nothing"),
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
  ...needsTarget(
    "a missing or changed procedure is created again, and a newer schema is not changed",
  ),
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

const conflicts = [
  {
    what: "numbered files that fail leave the schema unchanged",
    // The files alter a table of this name.
    create: "VIEW",
    name: "Workers",
    as: "AS SELECT 1 AS [One]",
    hasTables: false,
  },
  {
    what: "procedures that fail leave the new tables, and are not created in part",
    // The last procedure has this name.
    create: "FUNCTION",
    name: "usp_WatchEvents",
    as: "() RETURNS int AS BEGIN RETURN 1; END",
    hasTables: true,
  },
];

for (const { what, create, name, as, hasTables } of conflicts) {
  Deno.test({
    ...needsTarget(what),
    fn: () =>
      withEmpty(async (pool, schema) => {
        await pool.request().batch(`CREATE SCHEMA [${schema}];`);
        await pool.request().batch(`CREATE ${create} [${schema}].[${name}] ${as};`);
        try {
          const storage = sqlServerStorage({ connection: pool, schema });
          await assertRejects(() => storage.open());
          const { recordsets } = await pool.request().batch(
            `SELECT OBJECT_ID(N'[${schema}].[SchemaVersions]') AS [Table],
              (SELECT COUNT(*) FROM sys.procedures
                WHERE [schema_id] = SCHEMA_ID(N'${schema}') AND LOWER([name]) <> '${name.toLowerCase()}') AS [Procedures];`,
          );
          const [row] = (recordsets as { Table: unknown; Procedures: number }[][])[0]!;
          assertEquals([row!.Table !== null, row!.Procedures], [hasTables, 0]);
        } finally {
          await pool.request().batch(`DROP ${create} [${schema}].[${name}];`);
        }
      }),
  });
}

Deno.test({
  ...needsTarget("a type with the name of one of ours is an error that names it, until it is gone"),
  fn: () =>
    withEmpty(async (pool, schema) => {
      const open = async () => {
        const storage = sqlServerStorage({ connection: pool, schema });
        await storage.open();
        await storage.close();
      };
      const run = (text: string) =>
        pool.request().batch(text.replaceAll("[EverTask]", `[${schema}]`));
      const isRefused = async () => {
        const { message } = await assertRejects(open, StorageError);
        assertStringIncludes(message, `[${schema}].[NameList]. Nothing was changed.`);
      };

      await run("CREATE SCHEMA [EverTask];");
      await run("CREATE TYPE [EverTask].[NameList] FROM int;");
      await isRefused();
      const { recordsets } = await run("SELECT OBJECT_ID(N'[EverTask].[SchemaVersions]') AS [Id];");
      assertEquals((recordsets as { Id: unknown }[][])[0]![0]!.Id, null);
      await run("DROP TYPE [EverTask].[NameList];");
      await open();

      // A schema that has the tables, but no procedures, because of such a type.
      for (const name of procedureNames) await run(`DROP PROCEDURE [EverTask].[${name}];`);
      await run("DROP TYPE [EverTask].[NameList];");
      await run("CREATE TYPE [EverTask].[NameList] FROM int;");
      await isRefused();
      await run("DROP TYPE [EverTask].[NameList];");
      await open();
    }),
});
