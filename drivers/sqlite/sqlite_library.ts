// What the driver needs of a SQLite library.

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
