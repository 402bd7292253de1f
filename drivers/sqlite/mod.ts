/**
 * Storage in SQLite: one file, no server. Works with `node:sqlite`, which is built into Deno, Node
 * and Bun, and with a `Database` of `@db/sqlite` that a Deno application has opened.
 *
 * ```ts
 * import { sqliteStorage } from "@evertask/evertask/sqlite";
 *
 * const storage = sqliteStorage(":memory:"); // or "app.db"
 * await storage.open();
 * await storage.close();
 * ```
 *
 * Several processes may share a file. Writes go to SQLite's write-ahead log, with many tasks in one
 * transaction. SQLite is synchronous, so each call blocks the event loop until the disk has
 * answered. While another process writes, a call waits for up to `busyTimeout`, mostly without
 * blocking.
 *
 * @module
 */

import type { Storage } from "../../src/storage/storage.ts";
import { resolveOptions, type SqliteStorageOptions } from "./options.ts";
import { SqliteStorage } from "./storage.ts";

export type { SqliteConnection } from "./adapt_connection.ts";
export type { SqliteValue } from "./sqlite_library.ts";
export type { DenoSqliteDatabase, DenoSqliteStatement } from "./deno_sqlite.ts";
export type { NodeSqliteDatabase, NodeSqliteStatement } from "./node_sqlite.ts";
export type { SqliteStorageOptions, Synchronous } from "./options.ts";

/**
 * Creates a storage in a SQLite database.
 *
 * The option `connection` of dispatches may be any connection to the same file, or the `database`
 * passed here: a `DatabaseSync` of `node:sqlite` or a `Database` of `@db/sqlite`. If a transaction
 * is open on it, the writes exist only if it is committed. Begin the transaction with `BEGIN
 * IMMEDIATE`. Otherwise, the first write of a transaction that has already read fails if another
 * connection has written in between. While a transaction is open on a `database` that the storage
 * shares with the application, the storage's other writes fail with a transient error and are
 * retried until the transaction ends.
 *
 * @param options The file's path, `":memory:"`, or all options.
 * @throws {InvalidArgumentError} If an option is invalid.
 * @example
 * ```ts
 * import { DatabaseSync } from "node:sqlite";
 * import { sqliteStorage } from "@evertask/evertask/sqlite";
 *
 * const database = new DatabaseSync(":memory:");
 * const storage = sqliteStorage({ database });
 * await storage.open();
 * await storage.close();
 * database.close();
 * ```
 */
export function sqliteStorage(options: string | SqliteStorageOptions): Storage {
  return new SqliteStorage(resolveOptions(options));
}
