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
   * Which database: a URL `mssql://user:password@host:port/database` (with `encrypt` and
   * `trustServerCertificate` as options), an ADO.NET connection string, a configuration of `mssql`,
   * or a pool of your own (connected if it is not yet; never closed). Connections are encrypted,
   * and the server's certificate is checked, unless you say otherwise.
   */
  readonly connection: SqlServerConnection;
  /**
   * The package `mssql`, where the program has it under another name, bundles it, or made its pool
   * with a copy of its own (`import mssql from "mssql"`).
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
   * Whether opening the storage creates the schema and brings it up to date. Off: it only checks,
   * and the files of sql/sqlserver/ are run by a role that may change the schema.
   * @default true
   */
  readonly migrate?: boolean;
  /**
   * How long an idle worker waits between two looks for due tasks, from 1 millisecond to an hour:
   * SQL Server cannot push. After a look that found something the next comes after 50 milliseconds;
   * each that found nothing doubles the pause, up to this one. A look is a call or two of
   * procedures that seek in a small index. A task that another process stored waits half of it on
   * average for an idle worker. Tasks that the same process stores do not wait.
   * @default 1 second
   */
  readonly pollInterval?: Duration;
}

/** The options with their defaults, checked. */
export interface ResolvedOptions {
  /** A pool of the program, a configuration, or an ADO.NET string, which mssql can read. */
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
 * Checks what the user passed.
 *
 * @throws {InvalidArgumentError} If an option is unknown or has a value that cannot be used.
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
