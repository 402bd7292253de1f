// The transient errors of SQLite, and the ways in which its libraries identify errors. Source for
// the codes: https://www.sqlite.org/rescode.html

import type { ErrorFields } from "../thrown/error_chain.ts";
import { type Fault, faultOf } from "./fault.ts";

const faults: ReadonlyMap<number, Fault> = new Map([
  [5, "unavailable"], // SQLITE_BUSY: another connection holds a lock
  [6, "unavailable"], // SQLITE_LOCKED: another statement of this connection holds a lock
  [7, "unavailable"], // SQLITE_NOMEM
  [10, "unavailable"], // SQLITE_IOERR: disks and network file systems recover
  [8202, "lasting"], // SQLITE_IOERR_DATA: the checksum of a page is wrong
  [8458, "lasting"], // SQLITE_IOERR_CORRUPTFS: the file system is damaged
  [13, "full"], // SQLITE_FULL
  [15, "unavailable"], // SQLITE_PROTOCOL: no lock of the write-ahead log in several seconds
  [17, "unavailable"], // SQLITE_SCHEMA: the schema changed each time the statement was prepared
]);

/** Returns the fault of a result code. The low byte of an extended code is the primary code. */
export function sqliteFault(resultCode: number): Fault {
  return faultOf(faults, resultCode, primaryCode(resultCode));
}

/** Returns the primary code of an extended result code. */
export function primaryCode(resultCode: number): number {
  return resultCode & 0xff;
}

/**
 * The texts of the codes (sqlite3_errstr in SQLite's main.c), for libraries whose errors have only
 * the text, such as node:sqlite in Deno and `@db/sqlite`.
 */
const codesByText: readonly (readonly [RegExp, number])[] = [
  [/\bdatabase is locked\b/, 5],
  [/\bdatabase table is locked\b/, 6],
  [/^out of memory$/, 7],
  [/\battempt to write a readonly database\b/, 8],
  [/\bdisk I\/O error\b/, 10],
  [/\bdatabase disk image is malformed\b/, 11],
  [/\bdatabase or disk is full\b/, 13],
  [/\bunable to open database file\b/, 14],
  [/\blocking protocol\b/, 15],
  [/\bdatabase schema has changed\b/, 17],
  [/\bfile is not a database\b/, 26],
];

/** The names of the codes in {@linkcode faults}, as used by better-sqlite3. */
const codesByName: readonly (readonly [RegExp, number])[] = [
  [/^SQLITE_BUSY(?:_|$)/, 5],
  [/^SQLITE_LOCKED(?:_|$)/, 6],
  [/^SQLITE_NOMEM$/, 7],
  [/^SQLITE_IOERR_DATA$/, 8202],
  [/^SQLITE_IOERR_CORRUPTFS$/, 8458],
  [/^SQLITE_IOERR(?:_|$)/, 10],
  [/^SQLITE_FULL$/, 13],
  [/^SQLITE_PROTOCOL$/, 15],
  [/^SQLITE_SCHEMA$/, 17],
];

/**
 * Returns the result code of an error of a SQLite library: from node:sqlite's `errcode`, from the
 * `code` of an SqliteError, which is a number or a name, or from the message. Null if none of them
 * has it.
 */
export function sqliteResultCode(
  { errcode, code, name, message }: Pick<ErrorFields, "errcode" | "code" | "name" | "message">,
): number | null {
  if (typeof errcode === "number") return errcode;
  if (typeof code === "number" && name === "SqliteError") return code;
  if (typeof code === "string") {
    const named = codeIn(codesByName, code);
    if (named !== null) return named;
  }
  return typeof message === "string" ? codeIn(codesByText, message) : null;
}

/** Returns the fault of an error of a SQLite library, by {@linkcode sqliteResultCode}. */
export function sqliteErrorFault(error: ErrorFields): Fault {
  const resultCode = sqliteResultCode(error);
  return resultCode === null ? "lasting" : sqliteFault(resultCode);
}

function codeIn(codes: readonly (readonly [RegExp, number])[], text: string): number | null {
  return codes.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
