// The options of postgresStorage: their meaning, defaults and checks.

import type { OptionNames } from "../../src/guards/option_names.ts";
import {
  checkFlag,
  checkMethods,
  checkSecretOptions,
  hidden,
  isPlain,
} from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { toPollInterval } from "../../src/storage/poll_interval.ts";
import type { Polling } from "../../src/storage/requests.ts";
import { type Duration, toMilliseconds } from "../../src/time/duration.ts";
import type { PostgresClient } from "./connection.ts";
import { type DatabaseUrl, parseDatabaseUrl } from "./database_url.ts";
import { processEnvironment } from "./environment.ts";

/** Options of {@linkcode postgresStorage}. Either `url` or `sql` is needed. */
export interface PostgresStorageOptions {
  /**
   * The URL of a database, as for libpq: `postgres://user:password@host:5432/name`. The storage
   * opens and closes its connections. They do not keep the process alive.
   *
   * The host is a name, an IPv4 address, an IPv6 address in brackets, or the folder of a Unix
   * socket (`%2Frun%2Fpostgresql`, or `postgres:///name?host=/run/postgresql`). Of several hosts,
   * `host1:5432,host2:5433`, the first that answers is used until it fails. User, password and name
   * are percent-encoded. The parameters are `host`, `port`, `user`, `password`, `dbname`,
   * `application_name`, `options`, `connect_timeout`, `sslmode` (no TLS by default) and
   * `target_session_attrs`; other parameters are rejected with an error that names the alternative.
   * Missing parts are read from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.
   */
  readonly url?: string;
  /**
   * The application's own postgres.js instance, instead of a URL. The storage uses the connections
   * of the instance and never ends it. Consider its options `backoff` and `connect_timeout`: by
   * default, postgres.js waits up to 20 s before it reconnects, and up to 30 s for a connection,
   * which is longer than a worker's lease. Prefer a URL where the connections need not be shared: a
   * connection that postgres.js opens again after a loss may be unusable for several of these times,
   * or never answer a query, which then fails after `queryTimeout`. The storage's own pool never
   * uses a lost connection again.
   */
  readonly sql?: PostgresClient;
  /**
   * The schema of the tables and functions: lower-case letters, digits and underscores. It also
   * names the channel of notifications, so that two schemas in one database do not wake each other.
   * @default "evertask"
   */
  readonly schema?: string;
  /**
   * Whether `open` creates and updates the schema. If false, `open` only checks the version of the
   * schema. If the version differs, `open` throws an error that names the files to run.
   * @default true
   */
  readonly migrate?: boolean;
  /**
   * Whether processes wake each other with LISTEN and NOTIFY. Turn it off behind a pooler that
   * shares sessions between transactions (PgBouncer's transaction mode). Workers then find tasks
   * only by polling at each `pollInterval`.
   * @default true
   */
  readonly notify?: boolean;
  /**
   * The interval at which an idle worker polls for due tasks, from 1 millisecond to an hour. With
   * `notify`, polling finds the delayed tasks of other processes, for which there is no
   * notification.
   * @default 2 seconds; without `notify` 1 second
   */
  readonly pollInterval?: Duration;
  /**
   * Whether statements are prepared and reused. Turn it off behind a pooler that does not keep
   * prepared statements.
   * @default true
   */
  readonly prepare?: boolean;
  /**
   * The maximum number of connections of the pool, with `url`; at most 10,000. A process with a
   * worker has one more connection, which listens for notifications. Few connections are enough
   * because of batching: a busy worker uses about four.
   * @default 5
   */
  readonly maxConnections?: number;
  /**
   * The timeout of a query, and of opening a connection. After it, the driver asks the server to
   * cancel the query. If there is no answer either, it closes the connections, and the next query
   * opens new ones. A network that drops packets silently therefore causes a delay of this time
   * instead of the quarter of an hour until TCP times out. Keep the timeout well below
   * `leaseDuration`, so that a worker recovers before its lease ends. Queries over many rows
   * (reports, retention, the tasks of lost workers) have ten times this timeout.
   *
   * With `sql`, the query is cancelled and given up, but its connection stays open, because only
   * the owner of the pool can close it.
   *
   * @default 8 seconds
   */
  readonly queryTimeout?: Duration;
}

const optionNames: OptionNames<PostgresStorageOptions> = {
  url: true,
  sql: true,
  schema: true,
  migrate: true,
  notify: true,
  pollInterval: true,
  prepare: true,
  maxConnections: true,
  queryTimeout: true,
};

/** The largest `maxConnections`, far above the number that a server accepts. */
const mostConnections = 10_000;

/** The options, checked and completed with defaults. */
export interface ResolvedOptions {
  readonly database: DatabaseUrl | null;
  readonly sql: PostgresClient | null;
  readonly schema: string;
  readonly migrate: boolean;
  readonly notify: boolean;
  readonly polling: Polling;
  readonly prepare: boolean;
  readonly maxConnections: number;
  readonly queryTimeoutMs: number;
}

/**
 * Checks the options.
 *
 * @throws {InvalidArgumentError} If an option is invalid or unknown.
 */
export function resolveOptions(
  given: string | PostgresClient | PostgresStorageOptions,
): ResolvedOptions {
  const options = toOptions(given);
  checkSecretOptions(options, optionNames, "options");
  const { url = null, sql = null, schema = "evertask", maxConnections = 5 } = options;
  const { migrate = true, notify = true, prepare = true, queryTimeout = { seconds: 8 } } = options;
  if ((url === null) === (sql === null)) {
    throw new InvalidArgumentError(
      "postgresStorage",
      url === null ? "neither url nor sql" : "both url and sql",
      "get the URL of a database or a postgres.js instance",
    );
  }
  const database = url === null ? null : parseDatabaseUrl(url, processEnvironment);
  if (sql !== null) {
    const remedy = "be a postgres.js instance, as postgres(url) makes it";
    checkMethods(sql, ["unsafe", "listen"], "sql", remedy, hidden(sql));
  }
  if (typeof schema !== "string" || !/^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new InvalidArgumentError(
      "schema",
      hidden(schema),
      "be up to 63 lower-case letters, digits and underscores, begin with no digit, and not with pg_",
    );
  }
  if (
    !Number.isInteger(maxConnections) || maxConnections < 1 || maxConnections > mostConnections
  ) {
    const remedy = `be an integer from 1 to ${mostConnections}`;
    throw new InvalidArgumentError("maxConnections", maxConnections, remedy);
  }
  const queryTimeoutMs = toMilliseconds(queryTimeout, "queryTimeout");
  if (queryTimeoutMs === 0) {
    throw new InvalidArgumentError("queryTimeout", queryTimeout, "be longer than nothing");
  }
  checkFlag(migrate, "migrate");
  checkFlag(notify, "notify");
  checkFlag(prepare, "prepare");
  const { pollInterval = notify ? 2000 : 1000 } = options;
  const idleMs = toPollInterval(pollInterval);
  const polling = { busyMs: Math.min(notify ? 1000 : 100, idleMs), idleMs };
  return {
    database,
    sql,
    schema,
    migrate,
    notify,
    polling,
    prepare,
    maxConnections,
    queryTimeoutMs,
  };
}

function toOptions(
  given: string | PostgresClient | PostgresStorageOptions,
): PostgresStorageOptions {
  if (typeof given === "string") return { url: given };
  const isInstance = (typeof given === "object" || typeof given === "function") && given !== null &&
    "unsafe" in given;
  if (isInstance) return { sql: given };
  if (isPlain(given)) return given;
  const remedy = "be a URL, a postgres.js instance or options: is the environment variable set?";
  throw new InvalidArgumentError("postgresStorage", hidden(given), remedy);
}
