// The interface to SQLite libraries.

/** A value that SQLite stores. */
export type SqliteValue = string | number | null | Uint8Array;

/** A row by column names. Integers are numbers, because the driver stores none beyond 2^53. */
export type SqliteRow = Readonly<Record<string, SqliteValue>>;

/** A row by the indexes of its columns. */
export type SqliteValues = readonly SqliteValue[];

/** A prepared statement, which may be run any number of times. */
export interface SqliteStatement {
  /** Runs the statement and returns the number of changed rows. */
  run(parameters: SqliteValue[]): number;
  /** Runs the statement and returns the first row, or undefined. */
  get(parameters: SqliteValue[]): SqliteRow | undefined;
  /** Runs the statement and returns all rows. */
  all(parameters: SqliteValue[]): SqliteRow[];
  /**
   * Runs the statement and returns all rows by index. For a wide row, this takes a quarter of the
   * time of `all`.
   */
  values(parameters: SqliteValue[]): SqliteValues[];
}

/** A synchronous connection to a SQLite database. */
export interface SqliteDatabase {
  /** Compiles one statement. */
  prepare(sql: string): SqliteStatement;
  /** Runs a script of any number of statements. */
  exec(sql: string): void;
  /** Whether a transaction is open on this connection. */
  readonly inTransaction: boolean;
  /**
   * Switches defensive mode, in which the schema's text cannot be written, on or off. Undefined if
   * the library has no such mode.
   */
  readonly setDefensive?: (active: boolean) => void;
  /** Closes the connection. */
  close(): void;
}
