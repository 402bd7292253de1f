// Converts errors of PostgreSQL and postgres.js to errors of the storage contract.

import {
  StorageError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../src/storage/errors.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { isLostConnection } from "../../src/faults/connections.ts";
import { postgresFault } from "../../src/faults/postgres.ts";
import { isInstance, readMember } from "../../src/thrown/reading.ts";
import { wrappedErrors } from "../../src/thrown/wrapped_errors.ts";

type Make = (message: string, cause: unknown) => StorageError;

const readOnlyTransaction = "25006";
const cannotConnectNow = "57P03";

/**
 * The storage errors by SQLSTATE or its first characters. The first match decides. Without a match,
 * src/faults/postgres.ts decides whether the error is transient. Source for the codes:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const states: readonly [prefix: string, make: Make][] = [
  ["53100", advising(StorageFullError, "Free space on the server's disk.")], // disk_full
  [
    readOnlyTransaction, // a retry over another connection may reach a writable server
    advising(
      StorageUnavailableError,
      "The server is a standby, or default_transaction_read_only is on: connect to the primary server.",
    ),
  ],
  ["42501", advising(StorageReadOnlyError, "Grant this right to the user that connects.")], // insufficient_privilege
  ["23505", unavailable], // two transactions wrote the same key, each unseen by the other
  [
    "28", // the server rejects the login
    advising(
      StorageError,
      "Check the user and the password in the URL. If the URL has no password, set PGPASSWORD " +
        "(in Deno: --allow-env=PGPASSWORD). A server that wants TLS needs sslmode=require.",
    ),
  ],
  [
    "26000", // a prepared statement is unknown, because a pooler assigned another session
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

/** Converts the error of a statement to a storage error with that error as `cause`. */
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
 * Returns the error for a call whose result is missing because the connection was lost. The call
 * may have been executed.
 */
export function lostAnswer(name: string): StorageError {
  return unreachable(`PostgreSQL: the answer of ${name} was lost with its connection`, undefined);
}

/** Reports whether a server with the error `code` is unusable now: it is read-only, or starting. */
export function isOfNoUse(code: string): boolean {
  return code === readOnlyTransaction || code === cannotConnectNow;
}

/** Returns the SQLSTATE, or the code of the runtime or of postgres.js; empty if there is none. */
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

/** Returns a function that creates errors of the class `type`. Their messages end with `remedy`. */
function advising(type: typeof StorageError, remedy: string): Make {
  return (message, cause) => new type(`${message}. ${remedy}`, { cause });
}
