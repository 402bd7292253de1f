// Opens the storage of a test by its URL.

import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";

/**
 * Opens a storage.
 *
 * @param url The URL of a PostgreSQL database, or the path of a SQLite file.
 */
export function openStorage(url: string): Storage {
  return url.startsWith("postgres") ? postgresStorage(url) : sqliteStorage(url);
}
