// The adapter of @db/sqlite (denodrivers/sqlite3), for Deno applications that already use it. The
// package is not imported, because it is optional and not on npm.

import { roundBigInts, type RowWithBigInts } from "./big_integers.ts";
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from "./sqlite_library.ts";

/** The part of `Database` of `@db/sqlite` that the driver uses. */
export interface DenoSqliteDatabase {
  /** Compiles one statement. */
  prepare(sql: string): DenoSqliteStatement;
  /** Runs a script. */
  exec(sql: string): number;
  /** Closes the connection. */
  close(): void;
  /** Whether integers are read with 64 bits instead of the lower 32. */
  int64: boolean;
  /** Whether a transaction is open. */
  readonly inTransaction: boolean;
}

/** The part of `Statement` of `@db/sqlite` that the driver uses. */
export interface DenoSqliteStatement {
  /** Runs the statement and returns the number of changed rows. */
  run(...parameters: SqliteValue[]): number;
  /** Returns all rows. */
  all(...parameters: SqliteValue[]): object[];
}

/** Adapts an open connection. */
export function fromDenoSqlite(database: DenoSqliteDatabase): SqliteDatabase {
  return {
    prepare: (sql) => fromStatement(database, database.prepare(sql)),
    exec: (sql) => void database.exec(sql),
    get inTransaction() {
      return database.inTransaction;
    },
    close: () => database.close(),
  };
}

function fromStatement(
  database: DenoSqliteDatabase,
  statement: DenoSqliteStatement,
): SqliteStatement {
  /**
   * Instants need more than the 32 bits that the library reads by default. The setting applies to
   * the application's whole connection, so it is restored after each read.
   */
  const all = (parameters: SqliteValue[]): SqliteRow[] => {
    const { int64 } = database;
    database.int64 = true;
    try {
      return roundBigInts(statement.all(...parameters) as RowWithBigInts[]);
    } finally {
      database.int64 = int64;
    }
  };
  return {
    run: (parameters) => statement.run(...parameters),
    // The library's own `get` is not used, because for a statement without parameters it always
    // returns the same object.
    get: (parameters) => all(parameters)[0],
    all,
    values: (parameters) => all(parameters).map(Object.values),
  };
}
