// The way to the server: the pool, calls of procedures, queries, and errors in the storage contract's terms.

import { StorageClosedError } from "../../src/storage/errors.ts";
import { callOnBabelfish, hasRows } from "./babelfish.ts";
import { isPool } from "./connection.ts";
import { isDuplicate, toStorageError } from "./errors.ts";
import {
  addInputs,
  type Parameters,
  type RequestMaker,
  sql,
  toTransaction,
  unlimitedTransaction,
} from "./mssql.ts";
import type { SqlServerConfig, SqlServerPool, SqlServerRequest } from "./mssql_api.ts";
import { forSchema, type ProcedureName } from "./script.ts";

/** A row of a recordset, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** The recordsets of a call or a query, in order. */
export type Recordsets = readonly (readonly Row[])[];

/** Procedures that may go through many rows. */
const long: ReadonlySet<ProcedureName> = new Set(["usp_ReleaseLost", "usp_Purge"]);

/** So many times the limit is left to requests that go through many rows. */
const factorForLong = 10;

/** How often a call is repeated that met another process storing the same new row. */
const duplicateRetries = 5;

/** A database and the schema in it. */
export class SqlServerDatabase {
  readonly schema: string;
  /** Whether the server is Babelfish, which takes rows in another way; known once the storage is open. */
  isBabelfish = false;
  readonly #connection: SqlServerPool | SqlServerConfig;
  #pool: SqlServerPool | null = null;

  constructor(connection: SqlServerPool | SqlServerConfig, schema: string) {
    this.#connection = connection;
    this.schema = schema;
  }

  /** Makes the pool, or uses the caller's, and connects. */
  async connect(): Promise<void> {
    if (this.#pool !== null) return;
    const connection = this.#connection;
    const pool = isPool(connection) ? connection : new sql.ConnectionPool(connection);
    // A pool says here, too, what went wrong; without a listener that would end the process. Whoever waits for the
    // connection is told by its promise.
    if (!isPool(connection)) pool.on("error", () => {});
    try {
      await pool.connect();
    } catch (error) {
      throw toStorageError(error);
    }
    this.#pool = pool;
  }

  /** Closes the pool if it is ours. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = null;
    if (pool === null || isPool(this.#connection)) return;
    try {
      await pool.close();
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /**
   * Calls a procedure: one round trip. When it meets another process that stores the same new row in the same moment (a
   * unique index says so, and nothing was kept), it is called again, unless the caller's transaction went down with it.
   */
  async call(
    procedure: ProcedureName,
    parameters: Parameters,
    connection?: unknown,
  ): Promise<Recordsets> {
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#call(procedure, parameters, connection);
      } catch (error) {
        const again = connection === undefined && attempt < duplicateRetries && isDuplicate(error);
        if (!again) throw toStorageError(error);
      }
    }
  }

  /** Runs a query of ours, in which the schema stands as `[EverTask]`. One that is long may take more time than others. */
  async query(text: string, parameters: Parameters = {}, isLong = false): Promise<Recordsets> {
    try {
      const { recordsets } = await this.#request(this.#maker(), parameters, isLong)
        .query(forSchema(text, this.schema));
      return recordsets as Recordsets;
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /** Runs work in a transaction of its own, whose requests have no limit of time: for migrations. */
  async transaction<T>(work: (transaction: RequestMaker) => Promise<T>): Promise<T> {
    const transaction = unlimitedTransaction(this.#connected());
    try {
      await transaction.begin();
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      // After most errors the server has ended the transaction by itself; then this fails, and says nothing new.
      await transaction.rollback().catch(() => {});
      throw toStorageError(error);
    }
  }

  async #call(
    procedure: ProcedureName,
    parameters: Parameters,
    connection: unknown,
  ): Promise<Recordsets> {
    const maker = this.#maker(connection);
    const call = { procedure, schema: this.schema, parameters };
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

  /** The caller's transaction, or the pool. */
  #maker(connection?: unknown): RequestMaker {
    const pool = this.#connected();
    return connection === undefined ? pool : toTransaction(connection);
  }

  #request(maker: RequestMaker, parameters: Parameters, isLong: boolean): SqlServerRequest {
    const connection = this.#connection;
    const limitMs = isPool(connection) ? undefined : connection.requestTimeout;
    const request = isLong && limitMs !== undefined
      ? maker.request({ requestTimeout: factorForLong * limitMs })
      : maker.request();
    addInputs(request, parameters, this.schema);
    return request;
  }

  #connected(): SqlServerPool {
    if (this.#pool !== null) return this.#pool;
    throw new StorageClosedError("The SQL Server storage is not open: call `open` first.");
  }
}
