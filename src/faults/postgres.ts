// The transient errors of PostgreSQL. Source for the codes:
// https://www.postgresql.org/docs/current/errcodes-appendix.html

import type { ErrorFields } from "../thrown/error_chain.ts";
import { type Fault, faultOf } from "./fault.ts";

const faults: ReadonlyMap<string, Fault> = new Map([
  // Connection exceptions. Another connection may succeed. PgBouncer reports its own limits, such
  // as query_wait_timeout, as protocol_violation (08P01).
  ["08", "unavailable"],

  // The session was ended, because it was idle in its transaction for too long or the transaction
  // took too long.
  ["25P03", "unavailable"],
  ["25P04", "unavailable"],

  // Transaction rollback: serialization_failure, deadlock_detected. A retry violates a deferred
  // constraint (40002) again.
  ["40", "unavailable"],
  ["40002", "lasting"],

  // Insufficient resources: out_of_memory, too_many_connections, configuration_limit_exceeded.
  ["53", "unavailable"],
  ["53100", "full"],

  // Of class 55 (object not in prerequisite state), only the errors about objects that another
  // session holds: object_in_use, lock_not_available.
  ["55006", "unavailable"],
  ["55P03", "unavailable"],

  // Operator intervention: the server stops, crashed or starts, a session was idle for too long, a
  // statement exceeded statement_timeout or was cancelled. A dropped database stays missing.
  ["57", "unavailable"],
  ["57P04", "lasting"],

  // Of class 58 (system errors), only system_error and io_error. Files that are missing, exist
  // already or have too long a name (58P01 to 58P03) are lasting faults.
  ["58000", "unavailable"],
  ["58030", "unavailable"],

  // snapshot_too_old, of servers up to version 16. The next transaction has a new snapshot.
  ["72000", "unavailable"],
]);

const sqlState = /^[0-9A-Z]{5}$/;

/** Returns the fault of a SQLSTATE; `lasting` for any other text. */
export function postgresFault(code: string): Fault {
  return sqlState.test(code) ? faultOf(faults, code, code.slice(0, 2)) : "lasting";
}

/** Returns the fault of an error of `postgres` or `pg`, whose `code` is the SQLSTATE. */
export function postgresErrorFault({ code, name }: ErrorFields): Fault {
  return typeof code === "string" && name !== "SqliteError" ? postgresFault(code) : "lasting";
}
