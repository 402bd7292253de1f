// Updates the schema, or checks it.

import {
  SchemaVersionError,
  StorageError,
  StorageUnavailableError,
} from "../../src/storage/errors.ts";
import type { SqlServerDatabase } from "./database.ts";
import type { Recordsets } from "./recordsets.ts";
import type { RequestMaker } from "./mssql.ts";
import type { SqlServerAnswer } from "./mssql_api.ts";
import { numberOf } from "./errors.ts";
import { rightToUse } from "./missing_rights.ts";
import { type SchemaState, stateQuery, toSchemaState } from "./schema_state.ts";
import {
  batchesOf,
  forSchema,
  isMigration,
  knownVersion,
  migrationFiles,
  versionOf,
} from "./script.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

/** The number of the error for a deadlock: running tasks took the same locks in another order. */
const deadlock = 1205;

/** Acquires the lock for migrations. Only the process that holds the lock migrates. */
const lockStatement = `
DECLARE @Result int;
EXEC @Result = sp_getapplock @Resource = N'[EverTask].migration', @LockMode = 'Exclusive',
    @LockOwner = 'Transaction', @LockTimeout = 600000;
SELECT @Result AS [Result];`;

/**
 * Updates or checks the schema.
 *
 * @returns The time of the server's clock.
 * @throws {SchemaVersionError} If the schema is newer, or older and `migrate` is off.
 */
export async function prepareSchema(
  database: SqlServerDatabase,
  migrate: boolean,
): Promise<{ readonly now: number }> {
  const readState = async () => {
    const state = toSchemaState(
      await database.query(stateQuery(database.schema)),
      database.schema,
    );
    database.isBabelfish = state.isBabelfish;
    return state;
  };
  let state = await readState();
  checkVersion(state, database.schema);
  if (!migrate) await checkCompleteness(state, database);
  else if (missingFiles(state, database.schema).length > 0) {
    await applyMigrations(database);
    state = await readState();
  }
  return { now: state.now };
}

/**
 * Returns the files that update a schema, in order. If procedures are missing, types may be missing,
 * too; the files of these types can be applied again, because they change nothing else.
 *
 * @param to The version to which the files update the schema. Only an update to the newest version
 * includes procedures.
 * @throws {StorageError} If a file cannot be applied because a type has the name of one of its types.
 */
export function missingFiles(
  { version, outdated, missingTypes, foreignTypes }: SchemaState,
  schema: string,
  to: number = knownVersion,
): SqlFileName[] {
  const procedures = to < knownVersion ? [] : outdated;
  const types = procedures.length === 0 ? [] : missingTypes;
  const files = [
    ...migrationFiles.filter((file) =>
      versionOf(file) <= to && (versionOf(file) > version || createsOneOf(file, types))
    ),
    ...procedures.map((name): SqlFileName => `${name}.sql`),
  ];
  const foreign = foreignTypes.map((name) => `[${schema}].[${name}]`);
  if (files.length === 0 || foreign.length === 0) return files;
  throw new StorageError(
    `The schema ${schema} has types that EverTask did not create, but whose names it needs: ${
      foreign.join(", ")
    }. ` +
      `Nothing was changed. Remove each by DROP TYPE ${
        foreign[0]
      }; or choose another schema by the option \`schema\`.`,
  );
}

function createsOneOf(file: SqlFileName, types: readonly string[]): boolean {
  return types.some((name) => sqlFiles[file].includes(`CREATE TYPE [EverTask].[${name}]`));
}

function checkVersion({ version }: SchemaState, schema: string): void {
  if (version <= knownVersion) return;
  throw new SchemaVersionError(
    version,
    knownVersion,
    `The schema ${schema} has version ${version}, but this EverTask knows up to ${knownVersion}. Update EverTask.`,
  );
}

async function checkCompleteness(
  { version, missing }: SchemaState,
  database: SqlServerDatabase,
): Promise<void> {
  if (version === knownVersion && missing.length === 0) return;
  const lacks = version === knownVersion ? `, but lacks ${missing.join(", ")}` : "";
  throw new SchemaVersionError(
    version,
    knownVersion,
    `The schema ${database.schema} has version ${version}${lacks}; this EverTask needs ${knownVersion}. Open the ` +
      "storage with `migrate` on, or run the files of sql/sqlserver/ with sqlcmd. If they were run, the user may not " +
      `see the objects that they created: ${rightToUse(await database.grantee())}`,
  );
}

/** The state before a migration, and the applied files. */
interface Migration {
  readonly found: SchemaState;
  readonly files: readonly SqlFileName[];
}

/**
 * Applies all missing and changed files: the numbered files in one transaction, and then the
 * procedures in another. A transaction that fails leaves its part of the schema unchanged.
 *
 * The procedures have their own transaction, because they may take seconds to compile, and calls
 * wait for the tables that a transaction changes. The procedures of earlier versions work with the
 * new tables.
 *
 * @param to As for {@linkcode missingFiles}.
 */
export async function applyMigrations(
  database: SqlServerDatabase,
  to: number = knownVersion,
): Promise<Migration> {
  const migration = await applyPart(database, to, isMigration);
  const { found, files } = migration;
  if (missingFiles(found, database.schema, to).every(isMigration)) return migration;
  const procedures = await applyPart(database, to, (file) => !isMigration(file));
  return { found, files: [...files, ...procedures.files] };
}

/** Applies files in one transaction, and starts again after a deadlock with running tasks. */
async function applyPart(
  database: SqlServerDatabase,
  to: number,
  isInPart: (file: SqlFileName) => boolean,
): Promise<Migration> {
  while (true) {
    try {
      return await database.transaction(async (transaction) => {
        const found = await lockSchema(transaction, database.schema);
        const files = missingFiles(found, database.schema, to).filter(isInPart);
        const batches = files.flatMap((file) => batchesOf(file, database.schema));
        for (const batch of batches) await transaction.request().batch(batch);
        return { found, files };
      });
    } catch (error) {
      if (numberOf(error) !== deadlock) throw error;
    }
  }
}

/**
 * Acquires the lock for migrations, and returns the state of the schema. The state is read after
 * the wait for the lock, during which another process may have migrated. Procedures of a newer
 * version must not be replaced by older procedures.
 */
async function lockSchema(transaction: RequestMaker, schema: string): Promise<SchemaState> {
  const locked = await transaction.request().batch(forSchema(lockStatement, schema));
  if (Number(recordsets(locked)[0]![0]!.Result) < 0) {
    throw new StorageUnavailableError(
      `Another process has been migrating the schema ${schema} for ten minutes.`,
    );
  }
  const state = await transaction.request().batch(stateQuery(schema));
  const found = toSchemaState(recordsets(state), schema);
  checkVersion(found, schema);
  return found;
}

function recordsets({ recordsets }: SqlServerAnswer): Recordsets {
  return recordsets as Recordsets;
}
