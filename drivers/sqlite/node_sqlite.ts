// The adapter of node:sqlite, which is built into Deno (2.2 or later), Node (22.13 or later) and
// Bun.

import { StorageError } from "../../src/storage/errors.ts";
import { roundBigInts, type RowWithBigInts } from "./big_integers.ts";
import type {
  SqliteDatabase,
  SqliteRow,
  SqliteStatement,
  SqliteValue,
  SqliteValues,
} from "./sqlite_library.ts";
import { hasNumbers, prepareWithoutNumbers } from "./numbered_parameters.ts";

/** The part of `DatabaseSync` of `node:sqlite` that the driver uses. */
export interface NodeSqliteDatabase {
  /** Compiles one statement. */
  prepare(sql: string): NodeSqliteStatement;
  /** Runs a script. */
  exec(sql: string): void;
  /** Closes the connection. */
  close(): void;
  /** Whether a transaction is open. Available in Node from 22.16 on. */
  readonly isTransaction?: boolean;
  /** Switches defensive mode on or off. Available in Node from 24.12 on. */
  enableDefensive?(active: boolean): void;
}

/** The part of `StatementSync` of `node:sqlite` that the driver uses. */
export interface NodeSqliteStatement {
  /** Runs the statement. */
  run(...parameters: SqliteValue[]): { readonly changes: number | bigint };
  /** Returns the first row. */
  get(...parameters: SqliteValue[]): unknown;
  /** Returns all rows. */
  all(...parameters: SqliteValue[]): unknown[];
  /** Sets whether integers are read as bigints. */
  setReadBigInts?(enabled: boolean): void;
  /** Sets whether rows are read as arrays. Available in Node from 22.16 on. */
  setReturnArrays?(enabled: boolean): void;
}

/**
 * Opens a file, or a database in memory.
 *
 * @throws {StorageError} If the runtime has no `node:sqlite`.
 */
export async function openNodeSqlite(path: string): Promise<SqliteDatabase> {
  const { DatabaseSync } = await loadNodeSqlite();
  return fromNodeSqlite(new DatabaseSync(path));
}

/**
 * Imports the module dynamically. With a static import, a runtime without the module could not load
 * this driver, which reports the error.
 */
async function loadNodeSqlite(): Promise<typeof import("node:sqlite")> {
  try {
    return await import("node:sqlite");
  } catch (cause) {
    throw new StorageError(
      "sqliteStorage needs the module node:sqlite, which this runtime does not have. " +
        "Use Node 22.13 or later, Deno 2.2 or later, or Bun.",
      { cause },
    );
  }
}

/** Adapts an open connection. */
export function fromNodeSqlite(database: NodeSqliteDatabase): SqliteDatabase {
  const prepare = (sql: string) => fromStatement(database.prepare(sql));
  let bindsNumbers: boolean | undefined;
  return {
    prepare(sql) {
      if (!hasNumbers(sql)) return prepare(sql);
      bindsNumbers ??= canBindNumbers(database);
      return bindsNumbers ? prepare(sql) : prepareWithoutNumbers(sql, prepare);
    },
    // `exec` is used only for scripts. The errors of prepared statements have SQLite's error code
    // in every runtime, but the errors of scripts do not.
    exec: (sql) => database.exec(sql),
    get inTransaction() {
      return database.isTransaction ?? isInTransaction(database);
    },
    setDefensive: (active) => database.enableDefensive?.(active),
    close: () => database.close(),
  };
}

function fromStatement(statement: NodeSqliteStatement): SqliteStatement {
  // The application may have enabled these settings for its whole connection.
  statement.setReadBigInts?.(false);
  statement.setReturnArrays?.(false);
  const all = (parameters: SqliteValue[]): SqliteRow[] => {
    try {
      return statement.all(...parameters) as SqliteRow[];
    } catch (error) {
      return roundedRows(statement, parameters, error);
    }
  };
  return {
    run: (parameters) => Number(statement.run(...parameters).changes),
    get(parameters) {
      try {
        return statement.get(...parameters) as SqliteRow | undefined;
      } catch (error) {
        return roundedRows(statement, parameters, error)[0];
      }
    },
    all,
    values(parameters) {
      if (statement.setReturnArrays === undefined) return all(parameters).map(Object.values);
      statement.setReturnArrays(true);
      try {
        return all(parameters) as unknown as SqliteValues[];
      } finally {
        statement.setReturnArrays(false);
      }
    },
  };
}

/**
 * Returns the rows of a query that failed because a damaged row has an integer beyond 2^53.
 *
 * @throws The error, if it had another cause.
 */
function roundedRows(
  statement: NodeSqliteStatement,
  parameters: SqliteValue[],
  error: unknown,
): SqliteRow[] {
  if (!(error instanceof RangeError) || statement.setReadBigInts === undefined) throw error;
  statement.setReadBigInts(true);
  try {
    return roundBigInts(statement.all(...parameters) as RowWithBigInts[]);
  } finally {
    statement.setReadBigInts(false);
  }
}

function canBindNumbers(database: NodeSqliteDatabase): boolean {
  const statement = database.prepare("SELECT ?1");
  try {
    statement.get(1);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reports whether a transaction is open, for a library without `isTransaction`: tries to begin a
 * transaction, which fails within another transaction.
 */
function isInTransaction(database: NodeSqliteDatabase): boolean {
  try {
    database.exec("BEGIN");
  } catch (error) {
    if (String(error).includes("within a transaction")) return true;
    throw error;
  }
  database.exec("COMMIT");
  return false;
}
