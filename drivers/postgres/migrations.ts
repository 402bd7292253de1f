// Brings a database's schema up to date, once, however many processes start together; or says what to run.

import { SchemaVersionError } from "../../src/storage/errors.ts";
import { withMissingRights } from "./missing_rights.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";
import type { BeginTransaction, RunStatement } from "./connection.ts";
import { runOn } from "./connection.ts";

const files = Object.keys(sqlFiles).sort() as SqlFileName[];

/** The version of the schema that this code works with: the number of the last file. */
export const knownVersion = Number.parseInt(files.at(-1)!, 10);

/** What a database is reached by. */
export interface MigrationParts {
  readonly run: RunStatement;
  readonly begin: BeginTransaction;
}

/**
 * Brings the schema up to date, or only checks it.
 *
 * @throws {SchemaVersionError} If it is newer than this code, or older and `migrate` is off.
 */
export async function migrate(
  { run, begin }: MigrationParts,
  schema: string,
  migrate: boolean,
): Promise<void> {
  const found = await readVersion(run, schema);
  if (isCurrent(found)) return;
  if (!migrate) throw new SchemaVersionError(found, knownVersion, whatToRun(found, schema));
  try {
    await begin(async (transaction) => {
      await transaction.unsafe(
        "SELECT pg_advisory_xact_lock(hashtextextended('EverTask migrations in ' || $1::text, 0)), " +
          "set_config('evertask.schema', $1::text, true)",
        [schema],
      );
      const version = await readVersion(runOn(transaction, false), schema); // another process may have been faster
      if (isCurrent(version)) return;
      for (const file of files.slice(version)) await transaction.unsafe(bodyOf(file));
    });
  } catch (error) {
    throw await withMissingRights(error, run, schema, "migrate");
  }
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

/**
 * The version in the database; 0 when there is no schema yet. Asks the catalog's tables: `to_regclass` would answer from a
 * cache that does not learn, within a transaction, of what others committed meanwhile.
 */
async function readVersion(run: RunStatement, schema: string): Promise<number> {
  const tables = await run(
    "SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace " +
      "WHERE n.nspname = $1::text AND c.relname = 'schema_migrations'",
    [schema],
  );
  if (tables.length === 0) return 0;
  const [row] = await run(
    `SELECT max(version)::text AS version FROM "${schema}".schema_migrations`,
    [],
  );
  return Number(Object.values(row!)[0] ?? 0);
}

/** The files carry their own BEGIN and COMMIT for psql; here one transaction spans them all. */
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
