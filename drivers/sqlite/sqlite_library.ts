// What the driver needs of a SQLite library, and how the two that it knows provide it.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { type DenoSqliteDatabase, fromDenoSqlite } from "./deno_sqlite.ts";
import { fromNodeSqlite, type NodeSqliteDatabase } from "./node_sqlite.ts";

/** What SQLite stores. */
export type SqliteValue = string | number | null | Uint8Array;

/** A row by column names. Integers come as numbers; the driver stores none beyond 2^53. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** A row by the places of its columns. */
export type SqliteValues = readonly SqliteValue[];

/** A prepared statement, which may be run any number of times. */
export interface SqliteStatement {
  /** Runs it and returns the number of rows that it changed. */
  run(parameters: SqliteValue[]): number;
  /** Runs it and returns the first row, or undefined. */
  get(parameters: SqliteValue[]): SqliteRow | undefined;
  /** Runs it and returns all rows. */
  all(parameters: SqliteValue[]): SqliteRow[];
  /** Runs it and returns all rows by places: a wide row is read in a quarter of the time. */
  values(parameters: SqliteValue[]): SqliteValues[];
}

/** One connection to a SQLite database, synchronous. */
export interface SqliteDatabase {
  /** Compiles one statement. */
  prepare(sql: string): SqliteStatement;
  /** Runs a script of any number of statements. */
  exec(sql: string): void;
  /** Whether a transaction is open on this connection. */
  readonly inTransaction: boolean;
  /** Closes the connection. */
  close(): void;
}

/**
 * A connection that the application has opened itself: a `DatabaseSync` of `node:sqlite`, or a
 * `Database` of `@db/sqlite` (jsr:@db/sqlite, 0.12 or 0.13).
 */
export type SqliteConnection = NodeSqliteDatabase | DenoSqliteDatabase;

/** One adapter a connection, so that what it has prepared is found again. */
const adapters = new WeakMap<object, SqliteDatabase>();

/**
 * Adapts a connection that the application passed in.
 *
 * @throws {InvalidArgumentError} If it is of neither library.
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
  // Others with such methods, as bun:sqlite and better-sqlite3, tell `inTransaction`.
  return "prepare" in object && "exec" in object && !("inTransaction" in object);
}
