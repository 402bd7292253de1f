// Recognises transient errors of database libraries. src/faults/ lists their codes.

import { connectionErrorFault } from "../faults/connections.ts";
import type { Fault } from "../faults/fault.ts";
import { postgresErrorFault } from "../faults/postgres.ts";
import { sqliteErrorFault } from "../faults/sqlite.ts";
import { sqlServerErrorFault } from "../faults/sqlserver.ts";
import { errorChain, type ErrorFields } from "../thrown/error_chain.ts";

/**
 * The functions that return the fault of an error by each database's codes, or `lasting` for
 * unknown codes.
 */
const faultsByCode: readonly ((error: ErrorFields) => Fault)[] = [
  postgresErrorFault,
  sqlServerErrorFault,
  sqliteErrorFault,
  connectionErrorFault,
];

/**
 * Reports whether an error, or one that it wraps, is a transient failure of a database: a lost or
 * refused connection, a restart, a deadlock, a serialization failure, a lock or other timeout, a
 * busy SQLite file, a disk that is full or fails. It recognises the errors of `postgres`, `pg`,
 * `mssql`, `tedious`, `node:sqlite`, `@db/sqlite` and `better-sqlite3`, and EverTask's own errors.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  for (const fields of errorChain(error)) {
    if (fields.transient === true) return true;
    if (faultsByCode.some((faultOf) => faultOf(fields) !== "lasting")) return true;
  }
  return false;
}
