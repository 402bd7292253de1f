// The errors of SQL Server and of mssql, told apart by what a caller can do about them. Sources:
// https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues (transient
// faults),
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
// (numbers).

import { EverTaskError } from "../../src/guards/errors.ts";
import {
  StorageError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../src/storage/errors.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { errorChain } from "../../src/thrown/error_chain.ts";
import { isInstance } from "../../src/thrown/reading.ts";

/**
 * Numbers of errors that pass: the same request may succeed a moment later.
 *
 * - -2 time-out; 1205 deadlock victim; 1222 lock time-out; 3960 and 3961 update conflict under
 *   SNAPSHOT
 * - 2601 and 2627 unique index: two processes stored the same new row at once; the second finds it
 *   when it tries again
 * - 596, 6005, 6006, 17142, 17147, 17187, 18401: the session was ended, the server stops, is paused
 *   or starts
 * - 701, 802, 8628, 8645, 8651: no memory or no time to compile at the moment
 * - 615, 913, 921, 922, 924, 926, 927, 945, 976, 978, 979, 982, 983, 4060, 4221: the database (or
 *   this replica of it) is not available at the moment
 * - 10053, 10054, 10060, 10061, 10928, 10929, 11001, 233, 64, 20, 40143, 40166, 40197, 40501,
 *   40540, 40613, 42108, 42109, 49918, 49919, 49920: connection faults and throttling of Azure SQL
 */
const transientNumbers = new Set([
  ...[-2, 1205, 1222, 3960, 3961, 2601, 2627],
  ...[596, 6005, 6006, 17142, 17147, 17187, 18401, 701, 802, 8628, 8645, 8651],
  ...[615, 913, 921, 922, 924, 926, 927, 945, 976, 978, 979, 982, 983, 4060, 4221],
  ...[10053, 10054, 10060, 10061, 10928, 10929, 11001, 233, 64, 20],
  ...[40143, 40166, 40197, 40501, 40540, 40613, 42108, 42109, 49918, 49919, 49920],
]);

/** No room: a file group (1101, 1105), the log (9002), the quota of an Azure database (40544). */
const fullNumbers = new Set([1101, 1105, 9002, 40544]);

/** A read-only database. Rights that a user lacks are in rights.ts. */
const readOnlyNumbers = new Set([3906, 3908]);

/** A table, column or procedure is missing. */
const missingObjectNumbers = new Set([207, 208, 2812]);

/**
 * Codes of mssql and tedious for a connection that broke, was not made in time, or a request that
 * was called off.
 */
const transientCodes = new Set([
  ...[
    "ETIMEOUT",
    "ESOCKET",
    "ECONNCLOSED",
    "ECANCEL",
    "EABORT",
    "ENOTOPEN",
    "ECLOSE",
    "EINSTLOOKUP",
  ],
  ...[
    "ECONNRESET",
    "ECONNREFUSED",
    "EPIPE",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "EAI_AGAIN",
  ],
]);

/** The numbers of a violated unique index or key. */
const duplicateNumbers = new Set([2601, 2627]);

/** Whether two processes stored the same new row at once. */
export function isDuplicate(error: unknown): boolean {
  const number = numberOf(error);
  return number !== undefined && duplicateNumbers.has(number);
}

/**
 * The storage error that stands for what the database or its package threw; errors of our own stay
 * as they are.
 */
export function toStorageError(error: unknown): Error {
  if (isInstance(error, EverTaskError)) return error;
  const number = numberOf(error);
  const code = codeOf(error);
  const message = describe(error);
  const options = { cause: error };
  if (number !== undefined) {
    if (fullNumbers.has(number)) return new StorageFullError(message, options);
    if (readOnlyNumbers.has(number)) return new StorageReadOnlyError(message, options);
    if (transientNumbers.has(number)) return new StorageUnavailableError(message, options);
    if (missingObjectNumbers.has(number)) {
      const remedy = "Open the storage with `migrate` on, or run the files of sql/sqlserver/.";
      return new StorageError(`${message} ${remedy}`, options);
    }
  }
  // A login that was refused is a matter of the configuration, however it was reported.
  if (
    number !== 18456 && (isPoolTimeout(error) || code !== undefined && transientCodes.has(code))
  ) {
    return new StorageUnavailableError(message, options);
  }
  return new StorageError(message, options);
}

/** What the server or its package said, with the error's number. */
export function describe(error: unknown): string {
  const number = numberOf(error);
  return `SQL Server: ${messageOf(error)}${number === undefined ? "" : ` (error ${number})`}`;
}

/** The server's error number; mssql keeps it on its own error, or on the one of tedious within. */
export function numberOf(error: unknown): number | undefined {
  for (const { number } of errorChain(error)) {
    if (typeof number === "number") return number;
  }
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  const codes = Array.from(errorChain(error), ({ code }) => code)
    .filter((code) => typeof code === "string");
  return codes.find((code) => transientCodes.has(code)) ?? codes[0];
}

/**
 * The pool gave no connection in time. The error has neither a name nor a code of its own; mssql
 * begins its message so.
 */
function isPoolTimeout(error: unknown): boolean {
  return messageOf(error).startsWith("Failed to acquire a connection from the pool");
}
