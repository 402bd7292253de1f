// Brings the schema up to date, or checks that it is.

import { SchemaVersionError, StorageUnavailableError } from "../../src/storage/errors.ts";
import type { Recordsets, Row, SqlServerDatabase } from "./database.ts";
import type { SqlServerAnswer } from "./mssql_api.ts";
import { truth } from "./rows.ts";
import {
  batchesOf,
  forSchema,
  knownVersion,
  migrationFiles,
  procedureNames,
  versionOf,
} from "./script.ts";
import type { SqlFileName } from "./sql.generated.ts";

/** The state of a schema: its version (0: none), how many procedures are missing, and the server's clock. */
const stateQuery = `
DECLARE @Version int = 0;
IF OBJECT_ID(N'[EverTask].[SchemaVersions]') IS NOT NULL
    SELECT @Version = MAX([Version]) FROM [EverTask].[SchemaVersions];
SELECT COALESCE(@Version, 0) AS [Version], SYSDATETIMEOFFSET() AS [Now],
    CASE WHEN SERVERPROPERTY('Babelfish') IS NULL THEN 0 ELSE 1 END AS [IsBabelfish],
    ${procedureNames.map(isMissing).join("\n    + ")} AS [MissingProcedures];`;

function isMissing(procedure: string): string {
  return `CASE WHEN OBJECT_ID(N'[EverTask].[${procedure}]') IS NULL THEN 1 ELSE 0 END`;
}

/** Other processes wait for the one that migrates, as long as that takes. */
const lockStatement = `
DECLARE @Result int;
EXEC @Result = sp_getapplock @Resource = N'[EverTask].migration', @LockMode = 'Exclusive',
    @LockOwner = 'Transaction', @LockTimeout = 600000;
SELECT @Result AS [Result];`;

interface SchemaState {
  readonly version: number;
  readonly now: number;
  readonly complete: boolean;
}

/**
 * Connects the code with the schema that it knows.
 *
 * @returns The server's clock.
 * @throws {SchemaVersionError} If the schema is newer, or older and `migrate` is off.
 */
export async function prepareSchema(
  database: SqlServerDatabase,
  migrate: boolean,
): Promise<{ readonly now: number }> {
  const readState = async () => {
    const [rows] = await database.query(stateQuery);
    database.isBabelfish = truth(rows![0]!.IsBabelfish);
    return toState(rows![0]!);
  };
  let state = await readState();
  checkVersion(state, migrate, database.schema);
  if (!state.complete) {
    await applyMigrations(database);
    state = await readState();
  }
  return { now: state.now };
}

function toState({ Version, Now, MissingProcedures }: Row): SchemaState {
  const version = Number(Version);
  const complete = version === knownVersion && Number(MissingProcedures) === 0;
  return { version, now: (Now as Date).getTime(), complete };
}

function checkVersion({ version, complete }: SchemaState, migrate: boolean, schema: string): void {
  if (version > knownVersion) {
    throw new SchemaVersionError(
      version,
      knownVersion,
      `The schema ${schema} has version ${version}, but this EverTask knows up to ${knownVersion}. Update EverTask.`,
    );
  }
  if (migrate || complete) return;
  throw new SchemaVersionError(
    version,
    knownVersion,
    `The schema ${schema} has version ${version}${
      version === knownVersion ? ", but lacks procedures" : ""
    }; ` +
      `this EverTask needs ${knownVersion}. ` +
      `Open the storage with \`migrate\` on, or run the files of sql/sqlserver/ with sqlcmd.`,
  );
}

/** All files that are missing, in one transaction: a migration that fails leaves the schema as it was. */
function applyMigrations(database: SqlServerDatabase): Promise<void> {
  return database.transaction(async (transaction) => {
    const locked = await transaction.request()
      .batch(forSchema(lockStatement, database.schema));
    if (Number(firstRow(locked).Result) < 0) {
      throw new StorageUnavailableError(
        `Another process has been migrating the schema ${database.schema} for ten minutes.`,
      );
    }
    // While this one waited, another may have done it all, or a newer EverTask may have migrated: its procedures are not to
    // be replaced by older ones.
    const found = toState(firstRow(
      await transaction.request().batch(forSchema(stateQuery, database.schema)),
    ));
    checkVersion(found, true, database.schema);
    if (found.complete) return;
    const files: SqlFileName[] = [
      ...migrationFiles.filter((file) => versionOf(file) > found.version),
      ...procedureNames.map((name): SqlFileName => `${name}.sql`),
    ];
    for (const file of files) {
      for (const batch of batchesOf(file, database.schema)) {
        await transaction.request().batch(batch);
      }
    }
  });
}

function firstRow({ recordsets }: SqlServerAnswer): Row {
  return (recordsets as Recordsets)[0]![0]!;
}
