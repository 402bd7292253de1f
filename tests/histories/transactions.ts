// Transactions of the application in a worker process: dispatches and completions are part of them.

import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { loadMssql } from "../../drivers/sqlserver/load_mssql.ts";
import type { SqlServerPool } from "../../drivers/sqlserver/mssql_api.ts";
import type { RunTransaction } from "../../src/testing/simulation/transactions.ts";
import { isBabelfish, targetConfig } from "../support/tsql_server/target.ts";
import type { ProcessSetup } from "./setup.ts";

/** How long a transaction stays open after its last write, so that some kills happen there. */
const lingersMs = 20;

/** The time after which a transaction without an answer is given up, in milliseconds. */
const patienceMs = 10_000;

/** Rolls a transaction back. */
const rollsBack = new Error("The transaction rolls back.");

/** A transaction of a database. */
interface OpenTransaction {
  /** What dispatches and completions take as their connection. */
  readonly connection: unknown;
  readonly commit: () => unknown;
  readonly rollBack: () => unknown;
}

/** Makes the transactions of a process. */
export function openTransactions({ store, address }: ProcessSetup): RunTransaction {
  switch (store) {
    case "sqlite":
      return onSqlite(address);
    case "postgres":
      return onPostgres(address);
    case "sqlserver":
      return onSqlServer();
  }
}

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** Works in a transaction, and ends it. Returns null if it is to roll back. */
async function workIn<Result>(
  { connection, commit, rollBack }: OpenTransaction,
  commits: boolean,
  work: (connection: unknown) => Promise<Result>,
): Promise<Result | null> {
  let result: Result;
  try {
    result = await work(connection);
    await pause(lingersMs);
  } catch (error) {
    await rollBack();
    throw error;
  }
  await (commits ? commit() : rollBack());
  return commits ? result : null;
}

/** One after the other, because a connection has one transaction at a time. */
function onSqlite(path: string): RunTransaction {
  const database = new DatabaseSync(path, { timeout: 0 });
  const transaction: OpenTransaction = {
    connection: database,
    commit: () => database.exec("COMMIT"),
    rollBack: () => database.exec("ROLLBACK"),
  };
  let last: Promise<unknown> = Promise.resolve();
  return (commits, work) => {
    const result = last.then(async () => {
      await beginImmediate(database);
      return await workIn(transaction, commits, work);
    });
    last = result.catch(() => {});
    return result;
  };
}

/** Waits for the lock of the file without blocking this process, which may hold it. */
async function beginImmediate(database: DatabaseSync): Promise<void> {
  while (true) {
    try {
      return database.exec("BEGIN IMMEDIATE");
    } catch (error) {
      if (!/locked/.test((error as Error).message)) throw error;
      await pause(5);
    }
  }
}

function onPostgres(url: string): RunTransaction {
  const sql = postgres(url, {
    max: 4,
    connect_timeout: 5,
    onnotice: () => {},
    // Ends the transactions of a process that is frozen, or cut off, with their locks.
    connection: { idle_in_transaction_session_timeout: patienceMs / 2 },
  });
  return (commits, work) =>
    inTime(
      sql.begin(async (transaction) => {
        const result = await work(transaction);
        await pause(lingersMs);
        if (!commits) throw rollsBack;
        return { result };
      }).then(({ result }) => result, (error) => {
        if (error !== rollsBack) throw error;
        return null;
      }),
    );
}

/**
 * Ends the transaction of a process that is frozen, or cut off, with its locks. SQL Server itself
 * does so by TCP keepalive after half a minute.
 */
const endsWhenIdle = `SELECT set_config('idle_in_transaction_session_timeout', '${
  patienceMs / 2
}', 'true');`;

function onSqlServer(): RunTransaction {
  const config = { ...targetConfig({ max: 4 }), requestTimeout: patienceMs };
  let pool: SqlServerPool | null = null;
  return async (commits, work) => {
    const { ConnectionPool } = await loadMssql();
    pool ??= new ConnectionPool(config);
    await pool.connect(); // again, if the network was cut before
    const transaction = pool.transaction();
    await transaction.begin();
    if (await isBabelfish(pool)) await transaction.request().batch(endsWhenIdle);
    const open: OpenTransaction = {
      connection: transaction,
      commit: () => transaction.commit(),
      rollBack: () => transaction.rollback(),
    };
    return await workIn(open, commits, work);
  };
}

/** Rejects if a promise does not settle in time, because an answer may be lost. */
function inTime<Result>(promise: PromiseLike<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const expired = () => reject(new Error(`There was no answer within ${patienceMs} ms.`));
    const timer = setTimeout(expired, patienceMs);
    promise.then(resolve, reject);
    Promise.resolve(promise).catch(() => {}).finally(() => clearTimeout(timer));
  });
}
