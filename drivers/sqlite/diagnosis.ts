// Finds faults of a database file: of its schema, its settings and its location.

import type { Finding } from "../../src/storage/maintenance.ts";
import { systemClock } from "../../src/time/clock.ts";
import { Connection } from "./connection.ts";
import { foundVersion, knownVersion } from "./migrations.ts";
import { openNodeSqlite } from "./node_sqlite.ts";
import { sqlFiles } from "./sql.generated.ts";
import { isSynchronousOff, reportsSynchronousOff } from "./synchronous.ts";

/**
 * Finds the faults of a file's schema and settings, and of the settings of its connections.
 *
 * @param isOurs Whether the connection was opened for the diagnosis. Its settings are then not
 * those of the application's connections.
 */
export async function fileFindings(
  connection: Connection,
  path: string,
  isOurs: boolean,
): Promise<Finding[]> {
  const version = foundVersion(connection);
  if (version > knownVersion) {
    return [{
      kind: "schemaNewer",
      what: `The schema in ${path} has version ${version}, and this program knows ${knownVersion}.`,
      why: "Processes of this version cannot start on it.",
      remedy: "Update EverTask here.",
    }];
  }
  if (version < knownVersion) {
    return [{
      kind: version === 0 ? "schemaMissing" : "schemaOlder",
      what: version === 0
        ? `There is no schema in ${path}.`
        : `The schema in ${path} has version ${version}, and this program needs ${knownVersion}.`,
      why: "Processes of this version cannot work on it.",
      remedy: "Run: evertask migrate",
    }];
  }
  return [
    ...await driftFindings(connection),
    ...settingFindings(connection),
    ...isOurs ? [] : synchronousFindings("The connection", isSynchronousOff(connection)),
    ...workerFindings(connection),
  ];
}

/** An object of a schema. */
interface SchemaObject {
  /** Its kind and its name, such as `index status_audit_age`. */
  readonly name: string;
  /** Its table. */
  readonly table: string;
  /** Its text, without comments, in one line. */
  readonly text: string;
}

function objectsOf(connection: Connection): SchemaObject[] {
  const query = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL";
  return connection.all(query).map(({ type, name, tbl_name, sql }) => ({
    name: `${type} ${name}`,
    table: String(tbl_name),
    text: String(sql).replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ").trim(),
  }));
}

/** Compares the schema with that of a new database in memory. */
async function driftFindings(connection: Connection): Promise<Finding[]> {
  const database = await openNodeSqlite(":memory:");
  try {
    for (const script of Object.values(sqlFiles)) database.exec(script);
    const found = new Map(objectsOf(connection).map(({ name, text }) => [name, text]));
    return objectsOf(new Connection(database, "own", systemClock)).flatMap((object) => {
      const { name, table } = object;
      // A missing table is reported without its indexes.
      const isExpected = name === `table ${table}` || found.has(`table ${table}`);
      return isExpected ? differenceOf(object, found.get(name)) : [];
    });
  } finally {
    database.close();
  }
}

function differenceOf({ name, text }: SchemaObject, found: string | undefined): Finding[] {
  if (found === text) return [];
  const isMissing = found === undefined;
  const what = `The ${name} ${isMissing ? "is missing" : "has another text than in this version"}.`;
  const type = name.split(" ", 1)[0]!;
  const kind = `${isMissing ? "missing" : "changed"}${type[0]!.toUpperCase()}${type.slice(1)}`;
  if (type === "table") {
    return [{ kind, what, why: "Calls may fail.", remedy: "Restore the file from a backup." }];
  }
  const why = type === "index"
    ? "Statements read whole tables, and get slower as they grow."
    : "Searches do not find new series.";
  const remedy = `Run with sqlite3: ${isMissing ? "" : `DROP ${name}; `}${text};`;
  return [{ kind, what, why, remedy }];
}

function settingFindings(connection: Connection): Finding[] {
  const mode = String(connection.get("PRAGMA journal_mode")!.journal_mode);
  if (mode === "wal") return [];
  return [{
    kind: "noWriteAheadLog",
    what: `The journal mode is ${mode} instead of wal, the write-ahead log.`,
    why: "Readers and the writer wait for each other, and each commit waits for the disk twice.",
    remedy: "Let EverTask open the file itself, or run on your connection: PRAGMA journal_mode = " +
      "WAL; PRAGMA synchronous = NORMAL;",
  }];
}

/** Finds workers that have reported, when they registered, that they do not wait for the disk. */
function workerFindings(connection: Connection): Finding[] {
  return connection.all("SELECT id, host, serves FROM workers ORDER BY started_at_utc, id")
    .flatMap(({ id, host, serves }) =>
      synchronousFindings(`Worker ${id} on ${host}`, reportsSynchronousOff(serves))
    );
}

/**
 * Reports that a power failure can damage the file, because `synchronous` is off on the connections
 * of `who`.
 */
export function synchronousFindings(who: string, isOff: boolean): Finding[] {
  if (!isOff) return [];
  return [{
    kind: "synchronousOff",
    what: `${who} works with synchronous = off.`,
    why: "A power failure or a crash of the operating system can damage the file.",
    remedy: "Leave out the option synchronous of sqliteStorage, or run on your connection: " +
      "PRAGMA synchronous = NORMAL;",
  }];
}

/** The file systems that other machines may share, by the type that statfs returns in Linux. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x65735546, "FUSE"],
  [0x01021997, "9p"],
  [0x0bd00bd0, "Lustre"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
]);

/**
 * Finds a file system on which SQLite's locks and shared memory do not work.
 *
 * @param type The type of the file system of the file, as statfs returns it.
 */
export function placeFindings(path: string, type: number): Finding[] {
  const name = networkTypes.get(type);
  if (name === undefined) return [];
  return [{
    kind: "networkDrive",
    what: `${path} is on a file system of type ${name}, which is shared or remote.`,
    why: "The write-ahead log needs memory that is shared between processes, and locks that many " +
      "of these file systems do not have: the file can be damaged.",
    remedy: "Put the file on a local disk, or use PostgreSQL or SQL Server.",
  }];
}
