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
 * Creates a storage in SQL Server.
 *
 * To dispatch in a transaction, pass an `mssql` `Transaction` as the option `connection` of the
 * dispatch. The task exists only if the transaction commits.
 *
 * The package `mssql` is loaded when the storage is opened. Install it in addition to this package
 * (`deno add npm:mssql`, `npm install mssql`).
 *
 * @param target The connection, or options that include it.
 * @throws {InvalidArgumentError} If the connection or an option is invalid, or an option is
 * unknown.
 *
 * @example With the application's own pool, and another schema
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
