// Pools of connections: the storage's own, created from a URL, or the application's.

import { StorageUnavailableError } from "../../src/storage/errors.ts";
import { messageOf } from "../../src/thrown/describe_error.ts";
import { longestTimeoutMs, systemClock } from "../../src/time/clock.ts";
import type { PostgresClient } from "./connection.ts";
import type { DatabaseUrl } from "./database_url.ts";
import { processEnvironment, variableIfAny } from "./environment.ts";
import { Links } from "./links.ts";
import { Listener } from "./listener.ts";
import type { ResolvedOptions } from "./options.ts";
import { Sockets } from "./sockets.ts";

/** A pool of connections. */
export interface Pool {
  readonly sql: PostgresClient;
  /** The number of servers to choose from. */
  readonly servers: number;
  /** Whether a read-only server is unusable. */
  readonly mustWrite: boolean;
  /**
   * Returns the error of a query that has waited for a connection for `waitedMs`; null if it is to
   * wait longer.
   */
  noneFree(waitedMs: number): StorageUnavailableError | null;
  /**
   * Closes all connections at once, for use when they do not answer; null if only the application
   * can close them.
   */
  readonly cut: (() => void) | null;
  /**
   * Abandons a server that cannot be used. The storage's own pool closes all connections, and
   * switches to the next server. The application's pool only ends `session`, so that its next
   * connection may reach a usable server.
   */
  leave(session: { readonly pid: number } | null): void;
  /** Sets whether idle connections keep the process alive. Initially they do. */
  keepAlive(keepAlive: boolean): void;
  /** Closes the pool. */
  end(): Promise<void>;
}

/** Creates the pool of the options. It connects on first use. */
export function makePool(options: ResolvedOptions): Pool {
  return options.database === null
    ? applicationPool(options.sql!)
    : ownPool(options.database, options);
}

function ownPool(
  database: DatabaseUrl,
  { maxConnections, prepare, queryTimeoutMs }: ResolvedOptions,
): Pool {
  const { servers, user, password, ssl, mustWrite, settings } = database;
  const connectMs = database.connectTimeoutMs ?? queryTimeoutMs / servers.length;
  const sockets = new Sockets(servers, connectMs);
  const { host, port } = servers[0]!;
  const shared = {
    // The sockets choose the server, but messages of postgres.js also need a host and a port.
    host: [host],
    port: [port],
    database: database.database,
    user,
    // Called only if a server requests a password.
    pass: () => password ?? variableIfAny(processEnvironment, "PGPASSWORD"),
    ssl,
    connect_timeout: Math.min(connectMs, longestTimeoutMs) / 1_000,
    max_lifetime: null, // its timer would keep the process alive
    prepare,
    fetch_types: false, // saves a query per connection, because every result is text
    onnotice: () => {},
    connection: settings,
  };
  const links = new Links({ options: shared, maxConnections, prepare, sockets });
  const listeners = new Set<Listener>();
  return {
    sql: {
      unsafe: (text, parameters = [], options = {}) => links.run(text, parameters, options),
      async listen(channel, onMessage, onListening) {
        const listener = new Listener({
          clock: systemClock,
          options: shared,
          limitMs: queryTimeoutMs,
          sockets,
          channel,
          onMessage,
          onListening,
        });
        listeners.add(listener);
        try {
          await listener.listen();
        } catch (error) {
          listeners.delete(listener);
          throw error;
        }
        return {
          unlisten() {
            listeners.delete(listener);
            return listener.end();
          },
        };
      },
    },
    servers: servers.length,
    mustWrite,
    noneFree(waitedMs) {
      const isEarly = waitedMs < connectMs * servers.length;
      return isEarly || links.isConnected ? null : notConnected(waitedMs, links.refusal);
    },
    cut: () => sockets.cut(),
    leave: () => sockets.leave(),
    keepAlive: (keepAlive) => sockets.keepAlive(keepAlive),
    async end() {
      await Promise.all([links.end(), ...[...listeners].map((listener) => listener.end())]);
      sockets.close();
    },
  };
}

function applicationPool(sql: PostgresClient): Pool {
  return {
    sql,
    servers: 1,
    mustWrite: false,
    noneFree: (waitedMs) =>
      new StorageUnavailableError(
        `No connection of the pool \`sql\` was free within ${waitedMs} ms (queryTimeout): the server is out of reach, ` +
          "or transactions hold all of them. Enlarge the pool, or call the EverTask instance once before the " +
          "first transaction (such as everTask.statistics()): the first call connects.",
      ),
    cut: null,
    leave(session) {
      if (session === null) return;
      // A pooler invents process ids, which may be those of other sessions. The conditions restrict
      // the statement to sessions of the same user in the same database.
      const end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::text::int " +
        "AND usename = current_user AND datname = current_database()";
      sql.unsafe(end, [String(session.pid)]).then(() => {}, () => {});
    },
    keepAlive() {},
    end: () => Promise.resolve(),
  };
}

/** Returns the error of a query that is not sent any more. */
function notConnected(waitedMs: number, cause: unknown): StorageUnavailableError {
  const reason = cause === undefined ? "no server answers" : messageOf(cause);
  return new StorageUnavailableError(
    `PostgreSQL: no connection was opened within ${waitedMs} ms: ${reason}. ` +
      "Check that the server runs and can be reached from here.",
    { cause },
  );
}
