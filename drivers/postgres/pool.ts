// Where connections come from: a pool of the storage's own, made from the URL of a database, or the
// application's.

import postgres from "postgres";
import type { PostgresClient } from "./connection.ts";
import type { DatabaseUrl } from "./database_url.ts";
import { processEnvironment, variableIfAny, withoutEnvironment } from "./environment.ts";
import type { ResolvedOptions } from "./options.ts";
import { Sockets } from "./sockets.ts";

/** A pool of connections. */
export interface Pool {
  readonly sql: PostgresClient;
  /** How many servers it may choose from. */
  readonly servers: number;
  /** Whether a server that only reads is of no use. */
  readonly mustWrite: boolean;
  /** Cuts all connections, since they do not answer; null where only the application can. */
  readonly cut: (() => void) | null;
  /**
   * Parts with a session, or with the server that has not begun one: a new one may do more, or be
   * on another server.
   */
  leave(session: { readonly pid: number } | null): void;
  /**
   * Whether the process stays alive for connections over which nothing is under way; at first it
   * does.
   */
  keepAlive(keepAlive: boolean): void;
  /** Closes the pool. */
  end(): Promise<void>;
}

/** Makes the pool that the options ask for. It connects when it is first used. */
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
  // What postgres.js takes and its types lack. The sockets know where to go; its messages want a
  // host and a port, too.
  const { host, port } = servers[0]!;
  const untyped: object = { socket: sockets.open, host: [host], port: [port] };
  const sql = withoutEnvironment(() =>
    postgres({
      ...untyped,
      database: database.database,
      user,
      // Looked for when a server asks for it, and not before.
      pass: () => password ?? variableIfAny(processEnvironment, "PGPASSWORD"),
      ssl,
      connect_timeout: connectMs / 1_000,
      max: maxConnections,
      max_lifetime: null, // its timer would keep the process alive
      prepare,
      fetch_types: false, // spares a query on each new connection: every result is text
      onnotice: () => {},
      connection: settings,
      backoff: secondsUntilReconnect,
    })
  );
  return {
    sql,
    servers: servers.length,
    mustWrite,
    cut: () => sockets.cut(),
    leave: () => sockets.leave(),
    keepAlive: (keepAlive) => sockets.keepAlive(keepAlive),
    async end() {
      // Statements have been answered by now, or never will be: after a lost connection postgres.js
      // may wait for one in vain.
      await sql.end({ timeout: 1 });
      sockets.close();
    },
  };
}

function applicationPool(sql: PostgresClient): Pool {
  return {
    sql,
    servers: 1,
    mustWrite: false,
    cut: null,
    leave(session) {
      if (session === null) return;
      // A pooler between us and the server makes up the numbers of sessions: only one of ours is
      // meant.
      const end =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::text::int " +
        "AND usename = current_user AND datname = current_database()";
      sql.unsafe(end, [String(session.pid)]).then(() => {}, () => {});
    },
    keepAlive() {},
    end: () => Promise.resolve(),
  };
}

/**
 * By default postgres.js waits up to 20 s, longer than a lease: a restart of the server would cost
 * all leases.
 */
function secondsUntilReconnect(failures: number): number {
  return Math.min(1, 0.05 * 2 ** failures);
}
