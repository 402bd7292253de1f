// Recognises transient database errors of the drivers that EverTask works with. src/faults/ lists
// their codes.

import { errorChain, type ErrorFields } from "../thrown/error_chain.ts";
import { isLostConnection } from "../faults/connections.ts";
import { postgresFault } from "../faults/postgres.ts";
import { sqliteFault, sqliteResultCode } from "../faults/sqlite.ts";
import { sqlServerFault } from "../faults/sqlserver.ts";

/**
 * Reports whether an error, or one that it wraps, is a transient failure of a database: a lost or
 * refused connection, a restart, a deadlock, a serialization failure, a lock that another
 * transaction kept for too long, a time-out, a busy SQLite file, a disk that is full or fails. It
 * knows the errors of `postgres`, `pg`, `mssql`, `tedious`, `node:sqlite`, `@db/sqlite` and
 * `better-sqlite3`, and EverTask's own.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  for (const fields of errorChain(error)) {
    if (fields.transient === true || isPostgres(fields) || isSqlServer(fields)) return true;
    if (isSqlite(fields)) return true;
    if (typeof fields.code === "string" && isLostConnection(fields.code)) return true;
  }
  return false;
}

function isPostgres({ code, name }: ErrorFields): boolean {
  return name !== "SqliteError" && typeof code === "string" && postgresFault(code) !== "lasting";
}

function isSqlServer({ number }: ErrorFields): boolean {
  return typeof number === "number" && sqlServerFault(number) !== "lasting";
}

function isSqlite(fields: ErrorFields): boolean {
  const resultCode = sqliteResultCode(fields);
  return resultCode !== null && sqliteFault(resultCode) !== "lasting";
}
