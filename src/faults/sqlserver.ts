// The transient errors of SQL Server. Sources:
// https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues (Azure's
// list of transient faults),
// https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconfigurableretryfactory.baselinetransienterrors,
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
// (the numbers whose text asks to try again), and
// SqlServerTransientExceptionDetector of Entity Framework Core.

import type { ErrorFields } from "../thrown/error_chain.ts";
import { type Fault, faultOf } from "./fault.ts";

const unavailable: readonly number[] = [
  // Locks: 1203 a lock was lost to a race, 1204 and 1232 no lock is available now, 1205 deadlock
  // victim, 1222 lock timeout.
  ...[1203, 1204, 1205, 1222, 1232],

  // Transactions under SNAPSHOT: 3960 conflict with an update, 3961 conflict with a change of a
  // table; with the other 39xx numbers, row versions or a replica are not available now. 41301 to
  // 41839: conflicts of commits on memory-optimized tables.
  ...[3947, 3948, 3950, 3953, 3957, 3960, 3961, 3966, 41301, 41302, 41305, 41325, 41839],

  // The session was ended (596); the server stops, is paused or starts (6005, 6006, 17142, 17147,
  // 17148, 17187, 18401); or the server has reached its limit of connections (17809).
  ...[596, 6005, 6006, 17142, 17147, 17148, 17187, 17809, 18401],

  // Memory, a page, a thread or log space did not become available in time.
  ...[701, 802, 845, 8628, 8642, 8645, 8651, 9020],

  // The database is not available yet or changes its state: 615, 913, 921, 922, 926 (at the end of
  // a failover of a managed instance), 927 (a restore), 941, 945, 952, 4060, 49802. One session has
  // exclusive access to it: 924.
  ...[615, 913, 921, 922, 924, 926, 927, 941, 945, 952, 4060, 49802],

  // This replica of the database does not accept connections now.
  ...[955, 956, 976, 978, 979, 982, 983, 988, 4221],

  // The network and the login, by the numbers of Windows and of SqlClient (-2 is its timeout).
  ...[-2, 20, 64, 121, 233, 997, 10053, 10054, 10060, 10061, 11001],

  // Azure: a failover (40613; 40197, which names one of 40020, 40143, 40166 and 40540), overload,
  // and a pool that is being resumed (42108, 42109).
  ...[40613, 40197, 40020, 40143, 40166, 40540],
  ...[10928, 10929, 10930, 10936, 40189, 40501, 40642, 40648, 40675, 40903, 49918, 49919, 49920],
  ...[42108, 42109],
];

/**
 * No space: in a file group (1101, 1105), the log (9002), the quota of an elastic pool (1132) or of
 * a database (40544).
 */
const full: readonly number[] = [1101, 1105, 1132, 9002, 40544];

const faults: ReadonlyMap<number, Fault> = new Map([
  ...unavailable.map((number) => [number, "unavailable"] as const),
  ...full.map((number) => [number, "full"] as const),
]);

/** Returns the fault of an error number. */
export function sqlServerFault(number: number): Fault {
  return faultOf(faults, number, number);
}

/** Returns the fault of an error of `mssql` or `tedious`, by its `number`. */
export function sqlServerErrorFault({ number }: ErrorFields): Fault {
  return typeof number === "number" ? sqlServerFault(number) : "lasting";
}
