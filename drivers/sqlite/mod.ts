/**
 * EverTask's storage on SQLite: one file, no server. It works with the `node:sqlite` that Deno,
 * Node and Bun have built in, and with a `Database` of `@db/sqlite` that a Deno application has
 * opened.
 *
 * ```ts
 * import { sqliteStorage } from "@evertask/evertask/sqlite";
 *
 * const storage = sqliteStorage(":memory:"); // or "app.db"
 * await storage.open();
 * await storage.close();
 * ```
 *
 * Several processes may share a file. Writes go to SQLite's write-ahead log, many tasks in one
 * transaction. Each call works synchronously inside, as SQLite does: it blocks the event loop for
 * as long as the disk needs. While another process writes, it waits for `busyTimeout`, most of it
 * without blocking.
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
 * Keeps tasks in a SQLite database.
 *
 * The `connection` of `persist` and of the changes may be any connection to the same file (or the
 * `database` passed here): a `DatabaseSync` of `node:sqlite` or a `Database` of `@db/sqlite`. If a
 * transaction is open on it, the writes exist only if it is committed. Begin it with `BEGIN
 * IMMEDIATE`: SQLite cannot turn a transaction that has only read into one that writes once another
 * connection has written. While a transaction is open on a `database` that the storage shares with
 * the application, the storage's other writes wait for its end: they fail with a transient error,
 * and are retried.
 *
 * @param options The file's path, `":memory:"`, or all options.
 * @throws {InvalidArgumentError} If an option has a value that cannot be used.
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
