// Brings a database's schema up to date, once, however many processes start together; or says what
// to run.

import { SchemaVersionError } from "../../src/storage/errors.ts";
import { onlyRow, type RunStatement } from "./connection.ts";
import { codeOf } from "./errors.ts";
import { withMissingRights } from "./missing_rights.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

const files = Object.keys(sqlFiles).sort() as SqlFileName[];

/** The version of the schema that this code works with: the number of the last file. */
export const knownVersion = Number.parseInt(files.at(-1)!, 10);

/** The SQLSTATE that the script raises when another process has changed the version meanwhile. */
const outrun = "EVT02";

/**
 * Brings the schema up to date, or only checks it.
 *
 * @throws {SchemaVersionError} If it is newer than this code, or older and `migrate` is off.
 */
export async function migrate(run: RunStatement, schema: string, migrate: boolean): Promise<void> {
  while (true) {
    const found = await readVersion(run, schema);
    if (isCurrent(found)) return;
    if (!migrate) throw new SchemaVersionError(found, knownVersion, whatToRun(found, schema));
    try {
      await run(scriptFrom(found, schema), [], "endless");
      return;
    } catch (error) {
      if (codeOf(error) !== outrun) throw await withMissingRights(error, run, schema, "migrate");
    }
  }
}

/**
 * One query of several statements, which PostgreSQL makes one transaction of. Not `sql.begin`:
 * where the connection is lost in one, postgres.js writes its ROLLBACK to a socket that is not
 * there any more, and that ends the process.
 */
function scriptFrom(version: number, schema: string): string {
  return `
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(hashtextextended('EverTask migrations in ${schema}', 0)),
      set_config('evertask.schema', '${schema}', true);
    DO $$
    DECLARE
      found int;
    BEGIN
      IF EXISTS (${tableOfVersions(`'${schema}'`)}) THEN
        SELECT max(version) INTO found FROM "${schema}".schema_migrations;
      END IF;
      IF coalesce(found, 0) <> ${version} THEN
        RAISE EXCEPTION 'another process has changed the schema' USING ERRCODE = '${outrun}';
      END IF;
    END $$;
    ${files.slice(version).map(bodyOf).join("")}`;
}

/** Whether nothing is to be done; throws on a schema from the future. */
function isCurrent(found: number): boolean {
  if (found <= knownVersion) return found === knownVersion;
  throw new SchemaVersionError(
    found,
    knownVersion,
    `The database has version ${found} of EverTask's schema, but this program knows only ${knownVersion}: ` +
      `run a newer version of EverTask here, or take another database or schema.`,
  );
}

/** The version in the database; 0 when there is no schema yet. */
async function readVersion(run: RunStatement, schema: string): Promise<number> {
  const tables = await run(tableOfVersions("$1::text"), [schema]);
  if (tables.length === 0) return 0;
  const versions = await run(
    `SELECT max(version)::text AS version FROM "${schema}".schema_migrations`,
    [],
  );
  return Number(Object.values(onlyRow(versions)!)[0] ?? 0);
}

/**
 * Finds the table that holds the version, in the catalog: `to_regclass` would answer from a cache
 * that does not learn, within a transaction, of what others committed meanwhile.
 */
function tableOfVersions(schema: string): string {
  return "SELECT c.relname FROM pg_catalog.pg_class AS c " +
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace " +
    `WHERE n.nspname = ${schema} AND c.relname = 'schema_migrations'`;
}

/** A file without its own BEGIN and COMMIT, which are for psql. */
function bodyOf(file: SqlFileName): string {
  return sqlFiles[file].replace(/^(?:BEGIN|COMMIT);$/gm, "");
}

function whatToRun(found: number, schema: string): string {
  const first = files[found]!;
  const setting = schema === "evertask" ? "" : `PGOPTIONS='-c evertask.schema=${schema}' `;
  const state = found === 0
    ? `There is no EverTask schema "${schema}" in the database`
    : `EverTask's schema "${schema}" has version ${found}, and this program needs ${knownVersion}`;
  return `${state}, and \`migrate\` is off. Run the files of sql/postgres/ from ${first} on, in order: ` +
    `${setting}psql -v ON_ERROR_STOP=1 -f sql/postgres/${first} …; or let postgresStorage do it with migrate: true.`;
}
