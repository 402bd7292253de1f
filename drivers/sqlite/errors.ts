// SQLite's errors as the storage contract's classes, by what the caller can do about them.

import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { EverTaskError } from "../../src/guards/errors.ts";
import {
  StorageError,
  StorageFormatError,
  StorageFullError,
  StorageReadOnlyError,
  StorageUnavailableError,
} from "../../src/storage/errors.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { isInstance, readMember } from "../../src/thrown/reading.ts";
import { describeMissingRights } from "./missing_rights.ts";

type Kind = "busy" | "full" | "readOnly" | "format" | "cannotOpen" | "input";

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const kindByCode: ReadonlyMap<number, Kind> = new Map([
  [5, "busy"], // SQLITE_BUSY
  [6, "busy"], // SQLITE_LOCKED
  [15, "busy"], // SQLITE_PROTOCOL: lost a race for the write-ahead log
  [8, "readOnly"], // SQLITE_READONLY
  [10, "input"], // SQLITE_IOERR
  [11, "format"], // SQLITE_CORRUPT
  [13, "full"], // SQLITE_FULL
  [14, "cannotOpen"], // SQLITE_CANTOPEN
  [26, "format"], // SQLITE_NOTADB
]);

/**
 * The texts of the same codes, for libraries that pass on the text alone (sqlite3_errstr in
 * SQLite's main.c).
 */
const kindByText: readonly (readonly [RegExp, Kind])[] = [
  [/database (table )?is locked|locking protocol/, "busy"],
  [/attempt to write a readonly database/, "readOnly"],
  [/database or disk is full/, "full"],
  [/file is not a database|disk image is malformed/, "format"],
  [/unable to open database file/, "cannotOpen"],
  [/disk I\/O error/, "input"],
];

/**
 * Turns what a SQLite library threw into a storage error that names the database and the remedy,
 * with the library's error as `cause`. Errors of EverTask itself are passed through.
 */
export function toStorageError(error: unknown, path: string): Error {
  if (isInstance(error, EverTaskError)) return error;
  const text = messageOf(error);
  const options = { cause: error };
  switch (kindOf(error, text)) {
    case "busy":
      return new StorageUnavailableError(
        `${path} is locked by another connection (${text}). It is tried again; if it stays so, look for a process that ` +
          "keeps a transaction open, or that uses the file with `exclusive: true`.",
        options,
      );
    case "full":
      return new StorageFullError(
        `There is no room to write to ${path} (${text}). Nothing of the write was kept; free space on the disk, or raise ` +
          "PRAGMA max_page_count.",
        options,
      );
    case "readOnly":
      return new StorageReadOnlyError(
        `${path} cannot be written (${text}). ${describeMissingRights(path) ?? allRights}`,
        options,
      );
    case "format":
      return new StorageFormatError(
        `${path} is not a SQLite database, or is damaged (${text}). Check the path; restore a damaged file from a backup.`,
        options,
      );
    case "cannotOpen":
      return cannotOpen(path, text, options);
    case "input":
      return new StorageUnavailableError(
        `Reading or writing ${path} failed (${text}). It is tried again; if it stays so, check the disk.`,
        options,
      );
    default:
      return new StorageError(`SQLite refused a statement on ${path}: ${firstLine(text)}`, options);
  }
}

/**
 * SQLite says the same of a folder that does not exist and of one that may not be written; the
 * remedies differ.
 */
function cannotOpen(path: string, text: string, options: ErrorOptions): StorageError {
  const message = `${path} cannot be opened (${text})`;
  if (isFolder(path)) {
    return new StorageError(`${message}: it is a folder. Name a file in it.`, options);
  }
  const rights = describeMissingRights(path);
  const folder = dirname(path);
  if (rights === null && !existsSync(folder)) {
    return new StorageError(`${message}: there is no folder ${folder}. Create it first.`, options);
  }
  return new StorageReadOnlyError(`${message}. ${rights ?? allRights}`, options);
}

/** What a process needs, where it cannot be found out what it lacks. */
const allRights = "Give this process the right to read and write the file and its folder, which " +
  "also holds the files -wal and -shm.";

/** What it says, without the statement that node:sqlite may append. */
function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replace(/ in $/, "");
}

/** Whether a SQLite library threw because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && kindOf(error, error.message) === "busy";
}

function kindOf(error: unknown, text: string): Kind | undefined {
  const errcode = readMember(error, "errcode");
  if (typeof errcode === "number") return kindByCode.get(errcode & 0xff);
  return kindByText.find(([pattern]) => pattern.test(text))?.[1];
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
