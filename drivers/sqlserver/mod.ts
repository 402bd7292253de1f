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
import { InvalidArgumentError } from "../../src/errors.ts";
import type { Polling } from "../../src/storage/requests.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { isPool, notShown, type SqlServerConnection } from "./connection.ts";
import { SqlServerDatabase } from "./database.ts";
import { checkSchemaName } from "./script.ts";
import { SqlServerStorage } from "./storage.ts";

export type { SqlServerConnection };
export type {
  SqlServerAnswer,
  SqlServerConfig,
  SqlServerPool,
  SqlServerRequest,
  SqlServerTransaction,
} from "./mssql_api.ts";

/** Options of {@linkcode sqlServerStorage}. */
export interface SqlServerStorageOptions {
  /**
   * Which database: a URL `mssql://user:password@host:port/database` (with `encrypt` and `trustServerCertificate` as
   * options), an ADO.NET connection string, a configuration of `mssql`, or a pool of your own (connected if it is not yet;
   * never closed). Connections are encrypted, and the server's certificate is checked, unless you say otherwise.
   */
  readonly connection: SqlServerConnection;
  /**
   * The schema that holds the tables and procedures: an identifier of ASCII letters, digits and underscores.
   * @default "EverTask"
   */
  readonly schema?: string;
  /**
   * Whether opening the storage creates the schema and brings it up to date. Off: it only checks, and the files of
   * sql/sqlserver/ are run by whoever may change the schema.
   * @default true
   */
  readonly migrate?: boolean;
  /**
   * How often workers look for due tasks, in milliseconds: SQL Server cannot push. A look is one call of a procedure that
   * seeks in a small index; with the defaults an idle worker process makes one a second, and a task that another process
   * stored waits half a second on average. Tasks that the same process stores do not wait.
   * @default { busyMs: 50, idleMs: 1000 }
   */
  readonly polling?: Partial<Polling>;
}

/**
 * Makes a storage that keeps its tasks in SQL Server.
 *
 * Dispatching takes part in a transaction of yours when you pass an `mssql` `Transaction` as `connection`; the task exists
 * only if it commits.
 *
 * @param target The connection, or options with the connection among them.
 * @throws {InvalidArgumentError} If the connection is no connection, or the schema's name is no plain identifier.
 *
 * @example A pool that the program has anyway, and a schema of another name
 * ```ts
 * import sql from "mssql";
 * import { sqlServerStorage } from "@evertask/evertask/sqlserver";
 *
 * const pool = new sql.ConnectionPool({ server: "db.example.org", user: "app", password: "secret" });
 * const storage = sqlServerStorage({ connection: pool, schema: "Jobs", polling: { idleMs: 250 } });
 * ```
 */
export function sqlServerStorage(
  target: SqlServerConnection | SqlServerStorageOptions,
): Storage {
  const options = toOptions(target);
  const { connection, schema = "EverTask", migrate = true, polling = {} } = options;
  if (!isConnection(connection)) {
    throw new InvalidArgumentError(
      "connection",
      notShown,
      "be a URL, a connection string, a configuration of mssql or a ConnectionPool",
    );
  }
  const database = new SqlServerDatabase(connection, checkSchemaName(schema));
  const { busyMs = 50, idleMs = 1000 } = polling;
  return new SqlServerStorage(database, migrate, { busyMs, idleMs });
}

function toOptions(
  target: SqlServerConnection | SqlServerStorageOptions,
): SqlServerStorageOptions {
  const isOptions = typeof target === "object" && target !== null && "connection" in target;
  return isOptions && !("request" in target)
    ? target
    : { connection: target as SqlServerConnection };
}

function isConnection(connection: unknown): connection is SqlServerConnection {
  if (typeof connection === "string") return connection !== "";
  if (typeof connection !== "object" || connection === null) return false;
  return isPool(connection as SqlServerConnection) || "server" in connection;
}
