// Opens the storage of a test by its URL.

import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";

/**
 * Opens a storage.
 *
 * @param url The URL of a PostgreSQL database, or of a SQL Server database with a schema after `#`,
 * or the path of a SQLite file.
 */
export function openStorage(url: string): Storage {
  if (url.startsWith("mssql:")) {
    const [connection = "", schema = ""] = url.split("#");
    return sqlServerStorage({ connection, schema });
  }
  return url.startsWith("postgres") ? postgresStorage(url) : sqliteStorage(url);
}
