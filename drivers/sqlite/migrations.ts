// Updates the schema. The migrations are the numbered files of sql/sqlite/. They are one transaction,
// which reads no tasks: other processes write to the file, and wait for it.

import { SchemaVersionError, StorageError } from "../../src/storage/errors.ts";
import { addColumns } from "./added_columns.ts";
import { BusyWait } from "./busy_wait.ts";
import type { Connection } from "./connection.ts";
import { fillSeriesTable, lacksSeriesIndex, seriesFile, withoutFill } from "./series_table.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

/** The migrations in order. The first is version 1. */
const migrations = Object.keys(sqlFiles) as SqlFileName[];

/** The version that this code supports. */
export const knownVersion: number = migrations.length;

/** The time for which a step is retried while other processes write, in milliseconds. */
const patienceMs = 10_000;

/**
 * Applies the missing migrations, or only checks that none are missing.
 *
 * @throws {SchemaVersionError} If the schema is newer than the code, or older and `migrate` is off.
 */
export async function migrateSchema(
  connection: Connection,
  path: string,
  migrate: boolean,
): Promise<void> {
  const found = foundVersion(connection);
  checkVersion(found, path, migrate);
  if (found === knownVersion) return assertWritable(connection);
  await applyMissing(connection, path, knownVersion);
}

/**
 * Applies the missing migrations up to a version, all or none.
 *
 * @returns The version before the migrations.
 * @throws {SchemaVersionError} If the schema is newer than the code.
 */
export async function applyMissing(
  connection: Connection,
  path: string,
  to: number,
): Promise<number> {
  const wait = new BusyWait(patienceMs);
  const isFilled = migrations.indexOf(seriesFile) < to &&
    lacksSeriesIndex(foundVersion(connection));
  if (isFilled) await fillSeriesTable(connection, wait);
  return await wait.do(connection, () =>
    connection.transaction(() => {
      // The version is read again under the write lock: of many processes that start at once, only
      // one must migrate.
      const from = foundVersion(connection);
      checkVersion(from, path, true);
      for (const file of migrations.slice(from, to)) {
        const script = isFilled ? withoutFill(sqlFiles[file]) : sqlFiles[file];
        apply(connection, path, from === 0 ? script : addColumns(connection, script));
      }
      return from;
    }));
}

function apply(connection: Connection, path: string, script: string): void {
  try {
    connection.exec(script);
  } catch (cause) {
    const [, what] = /((?:table|index) \S+) already exists/.exec(String(cause)) ?? [];
    if (what === undefined) throw cause;
    const message =
      `${path} holds the ${what}, which is not EverTask's, but has a name that EverTask needs. ` +
      "Rename it, or give EverTask a file of its own.";
    throw new StorageError(message, { cause });
  }
}

/** Returns the version of the schema in a database; 0 if there is no schema. */
export function foundVersion(connection: Connection): number {
  const table = connection.get(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'evertask_migrations'",
  );
  if (table === undefined) return 0;
  const row = connection.get("SELECT max(version) AS version FROM evertask_migrations");
  return Number(row?.version ?? 0);
}

function checkVersion(found: number, path: string, migrate: boolean): void {
  if (found > knownVersion) {
    throw new SchemaVersionError(
      found,
      knownVersion,
      `The schema in ${path} has version ${found}, but this version of EverTask knows versions up to ${knownVersion}. ` +
        "Update EverTask, or use another database file.",
    );
  }
  if (found < knownVersion && !migrate) {
    throw new SchemaVersionError(
      found,
      knownVersion,
      `The schema in ${path} has version ${found}, but version ${knownVersion} is needed and \`migrate\` is off. ` +
        "Run the missing files of sql/sqlite/ in order, or open the storage once with `migrate: true`.",
    );
  }
}

/**
 * Writes nothing, but fails like a write, to detect a read-only file at the start and not at the
 * first task.
 */
function assertWritable(connection: Connection): void {
  connection.run("UPDATE evertask_state SET only_row = 1 WHERE 0");
}
