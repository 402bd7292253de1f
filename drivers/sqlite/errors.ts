// Converts SQLite's errors to errors of the storage contract.

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
import { primaryCode, sqliteFault, sqliteResultCode } from "../../src/faults/sqlite.ts";
import { isInstance, readMember } from "../../src/thrown/reading.ts";
import { describeMissingRights } from "./missing_rights.ts";

type Kind = "busy" | "full" | "readOnly" | "format" | "cannotOpen" | "failing" | "refused";

/** The storage errors by result code, https://www.sqlite.org/rescode.html. */
const kinds: ReadonlyMap<number, Kind> = new Map([
  [5, "busy"], // SQLITE_BUSY
  [6, "busy"], // SQLITE_LOCKED
  [8, "readOnly"], // SQLITE_READONLY
  [11, "format"], // SQLITE_CORRUPT
  [14, "cannotOpen"], // SQLITE_CANTOPEN
  [15, "busy"], // SQLITE_PROTOCOL
  [26, "format"], // SQLITE_NOTADB
  [8202, "format"], // SQLITE_IOERR_DATA
  [8458, "format"], // SQLITE_IOERR_CORRUPTFS
]);

/**
 * Converts an error of a SQLite library to a storage error that names the database and the remedy,
 * with the library's error as `cause`. Returns errors of EverTask unchanged.
 */
export function toStorageError(error: unknown, path: string): Error {
  if (isInstance(error, EverTaskError)) return error;
  const text = messageOf(error);
  const options = { cause: error };
  switch (kindOf(error)) {
    case "busy":
      return new StorageUnavailableError(
        `${path} is locked by another connection (${text}). The call is retried. If this persists, look for a process that ` +
          "keeps a transaction open, or that uses the file with `exclusive: true`.",
        options,
      );
    case "full":
      return new StorageFullError(
        `There is no room to write to ${path} (${text}). Nothing was written. Free space on the disk, or raise ` +
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
    case "failing":
      return new StorageUnavailableError(
        `Reading or writing ${path} failed (${text}). The call is retried. If this persists, check the disk and the memory.`,
        options,
      );
    case "refused":
      return new StorageError(`SQLite refused a statement on ${path}: ${firstLine(text)}`, options);
  }
}

/**
 * Distinguishes the causes of SQLITE_CANTOPEN, such as a missing folder and a missing right,
 * because their remedies differ.
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

/** The remedy if the missing right is unknown: all rights that a process needs. */
const allRights = "Give this process the right to read and write the file and its folder, which " +
  "also holds the files -wal and -shm.";

/** Returns the message without the statement that node:sqlite may append. */
function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replace(/ in $/, "");
}

/** Reports whether a SQLite library threw because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  return kindOf(error) === "busy";
}

function kindOf(error: unknown): Kind {
  const resultCode = sqliteResultCode({
    errcode: readMember(error, "errcode"),
    code: readMember(error, "code"),
    name: readMember(error, "name"),
    message: messageOf(error),
  });
  if (resultCode === null) return "refused";
  const kind = kinds.get(resultCode) ?? kinds.get(primaryCode(resultCode));
  if (kind !== undefined) return kind;
  const fault = sqliteFault(resultCode);
  return fault === "full" ? "full" : fault === "unavailable" ? "failing" : "refused";
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
