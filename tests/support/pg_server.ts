// Provides a real PostgreSQL for tests and benchmarks. By default this is a private server from npm
// binaries. It needs no installation, runs as root or not, and ends with the process that started
// it. If EVERTASK_TEST_POSTGRES holds the URL of a superuser on an existing server, databases are
// created on that server instead. All files of a `deno task test` share one server, unless they
// request a private one. The version is the newest, unless EVERTASK_TEST_POSTGRES_VERSION selects
// 13, 14, 15, 16 or 17.
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
   * Whether to start a private server. Tests need one to restart it, to change its settings, or to
   * measure only their own load. Implied by any other option.
   * @default false
   */
  own?: boolean;
  /**
   * The major version of the private server.
   * @default EVERTASK_TEST_POSTGRES_VERSION, or the newest
   */
  version?: string;
  /**
   * Whether a commit waits until it is on disk. Tests do not need this; benchmarks do.
   * @default false
   */
  durable?: boolean;
  /** Further settings of the private server, as in postgresql.conf. */
  settings?: Record<string, string>;
}

/** A running PostgreSQL server. */
export interface PostgresServer extends AsyncDisposable {
  /**
   * The administrator's URL. Tests should create a separate database with {@linkcode
   * createDatabase}.
   */
  readonly url: string;
  /** The server's version, for example `18.4`. */
  readonly version: string;
  /** Whether {@linkcode restart} works. True only for a private server. */
  readonly canRestart: boolean;
  /** Creates an empty database, and resolves to its URL. */
  createDatabase(): Promise<string>;
  /**
   * Stops the server and starts it again on the same data and port.
   *
   * @param mode `fast` ends every session and shuts down gracefully; `immediate` is a crash.
   * @param whileDown Called while the server is stopped.
   */
  restart(mode: "fast" | "immediate", whileDown?: () => void | Promise<void>): Promise<void>;
  /**
   * Stops a private server, or drops the databases that were created on the server of
   * EVERTASK_TEST_POSTGRES. Those on the server of a test run stay until its end, because a file
   * system may create files slowly for a minute after many were deleted.
   */
  stop(): Promise<void>;
}

/**
 * Starts a private server in about half a second, or connects to the server of
 * EVERTASK_TEST_POSTGRES or to the one that the files of a test run share.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const isOwn = Object.values(options).some((value) => value !== undefined && value !== false);
  const existing = Deno.env.get("EVERTASK_TEST_POSTGRES");
  if (existing) return await connect(existing, dropDatabases(existing));
  const shared = isOwn ? null : await sharedByRun("postgres");
  if (shared !== null) return await connect(shared, async () => {});
  const cluster = await startPgCluster(options.version ?? testVersion, {
    max_connections: "200",
    ...options.durable ? {} : testSettings,
    ...options.settings,
  });
  return await connect(cluster.url, cluster.remove, cluster);
}

/** Returns a function that drops databases of a server. */
function dropDatabases(url: string): (names: readonly string[]) => Promise<void> {
  return (names) =>
    withConnection(url, async (sql) => {
      for (const name of names) await sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`;
    });
}

/** @param end Ends the use of the server, given the names of the databases that were created. */
async function connect(
  url: string,
  end: (created: readonly string[]) => Promise<void>,
  cluster?: PgCluster,
): Promise<PostgresServer> {
  const version = await serverVersion(url);
  // Copying the files of the template takes half the time of writing its pages to the log.
  const strategy = Number.parseInt(version) >= 15 ? "STRATEGY file_copy" : "";
  const created: string[] = [];
  const stop = () => end(created);
  return {
    url,
    version,
    canRestart: cluster !== undefined,
    async createDatabase() {
      const name = `evertask_test_${crypto.randomUUID().replaceAll("-", "")}`;
      await withConnection(
        url,
        (sql) => sql.unsafe(`CREATE DATABASE ${name} TEMPLATE template0 ${strategy}`),
      );
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
