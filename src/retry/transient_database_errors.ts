// Telling database errors that pass by themselves from all others, for the drivers that EverTask
// works with.

import { errorChain, type ErrorFields } from "../thrown/error_chain.ts";

/**
 * PostgreSQL: connection exceptions (class 08), serialization failure, deadlock, lock not
 * available, insufficient resources (53: too many connections, disk full), operator intervention
 * (57P: shutdown, crash, cannot connect now). Source:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const transientSqlState = /^(08...|40001|40P01|55P03|53...|57P..)$/;

/**
 * SQL Server: deadlock victim, lock timeout, query timeout, connection broken or refused, database
 * in recovery or failing over, resources exhausted; from 40000 on those of Azure SQL. Sources:
 * https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues and
 * Microsoft.Data.SqlClient's SqlConfigurableRetryFactory
 */
const transientSqlServerNumbers = new Set([
  ...[-2, 64, 233, 596, 701, 921, 922, 1203, 1204, 1205, 1222, 3960, 4060, 4221, 8645, 8651, 10053],
  ...[10054, 10060, 10928, 10929, 11001, 40143, 40197, 40501, 40540, 40613, 42108, 42109, 49918],
  ...[49919, 49920],
]);

/** Codes that postgres.js, tedious and sockets give to lost or refused connections. */
const transientCodes = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ESOCKET",
  "ETIMEOUT",
  "ECONNCLOSED",
  "EINSTLOOKUP",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/**
 * The primary result codes SQLITE_BUSY and SQLITE_LOCKED. Source:
 * https://www.sqlite.org/rescode.html
 */
const transientSqliteCodes = new Set([5, 6]);

/** Deno's node:sqlite passes on SQLite's message only, better-sqlite3 the name of the code. */
const transientSqliteText = /\bdatabase( table)? is locked\b|^SQLITE_(BUSY|LOCKED)/;

/**
 * Whether an error, or one that it wraps, is a failure of a database that may pass by itself: a
 * lost or refused connection, a restart, a deadlock, a serialization failure, a lock that
 * another transaction kept for too long, or a busy SQLite file. It knows the errors of `postgres`,
 * `pg`, `mssql`, `tedious`, `node:sqlite`, `@db/sqlite` and `better-sqlite3`, and EverTask's own.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  for (const fields of errorChain(error)) {
    if (fields.transient === true || isPostgres(fields) || isSqlServer(fields)) return true;
    if (isSqlite(fields)) return true;
    if (typeof fields.code === "string" && transientCodes.has(fields.code)) return true;
  }
  return false;
}

function isPostgres({ code, name }: ErrorFields): boolean {
  return name !== "SqliteError" && typeof code === "string" && transientSqlState.test(code);
}

function isSqlServer({ number }: ErrorFields): boolean {
  return typeof number === "number" && transientSqlServerNumbers.has(number);
}

/** Extended result codes carry the primary one in their low byte. */
function isSqlite({ errcode, code, name, message }: ErrorFields): boolean {
  if (typeof errcode === "number") return transientSqliteCodes.has(errcode & 0xff);
  if (typeof code === "number" && name === "SqliteError") {
    return transientSqliteCodes.has(code & 0xff);
  }
  return [code, message].some((text) => typeof text === "string" && transientSqliteText.test(text));
}
