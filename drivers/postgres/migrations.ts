// Migrates a database's schema. Of several processes that start together, only one migrates. If
// `migrate` is off, an outdated schema is an error that names the files to run.
//
// When a function of sql/postgres/functions/ has changed, all functions are applied. Each version
// of the set has a revision number. A process does not replace functions that are newer than its
// own, because newer functions also support the calls of earlier releases (see
// functions/0_superseded.sql).

import { SchemaVersionError } from "../../src/storage/errors.ts";
import { systemClock } from "../../src/time/clock.ts";
import { onlyValue, type RunStatement } from "./connection.ts";
import { codeOf } from "./errors.ts";
import { fromJson } from "./json_text.ts";
import { withMissingRights } from "./missing_rights.ts";
import {
  type FunctionsState,
  knownFunctions,
  knownVersion,
  migrationFiles,
  scriptOf,
  versionOf,
} from "./script.ts";
import { buildSeriesIndex } from "./series_index.ts";
import type { SqlFileName } from "./sql.generated.ts";

/**
 * The SQLSTATE that the script raises if another process has changed the schema since it was read.
 */
const outrun = "EVT02";

/** The SQLSTATE deadlock_detected: running tasks took the same locks in another order. */
const deadlock = "40P01";

/** The SQLSTATE lock_not_available: a long transaction holds a table. */
const locked = "55P03";

/**
 * The time in milliseconds for which a migration waits for the lock of a table. All other
 * statements queue behind the waiting migration, so it must not wait for the end of a long
 * transaction.
 */
const lockTimeoutMs = 500;

/** The pause before a migration that did not get a lock is tried again, in milliseconds. */
const pauseMs = 1_000;

/** The state of the schema in a database. */
export interface SchemaState {
  /** The version; 0 without a schema. */
  readonly version: number;
  /**
   * The state of the functions; null without functions, or if the numbered files of an earlier
   * version created them.
   */
  readonly functions: FunctionsState | null;
}

/**
 * Updates the schema, or only checks it.
 *
 * @throws {SchemaVersionError} If the schema is newer than this code, or older and `migrate` is
 * off.
 */
export async function migrate(run: RunStatement, schema: string, migrate: boolean): Promise<void> {
  while (true) {
    const missing = await findMissing(run, schema);
    const { found, files } = missing;
    if (files.length === 0) return;
    if (!migrate) {
      const message = whatToRun(found.version, files, schema);
      throw new SchemaVersionError(found.version, knownVersion, message);
    }
    if (await applyMissing(missing, run, schema)) return;
  }
}

/** The state of a schema, and the files that update it, in order. */
export interface MissingFiles {
  readonly found: SchemaState;
  readonly files: readonly SqlFileName[];
}

/**
 * Finds the files that update a schema.
 *
 * @param to The version to which the files update the schema. Only the newest version includes
 * functions.sql.
 * @throws {SchemaVersionError} If the schema is newer than this code.
 */
export async function findMissing(
  run: RunStatement,
  schema: string,
  to: number = knownVersion,
): Promise<MissingFiles> {
  const missing = await compareSchema(run, schema, to);
  checkNotNewer(missing.found.version);
  return missing;
}

/** Finds the files that update a schema. Unlike {@linkcode findMissing}, accepts a newer schema. */
export async function compareSchema(
  run: RunStatement,
  schema: string,
  to: number = knownVersion,
): Promise<MissingFiles> {
  const found = await readState(run, schema);
  const files = migrationFiles.filter((file) =>
    versionOf(file) > found.version && versionOf(file) <= to
  );
  const isWhole = to === knownVersion && isOutdated(found.functions);
  return { found, files: isWhole ? [...files, "functions.sql"] : files };
}

/**
 * Applies files in one transaction. Does not block running tasks for longer than about a second.
 *
 * @returns Whether the files were applied. If false, find the files again: another process has
 * changed the schema, there was a deadlock with running tasks, or a long transaction holds a table.
 */
export async function applyMissing(
  { found, files }: MissingFiles,
  run: RunStatement,
  schema: string,
): Promise<boolean> {
  try {
    await buildSeriesIndex(run, schema, found.version);
    await run(scriptFrom(found, files, schema), [], "endless");
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === locked) {
      await new Promise<void>((resume) => void systemClock.setTimer(resume, pauseMs));
      return false;
    }
    if (code === outrun || code === deadlock) return false;
    throw await withMissingRights(error, run, schema, "migrate");
  }
}

function isOutdated(functions: FunctionsState | null): boolean {
  if (functions === null) return true;
  const { revision, hash } = knownFunctions;
  return functions.revision < revision ||
    functions.revision === revision && functions.hash !== hash;
}

/** Reports whether the functions of a database are newer than `others`. */
export function isNewer(functions: FunctionsState | null, others: FunctionsState): boolean {
  return functions !== null && functions.revision > others.revision;
}

/**
 * Returns one query of several statements, which PostgreSQL runs as one transaction. `sql.begin` is
 * not used, because after a lost connection postgres.js writes the ROLLBACK to a destroyed socket.
 * The error of this write ends the process.
 */
function scriptFrom(found: SchemaState, files: readonly SqlFileName[], schema: string): string {
  return `
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(hashtextextended('EverTask migrations in ${schema}', 0)),
      set_config('evertask.schema', '${schema}', true);
    DO $$
    DECLARE
      version  int;
      revision int;
    BEGIN
      IF EXISTS (${tableExists("schema_migrations", `'${schema}'`)}) THEN
        SELECT max(m.version) INTO version FROM "${schema}".schema_migrations AS m;
      END IF;
      IF EXISTS (${tableExists("schema_functions", `'${schema}'`)}) THEN
        SELECT max(f.revision) INTO revision FROM "${schema}".schema_functions AS f;
      END IF;
      IF coalesce(version, 0) <> ${found.version}
        OR coalesce(revision, 0) <> ${found.functions?.revision ?? 0} THEN
        RAISE EXCEPTION 'another process has changed the schema' USING ERRCODE = '${outrun}';
      END IF;
    END $$;
    SET LOCAL lock_timeout = ${lockTimeoutMs};
    ${files.map(bodyOf).join("")}`;
}

function checkNotNewer(version: number): void {
  if (version <= knownVersion) return;
  throw new SchemaVersionError(
    version,
    knownVersion,
    `The database has version ${version} of EverTask's schema, but this program knows only ${knownVersion}: ` +
      `run a newer version of EverTask here, or use another database or schema.`,
  );
}

/**
 * Reads the state of the schema in two queries: one of the catalog, and one of the schema's tables.
 */
async function readState(run: RunStatement, schema: string): Promise<SchemaState> {
  const tables = await run(
    `SELECT json_build_object('hasVersions', EXISTS (${
      tableExists("schema_migrations", "$1::text")
    }),
      'hasFunctions', EXISTS (${tableExists("schema_functions", "$1::text")}))::text AS tables`,
    [schema],
  );
  const { hasVersions, hasFunctions } = fromJson(String(onlyValue(tables))) as {
    readonly hasVersions: boolean;
    readonly hasFunctions: boolean;
  };
  if (!hasVersions) return { version: 0, functions: null };
  const functions = hasFunctions
    ? `(SELECT row_to_json(f) FROM (
        SELECT revision, hash FROM "${schema}".schema_functions ORDER BY revision DESC LIMIT 1) AS f)`
    : "NULL";
  const state = await run(
    `SELECT json_build_object('version', coalesce(max(version), 0), 'functions', ${functions})::text AS state
    FROM "${schema}".schema_migrations`,
    [],
  );
  return fromJson(String(onlyValue(state))) as SchemaState;
}

/**
 * Returns a condition that finds a table in the catalog. `to_regclass` is not used, because within
 * a transaction, its cache misses the commits of other transactions.
 */
function tableExists(table: string, schema: string): string {
  return "SELECT FROM pg_catalog.pg_class AS c " +
    "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace " +
    `WHERE n.nspname = ${schema} AND c.relname = '${table}'`;
}

/** Returns a file without its BEGIN and COMMIT, which are for psql. */
function bodyOf(file: SqlFileName): string {
  return scriptOf(file).replace(/^(?:BEGIN|COMMIT);$/gm, "");
}

function whatToRun(version: number, files: readonly SqlFileName[], schema: string): string {
  const [first] = files;
  const setting = schema === "evertask" ? "" : `PGOPTIONS='-c evertask.schema=${schema}' `;
  const state = version === 0
    ? `There is no EverTask schema "${schema}" in the database`
    : version < knownVersion
    ? `EverTask's schema "${schema}" has version ${version}, and this program needs ${knownVersion}`
    : `EverTask's schema "${schema}" has older functions than this program needs`;
  const what = first === "functions.sql"
    ? "Run sql/postgres/functions.sql"
    : `Run the files of sql/postgres/ from ${first} on, in order, and functions.sql after them`;
  const more = first === "functions.sql" ? "" : " …";
  return `${state}, and \`migrate\` is off. ${what}: ` +
    `${setting}psql -v ON_ERROR_STOP=1 -f sql/postgres/${first}${more}; or let postgresStorage do it with migrate: true.`;
}
