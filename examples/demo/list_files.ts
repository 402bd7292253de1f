// Finds the files of a folder.

import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** The names of folders to skip at any depth. */
const skippedFolders = new Set([".git", "node_modules"]);

/** The files found. Their paths are absolute if the folder's is. */
export interface FoundFiles {
  /** The regular files, by path. */
  readonly files: readonly string[];
  /** Folders that could not be listed. */
  readonly unreadable: readonly string[];
}

/**
 * Lists the files of a folder and its subfolders. Does not follow links.
 *
 * @param database The database of this program, which is omitted together with SQLite's side files.
 */
export async function listFiles(folder: string, database: string): Promise<FoundFiles> {
  const own = new Set([database, `${database}-wal`, `${database}-shm`]);
  const files: string[] = [];
  const unreadable: string[] = [];
  const folders = [folder];
  for (let current; (current = folders.pop()) !== undefined;) {
    const entries = await readdir(current, { withFileTypes: true }).catch(() => null);
    if (entries === null) unreadable.push(current);
    for (const entry of entries ?? []) {
      const path = join(current, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) folders.push(path);
      if (entry.isFile() && !own.has(path)) files.push(path);
    }
  }
  return { files: files.sort(), unreadable };
}
