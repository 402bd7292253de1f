// Adapts connections of node:sqlite and @db/sqlite that the application has opened.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { type DenoSqliteDatabase, fromDenoSqlite } from "./deno_sqlite.ts";
import { fromNodeSqlite, type NodeSqliteDatabase } from "./node_sqlite.ts";
import type { SqliteDatabase } from "./sqlite_library.ts";

/**
 * A connection that the application has opened: a `DatabaseSync` of `node:sqlite`, or a `Database`
 * of `@db/sqlite` (jsr:@db/sqlite, 0.12 or 0.13).
 */
export type SqliteConnection = NodeSqliteDatabase | DenoSqliteDatabase;

/** One adapter per connection, to reuse its prepared statements. */
const adapters = new WeakMap<object, SqliteDatabase>();

/**
 * Adapts a connection that the application passed in.
 *
 * @throws {InvalidArgumentError} If `connection` belongs to neither library.
 */
export function adaptConnection(connection: unknown, argument: string): SqliteDatabase {
  const object = typeof connection === "object" && connection !== null ? connection : {};
  let adapter = adapters.get(object);
  if (adapter === undefined) {
    if (isDenoSqlite(object)) adapter = fromDenoSqlite(object);
    else if (isNodeSqlite(object)) adapter = fromNodeSqlite(object);
    else {
      throw new InvalidArgumentError(
        argument,
        hidden(connection),
        "be an open DatabaseSync of node:sqlite or Database of @db/sqlite",
      );
    }
    adapters.set(object, adapter);
  }
  return adapter;
}

function isDenoSqlite(object: object): object is DenoSqliteDatabase {
  return "prepare" in object && "int64" in object && "inTransaction" in object;
}

function isNodeSqlite(object: object): object is NodeSqliteDatabase {
  // Other libraries with these methods, such as bun:sqlite and better-sqlite3, have
  // `inTransaction`.
  return "prepare" in object && "exec" in object && !("inTransaction" in object);
}
