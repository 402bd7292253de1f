// Opens the database of a URL. Only the driver of the URL is loaded.

import { existsSync } from "node:fs";
import type { Storage } from "../../storage/storage.ts";
import type { Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";

/** The kinds of databases, and their parts of a URL. */
export type DatabaseUrl =
  | { readonly driver: "sqlite"; readonly path: string }
  | { readonly driver: "postgres" | "sqlserver"; readonly url: string };

/**
 * Parses the URL of a database.
 *
 * @throws {UsageError} If no driver takes it.
 */
export function parseDatabase(url: string): DatabaseUrl {
  const [, scheme = ""] = /^([a-z0-9+]+):/i.exec(url) ?? [];
  switch (scheme.toLowerCase()) {
    case "sqlite":
      return { driver: "sqlite", path: url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "") };
    case "postgres":
    case "postgresql":
      return { driver: "postgres", url };
    case "mssql":
    case "sqlserver":
      return { driver: "sqlserver", url: url.replace(/^sqlserver:/i, "mssql:") };
  }
  throw new UsageError(
    "The storage must be sqlite:FILE, postgres://user@host/database or " +
      "mssql://user@host/database. A path alone is not enough: write sqlite:FILE.",
  );
}

/** Checks that a path names a file. */
export function checkPath(path: string): void {
  if (path === ":memory:") {
    throw new UsageError("sqlite::memory: ends with the process that made it: name a file.");
  }
  if (path === "") throw new UsageError("The file is missing: sqlite:FILE.");
}

/** Checks that a SQLite file exists: opening a missing one would create it. */
function checkFile(path: string): void {
  checkPath(path);
  if (path.startsWith("file:") || existsSync(path)) return;
  throw new UsageError(`There is no file ${path}. "evertask migrate" creates it.`);
}

/** Makes the storage of a target. It never changes the schema. */
export async function makeStorage(target: Target): Promise<Storage> {
  if (target.kind === "api") throw new UsageError("This needs a database instead of an API.");
  const { storage, schema } = target;
  if (typeof storage !== "string") return storage;
  const database = parseDatabase(storage);
  const options = { migrate: false, ...schema !== undefined && { schema } };
  switch (database.driver) {
    case "sqlite": {
      if (schema !== undefined) throw new UsageError("--schema is for PostgreSQL and SQL Server.");
      checkFile(database.path);
      const { sqliteStorage } = await import("../../../drivers/sqlite/mod.ts");
      return sqliteStorage({ path: database.path, migrate: false, busyTimeout: { seconds: 10 } });
    }
    case "postgres": {
      const { postgresStorage } = await import("../../../drivers/postgres/mod.ts");
      return postgresStorage({ url: database.url, maxConnections: 2, ...options });
    }
    case "sqlserver": {
      const { sqlServerStorage } = await import("../../../drivers/sqlserver/mod.ts");
      return sqlServerStorage({ connection: database.url, ...options });
    }
  }
}
