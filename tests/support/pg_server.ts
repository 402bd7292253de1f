// A real PostgreSQL for tests and benchmarks: a private server from npm binaries, that needs
// nothing installed, runs as root or not, and ends with the process that started it; or, where
// EVERTASK_TEST_POSTGRES holds the URL of a superuser on an existing server, databases on that one.
// The files of a `deno task test` share one such server, unless they ask for one of their own. It
// is of the newest version, unless EVERTASK_TEST_POSTGRES_VERSION names another one: 13, 14, 15, 16
// or 17.
//
//   const server = await startPostgres();
//   Deno.test.afterAll(() => server.stop());
//   Deno.test("…", async () => { const url = await server.createDatabase(); … });

import postgres from "postgres";
import { type PgCluster, startPgCluster, testSettings, testVersion } from "./pg_server_cluster.ts";
import { sharedByRun } from "./shared_by_run.ts";

/** Options of {@linkcode startPostgres}. */
export interface PostgresOptions {
  /**
   * Whether nobody else may use the server: to restart it, to change its settings, or to see its
   * work alone. True where one of the other options is given.
   * @default false
   */
  own?: boolean;
  /**
   * The major version of a server of its own.
   * @default EVERTASK_TEST_POSTGRES_VERSION, or the newest
   */
  version?: string;
  /**
   * Whether a commit waits until it is on disk. Tests do without; an honest benchmark does not.
   * @default false
   */
  durable?: boolean;
  /** Further settings of a server of its own, as in postgresql.conf. */
  settings?: Record<string, string>;
}

/** A running PostgreSQL server. */
export interface PostgresServer extends AsyncDisposable {
  /**
   * Where the administrator connects to. Tests use a database of their own: see {@linkcode
   * createDatabase}.
   */
  readonly url: string;
  /** The server's version, for example `18.4`. */
  readonly version: string;
  /** Whether {@linkcode restart} works: only on a server of its own. */
  readonly canRestart: boolean;
  /** Creates an empty database, and resolves to its URL. */
  createDatabase(): Promise<string>;
  /**
   * Stops the server and starts it again on the same data and port.
   *
   * @param mode `fast` ends every session and shuts down gracefully; `immediate` is a crash.
   * @param whileDown What to do before it comes back.
   */
  restart(mode: "fast" | "immediate", whileDown?: () => void | Promise<void>): Promise<void>;
  /** Ends a server of its own, or drops the databases that were created on another one. */
  stop(): Promise<void>;
}

/**
 * Starts a private server in about half a second, or takes the one that EVERTASK_TEST_POSTGRES
 * names, or the one that the files of a test run share.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const isOwn = Object.values(options).some((value) => value !== undefined && value !== false);
  const existing = Deno.env.get("EVERTASK_TEST_POSTGRES") ||
    (isOwn ? null : await sharedByRun("postgres"));
  if (existing) return await connect(existing);
  const cluster = await startPgCluster(options.version ?? testVersion, {
    max_connections: "200",
    ...options.durable ? {} : testSettings,
    ...options.settings,
  });
  return await connect(cluster.url, cluster);
}

async function connect(url: string, cluster?: PgCluster): Promise<PostgresServer> {
  const created: string[] = [];
  const stop = async () => {
    if (cluster) return await cluster.remove();
    await withConnection(url, async (sql) => {
      for (const name of created) await sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`;
    });
  };
  return {
    url,
    version: await serverVersion(url),
    canRestart: cluster !== undefined,
    async createDatabase() {
      const name = `evertask_test_${crypto.randomUUID().replaceAll("-", "")}`;
      await withConnection(url, (sql) => sql`CREATE DATABASE ${sql(name)} TEMPLATE template0`);
      created.push(name);
      const database = new URL(url);
      database.pathname = name;
      return database.href;
    },
    async restart(mode, whileDown) {
      if (!cluster) {
        throw new Error("this server is not ours to stop: ask for one with `own: true`");
      }
      await cluster.shutDown(mode);
      await whileDown?.();
      await cluster.startUp();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function serverVersion(url: string): Promise<string> {
  return withConnection(url, async (sql) => {
    const [row] = await sql<[{ server_version: string }]>`SHOW server_version`;
    return row.server_version;
  });
}

async function withConnection<T>(url: string, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}
