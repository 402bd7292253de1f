// Runs operations on the storage's own connection, which this file opens and closes, or on the
// caller's connection. Converts failures to errors of the storage contract.

import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { OpenOnce } from "../../src/storage/kit/open_once.ts";
import type { ConnectionOptions } from "../../src/storage/requests.ts";
import { BusyWait } from "./busy_wait.ts";
import { Connection } from "./connection.ts";
import { adaptConnection } from "./adapt_connection.ts";
import type { SqliteDatabase } from "./sqlite_library.ts";
import { toStorageError } from "./errors.ts";
import { type OpenDatabase, openDatabase } from "./open.ts";
import type { ResolvedOptions } from "./options.ts";

/** The work of an operation, with its connection and time. */
export type Work<T> = (connection: Connection, now: number) => T;

/** The database of a storage. */
export class DatabaseAccess {
  readonly #options: ResolvedOptions;
  readonly #busyWait: BusyWait;
  readonly #onCallersWork: (database: SqliteDatabase) => void;
  /** The caller's connections that were found to belong to the same database. */
  readonly #joined = new WeakMap<SqliteDatabase, Connection>();
  readonly #database: OpenOnce<OpenDatabase>;
  /** Whether another file has replaced the open one. */
  #isDisplaced = false;

  /**
   * @param onOpened Called after the storage's own connection was opened, also after the file was
   * replaced.
   * @param onCallersWork Called after work on a connection of the caller, on which a transaction
   * may still be open.
   */
  constructor(
    options: ResolvedOptions,
    onOpened: (connection: Connection) => void,
    onCallersWork: (database: SqliteDatabase) => void,
  ) {
    this.#options = options;
    this.#busyWait = new BusyWait(options.busyTimeoutMs);
    this.#onCallersWork = onCallersWork;
    this.#database = new OpenOnce({
      what: `storage on ${options.path}`,
      open: async () => {
        const opened = await openDatabase(options);
        onOpened(opened.connection);
        return opened;
      },
      close: ({ owned, connection }) => owned ? connection.close() : undefined,
    });
  }

  /** Opens the database, once. */
  async open(): Promise<void> {
    await this.#database.open();
  }

  /** Closes the connections that the storage opened. Later work rejects. */
  close(): Promise<void> {
    this.#isDisplaced = false;
    return this.#database.close();
  }

  /** Does the work on the storage's own connection. */
  async do<T>(work: Work<T>): Promise<Awaited<T>> {
    const { connection } = this.#isDisplaced ? await this.#reopened() : this.#checked();
    return this.#translated(() =>
      this.#busyWait.do(connection, () => work(connection, this.#options.clock.now()))
    );
  }

  /**
   * Does `work` for a list of items, on the caller's connection if there is one. Does nothing for
   * an empty list.
   */
  async many<Item, T>(
    items: readonly Item[],
    { connection: callers }: ConnectionOptions,
    work: (connection: Connection, items: readonly Item[]) => T[],
  ): Promise<readonly T[]> {
    if (items.length === 0) return [];
    if (callers === undefined) return await this.do((own) => work(own, items));
    const database = adaptConnection(callers, "connection");
    return await this.#translated(() => {
      const connection = this.#join(database, callers);
      try {
        return work(connection, items);
      } finally {
        this.#onCallersWork(database);
      }
    });
  }

  /** Adapts the caller's connection. */
  #join(database: SqliteDatabase, callers: unknown): Connection {
    const open = this.#database.opened;
    let connection = this.#joined.get(database);
    if (connection === undefined) {
      connection = new Connection(database, "joined", this.#options.clock);
      if (database !== open.database) {
        const [ours, theirs] = [fileOf(open.connection), fileOf(connection)];
        if (theirs !== ours || ours === "") {
          throw new InvalidArgumentError(
            "connection",
            callers,
            `be a connection to the storage's own database, ${ours || this.#options.path}, ` +
              `but it is one to ${theirs || "another database in memory"}`,
          );
        }
      }
      this.#joined.set(database, connection);
    }
    return connection;
  }

  /** Returns the open database, after checking that its file was not replaced. */
  #checked(): OpenDatabase {
    const open = this.#database.opened;
    try {
      open.file.check();
    } catch (error) {
      if (open.owned && open.file.isThere()) {
        // Errors of closing are ignored, because they concern a replaced file.
        this.#database.close().catch(() => {});
        this.#isDisplaced = true;
      }
      throw error;
    }
    return open;
  }

  /** Opens the file that has replaced the open one. */
  async #reopened(): Promise<OpenDatabase> {
    await this.#database.open();
    this.#isDisplaced = false;
    return this.#database.opened;
  }

  async #translated<T>(work: () => T): Promise<Awaited<T>> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError(error, this.#options.path);
    }
  }
}

/**
 * Returns the file of a connection's main database, as SQLite resolved it; empty for a database in
 * memory.
 */
function fileOf(connection: Connection): string {
  const databases = connection.all("PRAGMA database_list");
  return String(databases.find((row) => row.name === "main")?.file ?? "");
}
