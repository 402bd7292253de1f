/**
 * Storage in SQL Server 2016 and later, Azure SQL, and Babelfish for PostgreSQL.
 *
 * @example
 * ```ts no-eval
 * import { sqlServerStorage } from "@evertask/evertask/sqlserver";
 *
 * const storage = sqlServerStorage("mssql://app:secret@db.example.org:1433/shop");
 * ```
 *
 * @module
 */
import type { Storage } from "../../src/storage/storage.ts";
import type { SqlServerConnection } from "./connection.ts";
import { SqlServerDatabase } from "./database.ts";
import { resolveOptions, type SqlServerStorageOptions } from "./options.ts";
import { SqlServerStorage } from "./storage.ts";

export type { SqlServerConnection, SqlServerStorageOptions };
export type {
  Mssql,
  SqlServerAnswer,
  SqlServerConfig,
  SqlServerPool,
  SqlServerRequest,
  SqlServerRequestOptions,
  SqlServerTransaction,
  SqlTable,
  SqlType,
} from "./mssql_api.ts";

/**
 * Makes a storage that keeps its tasks in SQL Server.
 *
 * Pass an `mssql` `Transaction` as `connection` to dispatch in it; the task exists only if it
 * commits.
 *
 * The package `mssql` is loaded when the storage is opened: install it beside this one (`deno add
 * npm:mssql`, `npm install mssql`).
 *
 * @param target The connection, or options with the connection among them.
 * @throws {InvalidArgumentError} If the connection or an option is invalid, or an option is
 * unknown.
 *
 * @example A pool of the program, and another schema
 * ```ts
 * import sql from "mssql";
 * import { sqlServerStorage } from "@evertask/evertask/sqlserver";
 *
 * const pool = new sql.ConnectionPool({ server: "db.example.org", user: "app", password: "secret" });
 * const storage = sqlServerStorage({ connection: pool, schema: "Jobs", pollInterval: 250 });
 * ```
 */
export function sqlServerStorage(
  target: SqlServerConnection | SqlServerStorageOptions,
): Storage {
  const options = resolveOptions(target);
  return new SqlServerStorage(new SqlServerDatabase(options), options.migrate, options.polling);
}
