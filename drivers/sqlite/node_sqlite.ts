// The adapter of node:sqlite, which Deno (2.2), Node (22.16) and Bun have built in.

import { DatabaseSync } from "node:sqlite";
import type { SqliteDatabase, SqliteRow, SqliteStatement, SqliteValue } from "./database.ts";

/** The part of `DatabaseSync` of `node:sqlite` that the driver uses. */
export interface NodeSqliteDatabase {
  /** Compiles one statement. */
  prepare(sql: string): NodeSqliteStatement;
  /** Runs a script. */
  exec(sql: string): void;
  /** Closes the connection. */
  close(): void;
  /** Whether a transaction is open. */
  readonly isTransaction: boolean;
}

/** The part of `StatementSync` of `node:sqlite` that the driver uses. */
export interface NodeSqliteStatement {
  /** Runs it. */
  run(...parameters: SqliteValue[]): { readonly changes: number | bigint };
  /** The first row. */
  get(...parameters: SqliteValue[]): unknown;
  /** All rows. */
  all(...parameters: SqliteValue[]): unknown[];
}

/** Opens a file, or a database in memory. */
export function openNodeSqlite(path: string): SqliteDatabase {
  return fromNodeSqlite(new DatabaseSync(path));
}

/** Adapts an open connection. */
export function fromNodeSqlite(database: NodeSqliteDatabase): SqliteDatabase {
  return {
    prepare: (sql) => fromStatement(database.prepare(sql)),
    // Statements that are prepared carry SQLite's error code in every runtime, scripts do not: this is for scripts alone.
    exec: (sql) => database.exec(sql),
    get inTransaction() {
      return database.isTransaction;
    },
    close: () => database.close(),
  };
}

function fromStatement(statement: NodeSqliteStatement): SqliteStatement {
  return {
    run: (parameters) => Number(statement.run(...parameters).changes),
    get: (parameters) => statement.get(...parameters) as SqliteRow | undefined,
    all: (parameters) => statement.all(...parameters) as SqliteRow[],
  };
}
