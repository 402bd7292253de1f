// The options of sqlServerStorage: their meaning, defaults and checks.

import type { OptionNames } from "../../src/guards/option_names.ts";
import { checkMethods, checkSecretOptions, hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { toPollInterval } from "../../src/storage/poll_interval.ts";
import type { Polling } from "../../src/storage/requests.ts";
import type { Duration } from "../../src/time/duration.ts";
import { checkServer, isPool, type SqlServerConnection } from "./connection.ts";
import type { Mssql, SqlServerConfig, SqlServerPool } from "./mssql_api.ts";
import { checkSchemaName } from "./script.ts";

/** Options of {@linkcode sqlServerStorage}. */
export interface SqlServerStorageOptions {
  /**
   * The database: a URL `mssql://user:password@host:port/database` (with the options `encrypt` and
   * `trustServerCertificate`), an ADO.NET connection string, a configuration of `mssql`, or the
   * application's own pool, which is connected if needed and never closed. By default, connections
   * are encrypted and the server's certificate is checked.
   */
  readonly connection: SqlServerConnection;
  /**
   * The package `mssql` (`import mssql from "mssql"`), if the application has it under another
   * name, bundles it, or created its pool with another copy.
   * @default the package that `import("mssql")` finds when the storage is opened
   */
  readonly mssql?: Mssql;
  /**
   * The schema that holds the tables and procedures: an identifier of ASCII letters, digits and
   * underscores.
   * @default "EverTask"
   */
  readonly schema?: string;
  /**
   * Whether opening the storage creates and updates the schema. If false, opening only checks it,
   * and a role that may change the schema has to run the files of sql/sqlserver/.
   * @default true
   */
  readonly migrate?: boolean;
  /**
   * The maximum interval at which an idle worker polls for due tasks, from 1 millisecond to an
   * hour. Workers poll because SQL Server does not notify them. After a poll that found tasks, the
   * next poll follows after 50 milliseconds. Each poll without tasks doubles the interval, up to
   * this maximum. A poll calls one or two procedures that seek in a small index. A task that
   * another process stored waits half of the maximum on average for an idle worker. Tasks of the
   * same process do not wait.
   * @default 1 second
   */
  readonly pollInterval?: Duration;
}

/** The options, checked and completed with defaults. */
export interface ResolvedOptions {
  /** The application's pool, a configuration, or an ADO.NET string, which mssql parses. */
  readonly connection: SqlServerPool | SqlServerConfig | string;
  readonly mssql: Mssql | undefined;
  readonly schema: string;
  readonly migrate: boolean;
  readonly polling: Polling;
}

const ownOptions: OptionNames<Omit<SqlServerStorageOptions, "connection">> = {
  mssql: true,
  schema: true,
  migrate: true,
  pollInterval: true,
};

/**
 * Checks the options.
 *
 * @throws {InvalidArgumentError} If an option is invalid or unknown.
 */
export function resolveOptions(
  target: SqlServerConnection | SqlServerStorageOptions,
): ResolvedOptions {
  const options = toOptions(target);
  const { connection, mssql, schema = "EverTask", migrate = true, pollInterval = 1000 } = options;
  if (typeof migrate !== "boolean") {
    throw new InvalidArgumentError("migrate", migrate, "be true or false");
  }
  if (mssql !== undefined) {
    const remedy = 'be the package: import mssql from "mssql"';
    checkMethods(mssql, ["ConnectionPool", "Table", "NVarChar"], "mssql", remedy);
  }
  const idleMs = toPollInterval(pollInterval);
  return {
    connection: resolveConnection(connection),
    mssql,
    schema: checkSchemaName(schema),
    migrate,
    polling: { busyMs: Math.min(50, idleMs), idleMs },
  };
}

function toOptions(
  target: SqlServerConnection | SqlServerStorageOptions,
): SqlServerStorageOptions {
  const isOptions = typeof target === "object" && target !== null && "connection" in target &&
    !("request" in target);
  if (!isOptions) return { connection: target as SqlServerConnection };
  checkSecretOptions(target, { connection: true, ...ownOptions }, "options");
  return target;
}

function resolveConnection(connection: SqlServerConnection): ResolvedOptions["connection"] {
  if (typeof connection === "string" && connection !== "") return checkServer(connection);
  if (typeof connection !== "object" || connection === null) {
    throw new InvalidArgumentError(
      "connection",
      connection === "" ? "" : hidden(connection),
      "be a URL, a connection string, a configuration of mssql or a ConnectionPool: is the environment variable set?",
    );
  }
  if (isPool(connection)) return connection;
  const misplaced = Object.keys(ownOptions).find((option) => option in connection);
  if (misplaced === undefined) return checkServer(connection);
  throw new InvalidArgumentError(
    misplaced,
    "a member of the configuration of mssql",
    "stand beside the configuration: { connection: { server, … }, …options }",
  );
}
