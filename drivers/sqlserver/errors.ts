// Converts errors of SQL Server and mssql to errors of the storage contract. Source for the
// numbers:
// https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors

import { EverTaskError } from "../../src/guards/errors.ts";
import {
  StorageError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../src/storage/errors.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { errorChain } from "../../src/thrown/error_chain.ts";
import { isLostConnection } from "../../src/faults/connections.ts";
import { sqlServerFault } from "../../src/faults/sqlserver.ts";
import { isInstance } from "../../src/thrown/reading.ts";

/** The numbers of errors about a read-only database. Missing rights are in missing_rights.ts. */
const readOnlyNumbers = new Set([3906, 3908]);

/** The numbers of errors about a missing table, column or procedure. */
const missingObjectNumbers = new Set([207, 208, 2812]);

/**
 * The codes of mssql for a request that was cancelled, or that failed because the pool has closed
 * its transaction or connection. These errors are transient: each call of this driver may be
 * retried.
 */
const givenUpCodes = new Set(["ECANCEL", "EABORT", "ENOTOPEN"]);

/**
 * The numbers of errors about a violated unique index or key. Two processes stored the same new row
 * concurrently; the second process finds the row when it retries.
 */
const duplicateNumbers = new Set([2601, 2627]);

/** Reports whether two processes stored the same new row concurrently. */
export function isDuplicate(error: unknown): boolean {
  const number = numberOf(error);
  return number !== undefined && duplicateNumbers.has(number);
}

/**
 * Converts an error of the database or of mssql to a storage error. Returns errors of EverTask
 * unchanged.
 */
export function toStorageError(error: unknown): Error {
  if (isInstance(error, EverTaskError)) return error;
  const number = numberOf(error);
  const code = codeOf(error);
  const message = describe(error);
  const options = { cause: error };
  if (number !== undefined) {
    if (readOnlyNumbers.has(number)) return new StorageReadOnlyError(message, options);
    if (duplicateNumbers.has(number)) return new StorageUnavailableError(message, options);
    const fault = sqlServerFault(number);
    if (fault === "full") return new StorageFullError(message, options);
    if (fault === "unavailable") return new StorageUnavailableError(message, options);
    if (missingObjectNumbers.has(number)) {
      const remedy = "Open the storage with `migrate` on, or run the files of sql/sqlserver/.";
      return new StorageError(`${message} ${remedy}`, options);
    }
  }
  // A rejected login is a problem of the configuration, regardless of its code.
  if (
    number !== 18456 && (isPoolTimeout(error) || code !== undefined && isTransientCode(code))
  ) {
    if (code !== "ESOCKET") return new StorageUnavailableError(message, options);
    const remedy = "Check that the server runs and can be reached from here.";
    return new StorageUnavailableError(`${message.replace(/\.$/, "")}. ${remedy}`, options);
  }
  return new StorageError(message, options);
}

/** Returns the message of the server or of mssql, with the error's number. */
export function describe(error: unknown): string {
  const number = numberOf(error);
  return `SQL Server: ${messageOf(error)}${number === undefined ? "" : ` (error ${number})`}`;
}

/**
 * Returns the server's error number, which mssql stores in its own error or in the wrapped error of
 * tedious.
 */
export function numberOf(error: unknown): number | undefined {
  for (const { number } of errorChain(error)) {
    if (typeof number === "number") return number;
  }
  return undefined;
}

function codeOf(error: unknown): string | undefined {
  const codes = Array.from(errorChain(error), ({ code }) => code)
    .filter((code) => typeof code === "string");
  return codes.find(isTransientCode) ?? codes[0];
}

function isTransientCode(code: string): boolean {
  return isLostConnection(code) || givenUpCodes.has(code);
}

/**
 * Reports whether the pool had no free connection in time. The error has neither a specific name
 * nor a code, so its message is compared.
 */
function isPoolTimeout(error: unknown): boolean {
  return messageOf(error).startsWith("Failed to acquire a connection from the pool");
}
