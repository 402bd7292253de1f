// Finds faults of a database: of its schema, its settings and its state.

import type { Finding } from "../../src/storage/maintenance.ts";
import type { SqlServerDatabase } from "./database.ts";
import { catalogQuery, findDrift } from "./drift.ts";
import { rightToUse } from "./missing_rights.ts";
import type { Recordsets } from "./recordsets.ts";
import { text, truth } from "./rows.ts";
import type { SchemaState } from "./schema_state.ts";
import { knownVersion } from "./script.ts";

/** The age from which on an open transaction is a fault, in milliseconds. */
export const oldTransactionMs = 3_600_000;

/** Finds the faults of a database. */
export async function databaseFindings(
  database: SqlServerDatabase,
  state: SchemaState,
  transactionMs: number,
): Promise<Finding[]> {
  const { schema, isBabelfish } = database;
  const wrongVersion = await versionFindings(state, database);
  if (wrongVersion.length > 0) return wrongVersion;
  return [
    ...procedureFindings(state),
    ...objectFindings(await database.query(catalogQuery), schema),
    ...await rightFindings(database),
    // Babelfish reads row versions with every setting.
    ...isBabelfish ? [] : isolationFindings(await database.query(isolationQuery)),
    ...transactionFindings(
      await database.query(isBabelfish ? babelfishTransactions : transactionQuery),
      transactionMs,
    ),
  ];
}

async function versionFindings(
  { version }: SchemaState,
  database: SqlServerDatabase,
): Promise<Finding[]> {
  const { schema } = database;
  if (version === knownVersion) return [];
  if (version > knownVersion) {
    return [{
      kind: "schemaNewer",
      what: `The schema ${schema} has version ${version}, and this program knows ${knownVersion}.`,
      why: "Processes of this version cannot start on it.",
      remedy: "Update EverTask here.",
    }];
  }
  return [{
    kind: version === 0 ? "schemaMissing" : "schemaOlder",
    what: version === 0
      ? `There is no schema ${schema} that this user sees.`
      : `The schema ${schema} has version ${version}, and this program needs ${knownVersion}.`,
    why: "Processes of this version cannot work on it.",
    remedy: version === 0 ? await remedyOfNone(database) : "Run: evertask migrate",
  }];
}

/** Returns what to do if no table is visible: there may be none, or the user may lack rights. */
async function remedyOfNone(database: SqlServerDatabase): Promise<string> {
  const grantee = await database.grantee();
  const remedy = "Run: evertask migrate.";
  if (!grantee.hasSchema) return remedy;
  return `${remedy} If it has been migrated, let an administrator run: ${rightToUse(grantee)}`;
}

function procedureFindings({ missing, outdated }: SchemaState): Finding[] {
  const changed = outdated.filter((name) => !missing.includes(name));
  return [
    ...listed(missing, {
      kind: "missingFunction",
      what: "Procedures are missing, or this user may not see them",
      why: "Calls fail.",
      remedy: "Run: evertask migrate, or grant the user the rights on the schema.",
    }),
    ...listed(changed, {
      kind: "changedFunction",
      what: "Procedures have another text than those of this version",
      why: "They may not do what EverTask expects.",
      remedy: "Run: evertask migrate",
    }),
  ];
}

function objectFindings(catalog: Recordsets, schema: string): Finding[] {
  const { missingTables, missingIndexes, disabledIndexes } = findDrift(catalog);
  return [
    ...listed(missingTables, {
      kind: "missingTable",
      what: "Tables are missing, or this user may not see them",
      why: "Calls fail.",
      remedy: "Restore them from a backup, or as the files of sql/sqlserver/ create them.",
    }),
    ...listed(missingIndexes, {
      kind: "missingIndex",
      what: "Indexes are missing",
      why: "Statements read whole tables, and get slower as they grow.",
      remedy: "Create them as the files of sql/sqlserver/ do.",
    }),
    ...listed(disabledIndexes, {
      kind: "invalidIndex",
      what: "Indexes are disabled",
      why: "Statements read whole tables, or fail.",
      remedy: `Run for each: ALTER INDEX [name] ON [${schema}].[table] REBUILD;`,
    }),
  ];
}

/** Returns a finding about the objects with these names, if there are any. */
function listed(names: readonly string[], finding: Finding): Finding[] {
  return names.length === 0 ? [] : [{ ...finding, what: `${finding.what}: ${names.join(", ")}.` }];
}

const rightsQuery = `
SELECT MIN(HAS_PERMS_BY_NAME(N'[EverTask].' + QUOTENAME(p.[name]), 'OBJECT', 'EXECUTE')) AS [CanExecute]
FROM sys.procedures AS p WHERE p.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1));
SELECT MIN(HAS_PERMS_BY_NAME(N'[EverTask].' + QUOTENAME(t.[name]), 'OBJECT', 'SELECT')) AS [CanSelect],
    MIN(HAS_PERMS_BY_NAME(N'[EverTask].' + QUOTENAME(t.[name]), 'OBJECT', 'INSERT')
        + HAS_PERMS_BY_NAME(N'[EverTask].' + QUOTENAME(t.[name]), 'OBJECT', 'UPDATE')
        + HAS_PERMS_BY_NAME(N'[EverTask].' + QUOTENAME(t.[name]), 'OBJECT', 'DELETE')) AS [Changes]
FROM sys.tables AS t WHERE t.[schema_id] = SCHEMA_ID(PARSENAME(N'[EverTask]', 1));`;

async function rightFindings(database: SqlServerDatabase): Promise<Finding[]> {
  const [procedures, tables] = await database.query(rightsQuery);
  const { CanSelect, Changes } = tables![0]!;
  // In SQL Server, a procedure has the rights of its owner on the tables.
  const canChange = !database.isBabelfish || Number(Changes) === 3;
  if (truth(procedures![0]!.CanExecute) && truth(CanSelect) && canChange) return [];
  return [{
    kind: "missingRights",
    what: `This user lacks rights on the schema ${database.schema}.`,
    why: "Processes with this user fail when they need them.",
    remedy: `Let an administrator run: ${rightToUse(await database.grantee())}`,
  }];
}

const isolationQuery = `
SELECT [name] AS [Database], [is_read_committed_snapshot_on] AS [IsOn]
FROM sys.databases WHERE [name] = DB_NAME();`;

/** Returns a finding if reads wait for the transactions of other sessions. */
export function isolationFindings([databases]: Recordsets): Finding[] {
  const found = databases?.[0];
  if (found === undefined || truth(found.IsOn)) return [];
  return [{
    kind: "noRowVersions",
    what: "READ_COMMITTED_SNAPSHOT is off.",
    why: "Reads, such as those of the dashboard, wait for each transaction that changes a task.",
    remedy: "While no other session uses the database, run: " +
      `ALTER DATABASE [${text(found.Database)}] SET READ_COMMITTED_SNAPSHOT ON;`,
  }];
}

/**
 * Reads open transactions. Returns no rows if the user may not see them (errors 297, 300 and 262).
 */
const transactionQuery = `
BEGIN TRY
    SELECT s.[session_id] AS [Session], s.[status] AS [Status], s.[program_name] AS [Program],
        CAST(DATEDIFF(second, t.[transaction_begin_time], GETDATE()) AS float) * 1000 AS [AgeMs]
    FROM sys.dm_tran_session_transactions AS x
    JOIN sys.dm_tran_active_transactions AS t ON t.[transaction_id] = x.[transaction_id]
    JOIN sys.dm_tran_database_transactions AS d ON d.[transaction_id] = x.[transaction_id]
        AND d.[database_id] = DB_ID()
    JOIN sys.dm_exec_sessions AS s ON s.[session_id] = x.[session_id]
    WHERE x.[is_user_transaction] = 1 AND s.[session_id] <> @@SPID
    ORDER BY t.[transaction_begin_time];
END TRY
BEGIN CATCH
    IF ERROR_NUMBER() NOT IN (262, 297, 300) THROW;
END CATCH;`;

/** Reads open transactions on Babelfish, which has the views of PostgreSQL instead. */
const babelfishTransactions = `
SELECT a.[pid] AS [Session], a.[state] AS [Status], a.[application_name] AS [Program],
    CAST(DATEDIFF(second, a.[xact_start], clock_timestamp()) AS float) * 1000 AS [AgeMs]
FROM pg_catalog.pg_stat_activity AS a
WHERE a.[datname] = current_database() AND a.[pid] <> @@SPID AND a.[xact_start] IS NOT NULL
ORDER BY a.[xact_start];`;

function transactionFindings([transactions = []]: Recordsets, transactionMs: number): Finding[] {
  const old = transactions.filter(({ AgeMs }) => Number(AgeMs) >= transactionMs);
  return old.map(({ Session, Status, Program, AgeMs }) => {
    const of = text(Program ?? "").trim() === "" ? "" : ` of ${text(Program).trim()}`;
    const minutes = Math.round(Number(AgeMs) / 60_000);
    return {
      kind: "oldTransaction",
      what: `Session ${Session}${of} has had a transaction open for ${minutes} minutes ` +
        `(${text(Status ?? "unknown").trim()}).`,
      why: "The tasks that it has changed stay locked, and old row versions are kept.",
      remedy: `End it in its program, or run: KILL ${Session};`,
    };
  });
}
