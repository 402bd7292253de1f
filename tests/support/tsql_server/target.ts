// The T-SQL engine for tests, if available: SQL Server, Azure SQL or Babelfish, named by an
// environment variable. Everything happens in schemas with random names, which are removed again.

import { checkServer, poolConfig } from "../../../drivers/sqlserver/connection.ts";
import { procedureNames } from "../../../drivers/sqlserver/script.ts";
import * as tableTypeModule from "../../../drivers/sqlserver/table_types.ts";
import { loadMssql } from "../../../drivers/sqlserver/load_mssql.ts";
import type { SqlServerConfig, SqlServerPool } from "../../../drivers/sqlserver/mssql_api.ts";
import { messageOf } from "../../../src/thrown/describe_error.ts";

/** The environment variable with the engine's URL, and the form of its value. */
export const targetVariable =
  "EVERTASK_TEST_SQLSERVER=mssql://user:password@127.0.0.1:1433/database";

/** The URL of the engine, or undefined if there is none. */
export const targetUrl: string | undefined = Deno.env.get(targetVariable.split("=")[0]!);

const mssql = await loadMssql();

/** Whether an engine is available. */
export const hasTarget = targetUrl !== undefined;

/**
 * Returns the name of a test that needs the engine, and whether to ignore the test. Without an
 * engine, the test is ignored, and its name says so.
 */
export function needsTarget(name: string): { readonly name: string; readonly ignore: boolean } {
  return { name: hasTarget ? name : `${name} (needs ${targetVariable})`, ignore: !hasTarget };
}

/** The engine's configuration. A test engine has a self-signed certificate. */
export function targetConfig(options: { readonly max?: number } = {}): SqlServerConfig {
  const config = poolConfig(checkServer(targetUrl!), mssql);
  return {
    ...config,
    options: { ...config.options, trustServerCertificate: true },
    pool: { max: options.max ?? 8, min: 0 },
    connectionTimeout: 60_000,
    // An engine may need a long time to compile a procedure when it is first called.
    requestTimeout: 120_000,
  };
}

/** Runs `work` with a pool of connections to the engine, and closes the pool. */
export async function withPool<T>(
  work: (pool: SqlServerPool) => Promise<T>,
  options: { readonly max?: number } = {},
): Promise<T> {
  const pool = new mssql.ConnectionPool(targetConfig(options));
  await pool.connect();
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/** Whether the engine is Babelfish, which ignores lock hints. */
export async function isBabelfish(pool: SqlServerPool): Promise<boolean> {
  const { recordsets } = await pool.request().query("SELECT SERVERPROPERTY('Babelfish') AS [It];");
  return (recordsets as { It: unknown }[][])[0]![0]!.It !== null;
}

/** Runs `work` with the name of a new schema, and removes the schema afterwards. */
export async function withSchema<T>(
  pool: SqlServerPool,
  work: (schema: string) => Promise<T>,
): Promise<T> {
  const schema = `Test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  try {
    return await work(schema);
  } finally {
    await dropSchema(pool, schema);
  }
}

/** Returns the name of a new schema, and a function that removes it. */
export async function temporarySchema(): Promise<{ name: string; remove: () => Promise<void> }> {
  const made = Promise.withResolvers<string>();
  const done = Promise.withResolvers<void>();
  const removed = withPool((pool) =>
    withSchema(pool, async (schema) => {
      made.resolve(schema);
      await done.promise;
    })
  );
  removed.catch(made.reject);
  const remove = () => {
    done.resolve();
    return removed;
  };
  return { name: await made.promise, remove };
}

const tables = [
  ...["TaskTags", "StatusAudit", "RunsAudit", "TaskExecutionLog", "TaskExecutionLogs"],
  ...["QueuedTasks", "Workers", "PausedQueues", "ReturnedRateSlots", "RateLimits"],
  ...["EventWatchers", "RelayedEvents", "Activity", "FailureGroups"],
  "FailureCounts",
  ...["OperatorActions", "SchemaVersions"],
];

const tableTypes = Object.values(tableTypeModule);

/** Removes a schema and everything that the storage created in it. */
export async function dropSchema(pool: SqlServerPool, schema: string): Promise<void> {
  for (const procedure of procedureNames) {
    await pool.request().batch(`DROP PROCEDURE IF EXISTS [${schema}].[${procedure}];`);
  }
  for (const { name } of tableTypes) {
    await pool.request().batch(`DROP TYPE IF EXISTS [${schema}].[${name}];`);
  }
  for (const table of tables) {
    await pool.request().batch(`DROP TABLE IF EXISTS [${schema}].[${table}];`);
  }
  await pool.request().batch(`DROP SCHEMA IF EXISTS [${schema}];`);
}

/** Removes all rows of a schema. */
export async function emptySchema(pool: SqlServerPool, schema: string): Promise<void> {
  const emptied = tables.filter((table) =>
    table !== "SchemaVersions" && table !== "TaskExecutionLogs"
  );
  // One statement at a time, because within a batch Babelfish may lose track of the schema when
  // other schemas change at the same time.
  for (const table of emptied) await deleteRows(pool, `[${schema}].[${table}]`);
}

/** The maximum number of foreign keys that cascade from one table. */
const mostCascades = 3;

/**
 * Deletes all rows of a table, and retries if Babelfish fails to cascade. When Babelfish rebuilds
 * the cached plan of a foreign key, it translates the already translated name of the schema once
 * more: `relation "evertask_evertask_test_….statusaudit" does not exist` (seen with 4.3). It then
 * discards that plan, and the next one is correct.
 */
async function deleteRows(pool: SqlServerPool, table: string): Promise<void> {
  for (let triesLeft = mostCascades;; triesLeft--) {
    try {
      await pool.request().query(`DELETE FROM ${table};`);
      return;
    } catch (error) {
      const hasLostSchema = /^relation "\w+\.\w+" does not exist$/.test(messageOf(error));
      if (!hasLostSchema || triesLeft === 0) throw error;
    }
  }
}

/** The columns with instants, by table. */
const instants: Readonly<Record<string, readonly string[]>> = {
  QueuedTasks: [
    ...["CreatedAtUtc", "LastExecutionUtc", "ScheduledExecutionUtc", "RunUntil", "NextRunUtc"],
    ...["DueAtUtc", "RateSlotUtc", "AnchorUtc"],
  ],
  StatusAudit: ["UpdatedAtUtc"],
  RunsAudit: ["ExecutedAt"],
  TaskExecutionLog: ["TimestampUtc"],
  Workers: ["StartedUtc", "HeartbeatUtc"],
  PausedQueues: ["PausedAtUtc"],
  EventWatchers: ["ExpiresUtc"],
  RelayedEvents: ["WrittenUtc"],
  OperatorActions: ["AtUtc"],
};

/** Ages the rows of a schema by moving all of their instants back by `ms` milliseconds. */
export async function passTime(
  pool: SqlServerPool,
  schema: string,
  ms: number,
): Promise<void> {
  const days = Math.trunc(ms / 86_400_000);
  const rest = ms % 86_400_000;
  const statements = Object.entries(instants).map(([table, columns]) => {
    const changes = columns.map((column) =>
      `[${column}] = DATEADD(millisecond, ${-rest}, DATEADD(day, ${-days}, [${column}]))`
    );
    return `UPDATE [${schema}].[${table}] SET ${changes.join(", ")};`;
  });
  const milliseconds = [
    ["RateLimits", "ReservedTatMs"],
    ["RateLimits", "StartedTatMs"],
    ["ReturnedRateSlots", "SlotMs"],
  ];
  for (const [table, column] of milliseconds) {
    statements.push(`UPDATE [${schema}].[${table}] SET [${column}] = [${column}] - ${ms};`);
  }
  for (const statement of statements) await pool.request().query(statement);
}
