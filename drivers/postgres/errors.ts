// What PostgreSQL and postgres.js throw, as errors of the storage contract: told apart by what the
// caller can do about it.

import {
  StorageError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../src/storage/errors.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { isLostConnection } from "../../src/thrown/faults/connections.ts";
import { postgresFault } from "../../src/thrown/faults/postgres.ts";
import { isInstance, readMember } from "../../src/thrown/reading.ts";
import { wrappedErrors } from "../../src/thrown/wrapped_errors.ts";

type Make = (message: string, cause: unknown) => StorageError;

const readOnlyTransaction = "25006";
const cannotConnectNow = "57P03";

/**
 * What is to be done about an error, by its SQLSTATE or the class of it; the first that fits
 * decides. Where none fits, src/thrown/faults/postgres.ts tells whether it passes. Source for the
 * codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const states: readonly [prefix: string, make: Make][] = [
  ["53100", advising(StorageFullError, "Free space on the server's disk.")], // disk_full
  [
    readOnlyTransaction, // by the time it is tried again, over another connection, this may have passed
    advising(
      StorageUnavailableError,
      "The server is a standby, or default_transaction_read_only is on: connect to the primary server.",
    ),
  ],
  ["42501", advising(StorageReadOnlyError, "Grant this right to the user that connects.")], // insufficient_privilege
  ["23505", unavailable], // two wrote the same, and their isolation level kept them from seeing each other
  [
    "28", // the server does not let us in
    advising(
      StorageError,
      "Check the user and the password in the URL; where it has no password, PGPASSWORD holds it " +
        "(in Deno: --allow-env=PGPASSWORD). A server that wants TLS needs sslmode=require.",
    ),
  ],
  [
    "26000", // a prepared statement is unknown: a pooler gave another session
    advising(
      StorageError,
      "Behind a pooler that shares sessions between transactions, set prepare: false and notify: false.",
    ),
  ],
];

const unreachable = advising(
  StorageUnavailableError,
  "Check that the server runs and can be reached from here.",
);

/** The storage error for whatever a statement was rejected with, which it keeps as cause. */
export function toStorageError(error: unknown): StorageError {
  if (isInstance(error, StorageError)) return error;
  const message = `PostgreSQL: ${messageOf(error)}`;
  const code = codeOf(error);
  if (isLostConnection(code)) return unreachable(message, error);
  const make = states.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (make !== undefined) return make(message, error);
  if (postgresFault(code) === "unavailable") return unavailable(message, error);
  return new StorageError(message, { cause: error });
}

/**
 * The error of a call that was answered without a row, where there is always one: its connection
 * was lost, and whether it was carried out is not known.
 */
export function lostAnswer(name: string): StorageError {
  return unreachable(`PostgreSQL: the answer of ${name} was lost with its connection`, undefined);
}

/** Whether a server that says so is of no use for now: it only reads, or starts up. */
export function isOfNoUse(code: string): boolean {
  return code === readOnlyTransaction || code === cannotConnectNow;
}

/** The SQLSTATE, or the code of the runtime or of postgres.js; empty where there is none. */
export function codeOf(error: unknown): string {
  const code = readMember(error, "code");
  if (typeof code === "string") return code;
  // Several addresses were tried, and each attempt failed.
  const [first] = wrappedErrors(error, 1).parts;
  return first === undefined ? "" : codeOf(first);
}

function unavailable(message: string, cause: unknown): StorageError {
  return new StorageUnavailableError(message, { cause });
}

/** Makes an error that says what to do. */
function advising(type: typeof StorageError, remedy: string): Make {
  return (message, cause) => new type(`${message}. ${remedy}`, { cause });
}
