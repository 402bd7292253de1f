// Opens the database of a URL. Only the driver of the URL is loaded.

import { existsSync } from "node:fs";
import { SchemaVersionError } from "../../storage/errors.ts";
import type { MigrationPlan } from "../../storage/maintenance.ts";
import type { Storage } from "../../storage/storage.ts";
import type { StorageTarget, Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";

/** A parsed URL: the driver of the database, and the path or the URL that the driver takes. */
export type DatabaseUrl =
  | { readonly driver: "sqlite"; readonly path: string }
  | { readonly driver: "postgres" | "sqlserver"; readonly url: string };

/**
 * Parses the URL of a database.
 *
 * @throws {UsageError} If there is no driver for the URL.
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
function checkPath(path: string): void {
  if (path === ":memory:") {
    throw new UsageError("sqlite::memory: ends with the process that made it: name a file.");
  }
  if (path === "") throw new UsageError("The file is missing: sqlite:FILE.");
}

/** Returns the storage of a target, which may have no schema yet. */
export async function storageOf({ storage, schema }: StorageTarget): Promise<Storage> {
  if (typeof storage !== "string") return storage;
  const database = parseDatabase(storage);
  const options = { migrate: false, ...schema !== undefined && { schema } };
  switch (database.driver) {
    case "sqlite": {
      if (schema !== undefined) throw new UsageError("--schema is for PostgreSQL and SQL Server.");
      checkPath(database.path);
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

/**
 * Makes the storage of a target, for work on its tasks. Opening it changes no schema.
 *
 * @throws {UsageError} If the target is no database, or its file is missing.
 * @throws {SchemaVersionError} If the configuration has made the storage, and its schema lacks
 * migrations.
 */
export async function makeStorage(target: Target): Promise<Storage> {
  if (target.kind === "api") throw new UsageError("This needs a database instead of an API.");
  const storage = await storageOf(target);
  if (typeof target.storage === "string") checkFile(target.storage);
  else await checkSchema(storage);
  return storage;
}

/** Checks that a SQLite file exists: opening a missing one would create it. */
function checkFile(url: string): void {
  const database = parseDatabase(url);
  if (database.driver !== "sqlite") return;
  const { path } = database;
  if (path.startsWith("file:") || existsSync(path)) return;
  throw new UsageError(`There is no file ${path}. "evertask migrate" creates it.`);
}

/** Checks that opening a storage would not update its schema. */
async function checkSchema(storage: Storage): Promise<void> {
  const maintenance = await storage.maintenance?.open();
  if (maintenance === undefined) return;
  let plan: MigrationPlan;
  try {
    plan = await maintenance.plan();
  } finally {
    await maintenance[Symbol.asyncDispose]();
  }
  const { version, known, steps } = plan;
  if (steps.length === 0) return;
  const found = version === 0 ? "There is no schema yet" : `The schema has version ${version}`;
  const lacks = steps.map(({ file }) => file).join(", ");
  throw new SchemaVersionError(version, known, `${found}. These files are missing: ${lacks}.`);
}
