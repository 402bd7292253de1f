// Accesses the server: connects the pool, calls procedures, runs queries, and converts errors to
// those of the storage contract.

import { notOpen } from "../../src/storage/kit/open_once.ts";
import { callOnBabelfish, hasRows } from "./babelfish.ts";
import { isPool, poolConfig } from "./connection.ts";
import { isDuplicate, toStorageError } from "./errors.ts";
import { loadMssql } from "./load_mssql.ts";
import {
  addInputs,
  type Parameters,
  type RequestMaker,
  toTransaction,
  unlimitedTransaction,
} from "./mssql.ts";
import type { Mssql, SqlServerPool, SqlServerRequest } from "./mssql_api.ts";
import type { ResolvedOptions } from "./options.ts";
import { type Grantee, isMissingRight, missingRightError } from "./missing_rights.ts";
import type { Recordsets } from "./recordsets.ts";
import { text } from "./rows.ts";
import { forSchema, type ProcedureName } from "./script.ts";

/** The procedures that may read many rows. */
const long: ReadonlySet<ProcedureName> = new Set(["usp_ReleaseLost", "usp_Purge"]);

/** The factor of the timeout for requests that may read many rows. */
const factorForLong = 10;

/**
 * The maximum number of retries of a call that failed because another process stored the same new
 * row.
 */
const duplicateRetries = 5;

/** The options that identify a database and its schema. */
export type DatabaseOptions = Pick<ResolvedOptions, "connection" | "mssql" | "schema">;

/** A pool that is connected. */
interface Connected {
  readonly pool: SqlServerPool;
  /** Whether the storage created the pool. If so, the storage also closes it. */
  readonly isOurs: boolean;
  /** The timeout of a request in milliseconds; undefined if the application's pool sets it. */
  readonly requestLimitMs: number | undefined;
  readonly mssql: Mssql;
}

/** A database and the schema in it. */
export class SqlServerDatabase {
  readonly schema: string;
  /**
   * Whether the server is Babelfish, which needs another way of sending rows; see babelfish.ts.
   * Set when the storage is opened.
   */
  isBabelfish = false;
  readonly options: DatabaseOptions;
  #connected: Connected | null = null;

  constructor(options: DatabaseOptions) {
    this.options = options;
    this.schema = options.schema;
  }

  /** Creates the pool, or uses the application's, and connects. */
  async connect(): Promise<void> {
    if (this.#connected !== null) return;
    const mssql = this.options.mssql ?? await loadMssql();
    const connected = makePool(this.options.connection, mssql);
    try {
      await connected.pool.connect();
    } catch (error) {
      throw toStorageError(error);
    }
    this.#connected = connected;
  }

  /** Closes the pool, unless it is the application's. */
  async close(): Promise<void> {
    const connected = this.#connected;
    this.#connected = null;
    if (!connected?.isOurs) return;
    try {
      await connected.pool.close();
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /**
   * Calls a procedure in one round trip. If a unique index rejects a row because another process
   * stored the same new row, calls it again, except in the caller's transaction, which the error
   * has ended.
   */
  async call(
    procedure: ProcedureName,
    parameters: Parameters,
    connection?: unknown,
  ): Promise<Recordsets> {
    return await this.#again(
      () => this.#call(procedure, parameters, connection),
      connection === undefined,
    );
  }

  /**
   * Does work in one transaction: the caller's, or a new transaction, which is retried like a call.
   */
  async together<T>(work: (connection: unknown) => Promise<T>, connection: unknown): Promise<T> {
    if (connection !== undefined) return await work(connection);
    return await this.#again(() => this.transaction(work), true);
  }

  /**
   * Does work. If `mayRepeat` is true, retries it after another process has stored the same new
   * row.
   */
  async #again<T>(work: () => Promise<T>, mayRepeat: boolean): Promise<T> {
    for (let attempt = 0;; attempt++) {
      try {
        return await work();
      } catch (error) {
        const again = mayRepeat && attempt < duplicateRetries && isDuplicate(error);
        if (!again) throw await this.#explain(error);
      }
    }
  }

  /** Runs a query, in which `[EverTask]` is the schema. A long query has a longer timeout. */
  async query(text: string, parameters: Parameters = {}, isLong = false): Promise<Recordsets> {
    try {
      const { recordsets } = await this.#request(this.#maker(), parameters, isLong)
        .query(forSchema(text, this.schema));
      return recordsets as Recordsets;
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  /** Runs a query in a transaction that {@linkcode transaction} has begun. */
  async queryIn(transaction: RequestMaker, text: string, parameters: Parameters): Promise<void> {
    await this.#request(transaction, parameters, false).query(forSchema(text, this.schema));
  }

  /**
   * Does work in a new transaction. Its requests have no timeout, because migrations may take long.
   */
  async transaction<T>(work: (transaction: RequestMaker) => Promise<T>): Promise<T> {
    const transaction = unlimitedTransaction(this.#open().pool);
    try {
      await transaction.begin();
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      // `rollback` fails if the server has already ended the transaction, as it does after most
      // errors. The failure is ignored.
      await transaction.rollback().catch(() => {});
      throw await this.#explain(error);
    }
  }

  /** Returns the user in the database, for errors about missing rights. */
  async grantee(): Promise<Grantee> {
    const { schema, isBabelfish } = this;
    try {
      const { recordsets } = await this.#open().pool.request().query(
        `SELECT USER_NAME() AS [User], SCHEMA_ID(N'${schema}') AS [Schema], SERVERPROPERTY('Babelfish') AS [Babelfish];`,
      );
      const { User, Schema, Babelfish } = (recordsets as Recordsets)[0]![0]!;
      return {
        schema,
        user: text(User),
        isBabelfish: Babelfish !== null,
        hasSchema: Schema !== null,
      };
    } catch {
      return { schema, user: "user", isBabelfish, hasSchema: false };
    }
  }

  /** Converts an error to a storage error. */
  async #explain(error: unknown): Promise<Error> {
    if (!isMissingRight(error)) return toStorageError(error);
    return missingRightError(error, await this.grantee());
  }

  async #call(
    procedure: ProcedureName,
    parameters: Parameters,
    connection: unknown,
  ): Promise<Recordsets> {
    const maker = this.#maker(connection);
    const call = { procedure, schema: this.schema, parameters, mssql: this.#open().mssql };
    if (this.isBabelfish && hasRows(call)) {
      return await callOnBabelfish(
        call,
        maker,
        (work) => connection === undefined ? this.transaction(work) : work(maker),
      );
    }
    const request = this.#request(maker, parameters, long.has(procedure));
    const { recordsets } = await request.execute(`[${this.schema}].[${procedure}]`);
    return recordsets as Recordsets;
  }

  /** Returns the caller's transaction, or the pool. */
  #maker(connection?: unknown): RequestMaker {
    const { pool } = this.#open();
    return connection === undefined ? pool : toTransaction(connection);
  }

  #request(maker: RequestMaker, parameters: Parameters, isLong: boolean): SqlServerRequest {
    const { mssql, requestLimitMs } = this.#open();
    const request = isLong && requestLimitMs !== undefined
      ? maker.request({ requestTimeout: factorForLong * requestLimitMs })
      : maker.request();
    addInputs(request, parameters, this.schema, mssql);
    return request;
  }

  #open(): Connected {
    if (this.#connected !== null) return this.#connected;
    throw notOpen("SQL Server storage");
  }
}

function makePool(connection: DatabaseOptions["connection"], mssql: Mssql): Connected {
  if (isPool(connection)) {
    return { pool: connection, isOurs: false, requestLimitMs: undefined, mssql };
  }
  const config = poolConfig(connection, mssql);
  const pool = new mssql.ConnectionPool(config);
  // A pool also emits its failures as events. Without a listener, they would end the process.
  pool.on("error", () => {});
  return { pool, isOurs: true, requestLimitMs: config.requestTimeout, mssql };
}
