// Maps errors of SQL Server and mssql to errors of the storage contract, by what the caller can do
// about them. Source for the numbers:
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

/** A read-only database. Rights that a user lacks are in rights.ts. */
const readOnlyNumbers = new Set([3906, 3908]);

/** A table, column or procedure is missing. */
const missingObjectNumbers = new Set([207, 208, 2812]);

/**
 * Codes of mssql for a request that was called off, or whose transaction or connection the pool
 * gave up. The calls of this driver are its own, and each of them may be repeated.
 */
const givenUpCodes = new Set(["ECANCEL", "EABORT", "ENOTOPEN"]);

/**
 * The numbers of a violated unique index or key. Two processes stored the same new row at once: the
 * one that came second finds it when it tries again.
 */
const duplicateNumbers = new Set([2601, 2627]);

/** Whether two processes stored the same new row at once. */
export function isDuplicate(error: unknown): boolean {
  const number = numberOf(error);
  return number !== undefined && duplicateNumbers.has(number);
}

/**
 * Makes the storage error for an error of the database or its package; returns errors of EverTask
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
  // A login that was refused is a matter of the configuration, however it was reported.
  if (
    number !== 18456 && (isPoolTimeout(error) || code !== undefined && isTransientCode(code))
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
  return codes.find(isTransientCode) ?? codes[0];
}

function isTransientCode(code: string): boolean {
  return isLostConnection(code) || givenUpCodes.has(code);
}

/**
 * The pool gave no connection in time. The error has neither a name nor a code of its own; mssql
 * begins its message so.
 */
function isPoolTimeout(error: unknown): boolean {
  return messageOf(error).startsWith("Failed to acquire a connection from the pool");
}
