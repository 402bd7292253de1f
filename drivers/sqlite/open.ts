// Opens the database: settings, write-ahead log, schema.

import { StorageError } from "../../src/storage/errors.ts";
import { Connection } from "./connection.ts";
import type { SqliteDatabase } from "./sqlite_library.ts";
import { toStorageError } from "./errors.ts";
import { FileIdentity } from "./file_identity.ts";
import { openNodeSqlite } from "./node_sqlite.ts";
import type { ResolvedOptions, Synchronous } from "./options.ts";
import { applyMissing, migrateSchema } from "./migrations.ts";

/** An open database. */
export interface OpenDatabase {
  readonly database: SqliteDatabase;
  readonly connection: Connection;
  /** Whether the storage opened the database, and therefore closes it. */
  readonly owned: boolean;
  /** The file that was opened. */
  readonly file: FileIdentity;
}

/**
 * The time that opening waits for other processes that start at the same time, in milliseconds.
 * Other calls wait less.
 */
const patienceMs = 10_000;
const pauseMs = 20;

/**
 * The time for which a statement that waits for a lock blocks the event loop, in milliseconds. The
 * remaining time of `busyTimeout` does not block the event loop.
 */
const mostBlockedMs = 20;

/** Opens the database and updates the schema. */
export function openDatabase(options: ResolvedOptions): Promise<OpenDatabase> {
  return inTurn(options, () => tryToOpen(options));
}

/**
 * Updates the schema of a database to a version. Creates the file if it does not exist.
 *
 * @returns The version before the migrations.
 */
export function migrateFile(options: ResolvedOptions, to: number): Promise<number> {
  return inTurn(options, async () => {
    const database = options.database ?? await openNodeSqlite(options.path);
    const owned = options.database === undefined;
    try {
      const connection = new Connection(database, "own", options.clock);
      if (owned) configure(connection, options);
      return await applyMissing(connection, options.path, to);
    } finally {
      if (owned) database.close();
    }
  });
}

/** Does some work. Retries it for up to `patienceMs` while other processes have locked the file. */
async function inTurn<T>(options: ResolvedOptions, work: () => Promise<T>): Promise<T> {
  const { clock } = options;
  const deadline = clock.monotonic() + patienceMs;
  while (true) {
    try {
      return await work();
    } catch (error) {
      const failure = toStorageError(error, options.path);
      const transient = failure instanceof StorageError && failure.transient;
      if (!transient || clock.monotonic() >= deadline) throw failure;
    }
    await new Promise<void>((resume) => clock.setTimer(resume, pauseMs));
  }
}

async function tryToOpen(options: ResolvedOptions): Promise<OpenDatabase> {
  const owned = options.database === undefined;
  const database = options.database ?? await openNodeSqlite(options.path);
  try {
    const connection = new Connection(database, "own", options.clock);
    if (owned) configure(connection, options);
    await migrateSchema(connection, options.path, options.migrate);
    const file = new FileIdentity(options.path, options.clock);
    return { database, connection, owned, file };
  } catch (error) {
    // The error is converted before closing, because closing may remove the files whose rights are
    // missing.
    const failure = toStorageError(error, options.path);
    if (owned) database.close();
    throw failure;
  }
}

const setSynchronous: Readonly<Record<Synchronous, string>> = {
  off: "PRAGMA synchronous = OFF",
  normal: "PRAGMA synchronous = NORMAL",
  full: "PRAGMA synchronous = FULL",
  extra: "PRAGMA synchronous = EXTRA",
};

function configure(connection: Connection, options: ResolvedOptions): void {
  // A pragma takes no parameters, so the value, a checked integer, is part of the text.
  connection.get(`PRAGMA busy_timeout = ${Math.min(options.busyTimeoutMs, mostBlockedMs)}`);
  // The locking mode is set before the log is first used, so that the log needs no shared memory.
  if (options.exclusive) connection.get("PRAGMA locking_mode = EXCLUSIVE");
  connection.run(setSynchronous[options.synchronous]);
  // With the write-ahead log, readers and the writer do not wait for each other, and a commit is
  // one append.
  connection.get("PRAGMA journal_mode = WAL");
  // 16 MB of log between checkpoints instead of 4, so that a page that is written several times is
  // copied to the file once.
  connection.get("PRAGMA wal_autocheckpoint = 4000");
  // The size to which the log shrinks after a long read has made it grow.
  connection.get("PRAGMA journal_size_limit = 67108864");
}
