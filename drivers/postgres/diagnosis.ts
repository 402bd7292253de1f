// Finds faults of a database: of its schema, its settings and its state.

import type { Finding } from "../../src/storage/maintenance.ts";
import { onlyValue, type RunStatement } from "./connection.ts";
import { findDrift } from "./drift.ts";
import { fromJson } from "./json_text.ts";
import { isNewer, type MissingFiles } from "./migrations.ts";
import { readMissingRights } from "./missing_rights.ts";
import { knownFunctions, knownVersion } from "./script.ts";

/** The limits beyond which a state is a fault. */
export interface Thresholds {
  /** The age of a transaction, in milliseconds. @default 1 hour */
  readonly transactionMs: number;
  /** The number of dead rows of a table, if they also outnumber its live rows. @default 10,000 */
  readonly deadRows: number;
  /** The time in which a notification must arrive, in milliseconds. @default 3 seconds */
  readonly notificationMs: number;
}

/** The default thresholds. */
export const defaultThresholds: Thresholds = {
  transactionMs: 3_600_000,
  deadRows: 10_000,
  notificationMs: 3_000,
};

const state = `
  SELECT json_build_object(
    'autovacuum', current_setting('autovacuum') = 'on' AND current_setting('track_counts') = 'on',
    'withoutAutovacuum', (SELECT coalesce(json_agg(c.relname ORDER BY c.relname), '[]') FROM pg_class AS c
      WHERE c.relnamespace = n.oid AND 'autovacuum_enabled=false' = ANY (c.reloptions)),
    'invalidIndexes', (SELECT coalesce(json_agg(c.relname ORDER BY c.relname), '[]')
      FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
      WHERE c.relnamespace = n.oid AND NOT (i.indisvalid AND i.indisready)),
    'bloated', (SELECT coalesce(json_agg(json_build_object('table', s.relname, 'dead', s.n_dead_tup)
        ORDER BY s.relname), '[]')
      FROM pg_stat_user_tables AS s WHERE s.schemaname = n.nspname
        AND s.n_dead_tup > $2::text::float8 AND s.n_dead_tup > s.n_live_tup),
    'transactions', (SELECT coalesce(json_agg(json_build_object('pid', a.pid, 'state', a.state,
        'application', a.application_name, 'ageMs', extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)
        ORDER BY a.xact_start), '[]')
      FROM pg_stat_activity AS a
      WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
        AND a.xact_start < clock_timestamp() - make_interval(secs => $3::text::float8 / 1000)))::text
  FROM pg_namespace AS n WHERE n.nspname = $1::text`;

interface DatabaseState {
  readonly autovacuum: boolean;
  readonly withoutAutovacuum: readonly string[];
  readonly invalidIndexes: readonly string[];
  readonly bloated: readonly { readonly table: string; readonly dead: number }[];
  readonly transactions: readonly {
    readonly pid: number;
    readonly state: string;
    readonly application: string;
    readonly ageMs: number;
  }[];
}

/** Finds the faults of a schema, by its version. */
export function schemaFindings({ found, files }: MissingFiles, schema: string): Finding[] {
  if (found.version > knownVersion) {
    return [{
      kind: "schemaNewer",
      what:
        `The schema "${schema}" has version ${found.version}, and this program knows ${knownVersion}.`,
      why: "Processes of this version cannot start on it.",
      remedy: "Update EverTask here.",
    }];
  }
  if (files.length === 0) return [];
  const isNone = found.version === 0;
  return [{
    kind: isNone ? "schemaMissing" : "schemaOlder",
    what: isNone
      ? `There is no schema "${schema}" in the database.`
      : `The schema "${schema}" has version ${found.version}, and this program needs ${knownVersion}` +
        (found.version < knownVersion ? "." : ", with newer functions."),
    why: "Processes of this version cannot work on it.",
    remedy: "Run: evertask migrate",
  }];
}

/** Finds the faults of a database whose schema has the version of this program. */
export async function databaseFindings(
  run: RunStatement,
  schema: string,
  { found }: MissingFiles,
  thresholds: Thresholds,
): Promise<Finding[]> {
  const { deadRows, transactionMs } = thresholds;
  const parameters = [schema, `${deadRows}`, `${transactionMs}`];
  const facts = fromJson(String(onlyValue(await run(state, parameters, "long")))) as DatabaseState;
  return [
    // Newer functions are no fault, because they also support the calls of this program.
    ...isNewer(found.functions, knownFunctions) ? [] : await driftFindings(run, schema),
    ...await rightFindings(run, schema),
    ...stateFindings(facts, schema),
  ];
}

async function driftFindings(run: RunStatement, schema: string): Promise<Finding[]> {
  const drift = await findDrift(run, schema);
  const findings: Finding[] = [];
  const add = (
    kind: string,
    names: readonly string[],
    what: string,
    why: string,
    remedy: string,
  ) => {
    if (names.length > 0) {
      findings.push({ kind, what: `${what}: ${names.join(", ")}.`, why, remedy });
    }
  };
  const restore = "Restore it from a backup, or as the file of sql/postgres/ creates it.";
  add("missingTable", drift.missingTables, "Tables are missing", "Calls fail.", restore);
  add(
    "missingIndex",
    drift.missingIndexes,
    "Indexes are missing",
    "Statements read whole tables, and get slower as they grow.",
    `Create them as sql/postgres/ does ("evertask migrate --sql" of an empty schema prints it).`,
  );
  const again = "Run sql/postgres/functions.sql with psql: it replaces all functions.";
  add("missingFunction", drift.missingFunctions, "Functions are missing", "Calls fail.", again);
  add(
    "changedFunction",
    drift.changedFunctions,
    "Functions have another text than those of this version",
    "They may not do what EverTask expects.",
    again,
  );
  return findings;
}

/** Finds the rights that the role lacks. It needs no right itself. */
export async function rightFindings(run: RunStatement, schema: string): Promise<Finding[]> {
  const grants = await readMissingRights(run, schema, false);
  if (grants.length === 0) return [];
  return [{
    kind: "missingRights",
    what: `This role lacks rights on the schema "${schema}".`,
    why: "Processes with this role fail when they need them.",
    remedy: `Let the administrator run: ${grants.join("; ")};`,
  }];
}

function stateFindings(facts: DatabaseState, schema: string): Finding[] {
  const findings: Finding[] = [];
  const { autovacuum, withoutAutovacuum, invalidIndexes, bloated, transactions } = facts;
  if (!autovacuum || withoutAutovacuum.length > 0) {
    findings.push({
      kind: "autovacuumOff",
      what: autovacuum
        ? `Autovacuum is off for tables: ${withoutAutovacuum.join(", ")}.`
        : "Autovacuum is off.",
      why: "Deleted and old rows stay in the tables, so claims become slower and slower.",
      remedy: autovacuum
        ? `Run for each: ALTER TABLE ${schema}.name RESET (autovacuum_enabled);`
        : "Set autovacuum and track_counts to on in postgresql.conf, and reload it.",
    });
  }
  if (invalidIndexes.length > 0) {
    findings.push({
      kind: "invalidIndex",
      what: `Indexes are invalid: ${invalidIndexes.join(", ")}.`,
      why: "PostgreSQL does not use them, but writes them.",
      remedy: `Run for each: REINDEX INDEX CONCURRENTLY ${schema}.name;`,
    });
  }
  for (const { table, dead } of bloated) {
    findings.push({
      kind: "bloatedTable",
      what: `The table ${table} has ${Math.round(dead)} dead rows, more than live ones.`,
      why: "Each read walks over them, and the file does not shrink.",
      remedy:
        `Run: VACUUM (ANALYZE) ${schema}.${table}; look for old transactions, which prevent it.`,
    });
  }
  for (const { pid, state, application, ageMs } of transactions) {
    const minutes = Math.round(ageMs / 60_000);
    const of = application === "" ? "" : ` of ${application}`;
    findings.push({
      kind: "oldTransaction",
      what: `Session ${pid}${of} has had a transaction open for ${minutes} minutes (${state}).`,
      why: "While it is open, vacuum removes nothing, and claims walk over dead rows.",
      remedy: `End it in its program, or run: SELECT pg_terminate_backend(${pid});`,
    });
  }
  return findings;
}

/** Reports a database whose encoding cannot represent every text. */
export async function encodingFindings(run: RunStatement): Promise<Finding[]> {
  const rows = await run("SELECT current_setting('server_encoding') AS encoding", []);
  const encoding = String(onlyValue(rows));
  if (encoding === "UTF8") return [];
  return [{
    kind: "encoding",
    what: `The database has the encoding ${encoding}.`,
    why: "It cannot store texts with other characters, so EverTask does not start.",
    remedy: "Make a database for it: CREATE DATABASE name TEMPLATE template0 ENCODING 'UTF8';",
  }];
}
