// Finds the missing rights of this process on a database's files and folders, and the commands that
// grant them.
//
// The check opens no file, because closing it would release the locks that SQLite holds on it in
// this process. Source: https://www.sqlite.org/howtocorrupt.html, 2.2

import { accessSync, constants, mkdtempSync, rmdirSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { readMember } from "../../src/thrown/reading.ts";

type Right = "r" | "w" | "x";
/** The users to whom rights on a file are given: its owner, its group, or all others. */
type Class = "u" | "g" | "o";

const accessModes: Readonly<Record<Right, number>> = {
  r: constants.R_OK,
  w: constants.W_OK,
  x: constants.X_OK,
};

/** A missing right, as a phrase after "may not", and the command that grants it. */
interface MissingRight {
  readonly right: string;
  readonly command: string;
  /** Whether the command takes a folder from another user, who may need it. */
  readonly givesFolderAway?: boolean;
}

/**
 * Describes the missing rights of this process on a database, and the commands that grant them;
 * null if no missing right is found, or `path` is not the path of a file.
 */
export function describeMissingRights(path: string): string | null {
  const file = fileOf(path);
  if (file === null) return null;
  const missing = findMissingRights(file);
  if (missing.length === 0) return null;
  const rights = missing.map(({ right }) => right).join(", nor ");
  const commands = missing.map(({ command }) => command).join(" && ");
  const user = userId();
  const who = user === undefined ? "This process" : `This process, of user ${user},`;
  const otherwise = missing.some(({ givesFolderAway }) => givesFolderAway)
    ? "; or keep the file in a folder of its own"
    : "";
  return `${who} may not ${rights}. Run: ${commands}${otherwise}`;
}

/**
 * Returns the file of a path or of a `file:` URI; null if there is no file, and on Windows, where
 * permissions differ.
 */
function fileOf(path: string): string | null {
  if (process.platform === "win32") return null;
  if (!path.startsWith("file:")) return isAbsolute(path) ? path : null;
  try {
    return fileURLToPath(path.replace(/[?#].*$/, ""));
  } catch {
    return null;
  }
}

function findMissingRights(file: string): MissingRight[] {
  const folder = dirname(file);
  const closed = foldersTo(folder).find((each) => isDenied(each, "x"));
  if (closed !== undefined) {
    return [{ right: `search the folder ${closed}`, command: grant("x", closed, "folder") }];
  }
  const missing: MissingRight[] = [];
  const failure = failureToWriteIn(folder);
  if (failure === "EROFS") return [readOnlyFileSystem(folder)];
  if (isAccessError(failure)) {
    missing.push({
      right: `write in the folder ${folder}, where SQLite makes the files -wal and -shm`,
      command: grant("wx", folder, "file"),
      givesFolderAway: classOf(statSync(folder)) === "o",
    });
  }
  for (const each of [file, `${file}-wal`, `${file}-shm`]) {
    const canRead = !isDenied(each, "r");
    const canWrite = !isDenied(each, "w");
    if (canRead && canWrite) continue;
    const right = canRead ? "write" : canWrite ? "read" : "read and write";
    missing.push({ right: `${right} ${each}`, command: grant("rw", each, "file") });
  }
  return missing;
}

/** Returns a folder and its parents, from the root on. */
function foldersTo(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [...foldersTo(parent), folder];
}

/**
 * Reports whether a file exists and its owner and mode deny this right to this process. A failure
 * of `accessSync` alone does not suffice: in Deno it ignores groups, and other causes, such as
 * SELinux, need other commands.
 */
function isDenied(path: string, right: Right): boolean {
  try {
    accessSync(path, accessModes[right]);
    return false;
  } catch (error) {
    if (!isAccessError(readMember(error, "code"))) return false;
  }
  try {
    const stats = statSync(path);
    return !has(stats, classOf(stats), right);
  } catch {
    return false; // a parent folder denies access
  }
}

function isAccessError(code: unknown): boolean {
  return code === "EACCES" || code === "EPERM";
}

/** Returns the error code of creating a file in a folder; null if it succeeds. */
function failureToWriteIn(folder: string): unknown {
  try {
    rmdirSync(mkdtempSync(join(folder, ".evertask-")));
    return null;
  } catch (error) {
    return readMember(error, "code");
  }
}

function readOnlyFileSystem(folder: string): MissingRight {
  const mount = foldersTo(folder).findLast((each) =>
    each === dirname(each) || statSync(each).dev !== statSync(dirname(each)).dev
  )!;
  return {
    right: `write in ${folder}, since ${mount} is mounted read-only`,
    command: `mount -o remount,rw ${quoted(mount)}`,
  };
}

/**
 * Returns the command that grants rights. For a file of another user, the command changes the owner
 * instead of granting rights to all users. A parent folder keeps its owner.
 */
function grant(rights: string, path: string, kind: "file" | "folder"): string {
  const stats = statSync(path);
  const whose = classOf(stats);
  if (whose !== "o" || kind === "folder") return `chmod ${whose}+${rights} ${quoted(path)}`;
  const chown = `chown ${userId() ?? '"$USER"'} ${quoted(path)}`;
  const ownerMay = Array.from(rights).every((right) => has(stats, "u", right as Right));
  return ownerMay ? chown : `${chown} && chmod u+${rights} ${quoted(path)}`;
}

/** Returns the class whose rights on a file apply to this process: user, group or others. */
function classOf({ uid, gid }: Stats): Class {
  if (uid === userId()) return "u";
  return groupIds().includes(gid) ? "g" : "o";
}

const bits: Readonly<Record<Right, number>> = { r: 4, w: 2, x: 1 };
const shifts: Readonly<Record<Class, number>> = { u: 6, g: 3, o: 0 };

function has({ mode }: Stats, whose: Class, right: Right): boolean {
  return (mode >> shifts[whose] & bits[right]) !== 0;
}

/**
 * Returns the user of this process; undefined if the system has no users, or the runtime does not
 * permit reading the user.
 */
function userId(): number | undefined {
  try {
    return process.geteuid?.();
  } catch {
    return undefined; // Deno without --allow-sys
  }
}

/** Returns the groups of this process, if the runtime permits reading them. */
function groupIds(): readonly (number | undefined)[] {
  try {
    return [process.getegid?.(), ...process.getgroups?.() ?? []];
  } catch {
    return [];
  }
}

/** Quotes a path for a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
