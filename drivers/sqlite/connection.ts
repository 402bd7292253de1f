// One connection to the database: its prepared statements, and its transactions.

import { StorageUnavailableError } from "../../src/storage/errors.ts";
import type { Clock } from "../../src/time/clock.ts";
import type {
  SqliteDatabase,
  SqliteRow,
  SqliteStatement,
  SqliteValue,
  SqliteValues,
} from "./sqlite_library.ts";

/**
 * How writes use transactions: `own` begins one for each write; `joined` also joins a transaction
 * that the caller has open on the connection.
 */
export type Ownership = "own" | "joined";

/** A connection on which the storage's methods work. */
export class Connection {
  readonly #database: SqliteDatabase;
  readonly #ownership: Ownership;
  readonly #clock: Clock;
  readonly #statements = new Map<string, SqliteStatement>();
  /** The number of transactions that have begun. */
  begun = 0;

  constructor(database: SqliteDatabase, ownership: Ownership, clock: Clock) {
    this.#database = database;
    this.#ownership = ownership;
    this.#clock = clock;
  }

  /** Returns the statement with this text, which is compiled once. */
  prepare(sql: string): SqliteStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, ...parameters: SqliteValue[]): number {
    return this.prepare(sql).run(parameters);
  }

  get(sql: string, ...parameters: SqliteValue[]): SqliteRow | undefined {
    return this.prepare(sql).get(parameters);
  }

  all(sql: string, ...parameters: SqliteValue[]): SqliteRow[] {
    return this.prepare(sql).all(parameters);
  }

  values(sql: string, ...parameters: SqliteValue[]): SqliteValues[] {
    return this.prepare(sql).values(parameters);
  }

  /** Does some work that fails at once, instead of waiting, if another connection holds a lock. */
  withoutWaiting<T>(work: () => T): T {
    const timeout = this.get("PRAGMA busy_timeout")!.timeout as number;
    this.get("PRAGMA busy_timeout = 0");
    try {
      return work();
    } finally {
      this.get(`PRAGMA busy_timeout = ${timeout}`);
    }
  }

  /** Switches defensive mode; see {@linkcode SqliteDatabase.setDefensive}. */
  setDefensive(active: boolean): void {
    this.#database.setDefensive?.(active);
  }

  /** Runs a script. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /**
   * Does some work as one transaction. In the caller's transaction, the work is a savepoint. It is
   * committed when the caller commits. If it fails, only the work is undone.
   *
   * @throws {StorageUnavailableError} If the caller has an open transaction on a connection that it
   * shares with the storage, because the storage's own writes must not depend on that transaction.
   *
   * @param work Called with the time, which is read after the write lock is acquired. A time read
   * earlier could precede the writes that other connections make during the wait for the lock.
   */
  transaction<T>(work: (now: number) => T): T {
    const nested = this.#database.inTransaction;
    if (nested && this.#ownership === "own") {
      throw new StorageUnavailableError(
        "The application has a transaction open on the database connection that it shares with EverTask. " +
          "Pass that connection as `connection` to take part in the transaction, or give EverTask a connection of its own.",
      );
    }
    const [begin, commit] = nested ? savepoint : transaction;
    let begun = false;
    try {
      this.run(begin);
      begun = true;
      this.begun++;
      const result = work(this.#clock.now());
      this.run(commit);
      return result;
    } catch (error) {
      // After a full disk or an I/O error SQLite has already rolled back.
      if (this.#database.inTransaction) this.#undo(nested, begun);
      throw error;
    }
  }

  #undo(nested: boolean, begun: boolean): void {
    if (!nested) this.run("ROLLBACK");
    else if (begun) {
      this.run("ROLLBACK TO evertask");
      this.run("RELEASE evertask");
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

// IMMEDIATE acquires the write lock at the start. Otherwise, a transaction that reads first would
// fail if another connection writes in between.
const transaction = ["BEGIN IMMEDIATE", "COMMIT"] as const;
const savepoint = ["SAVEPOINT evertask", "RELEASE evertask"] as const;
