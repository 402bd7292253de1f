// The available stores for measurements. Each makes empty databases.

import { DatabaseSync } from "node:sqlite";
import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
import postgres from "postgres";
import { startPostgres } from "../../tests/support/pg_server.ts";
import { hasTarget, targetVariable } from "../../tests/support/tsql_server/target.ts";
import { UsageError } from "./arguments.ts";
import type { BenchStore } from "./bench_store.ts";
import { databaseAt } from "./open_storage.ts";
import { PostgresSession } from "./postgres_session.ts";
import { sqlServerStore } from "./sqlserver_store.ts";

const openers: Readonly<Record<string, () => Promise<BenchStore> | BenchStore>> = {
  memory: memoryStore,
  sqlite: sqliteStore,
  postgres: postgresStore,
  sqlserver: sqlServerStore,
};

/** Stores by name, in the order of reports. */
const storeNames: readonly string[] = Object.keys(openers);

/**
 * Opens stores.
 *
 * @param names The requested stores, or null for all available ones.
 * @param usable The stores that the benchmark supports.
 * @throws {UsageError} If a requested store is unknown, unavailable or unsupported.
 */
export async function openStores(
  names: readonly string[] | null,
  usable: readonly string[] = storeNames,
): Promise<BenchStore[]> {
  const chosen = names ?? usable.filter((name) => name !== "sqlserver" || hasTarget);
  for (const name of chosen) {
    if (!usable.includes(name)) {
      throw new UsageError(
        `This cannot be measured on "${name}": choose from ${usable.join(", ")}.`,
      );
    }
    if (name === "sqlserver" && !hasTarget) {
      throw new UsageError(`To measure SQL Server, name one: ${targetVariable}`);
    }
  }
  const stores: BenchStore[] = [];
  for (const name of chosen) stores.push(await openers[name]!());
  return stores;
}

function memoryStore(): BenchStore {
  return {
    name: "memory",
    createDatabase() {
      const database = new MemoryDatabase();
      return Promise.resolve({
        address: "memory",
        storage: () => memoryStorage({ database }),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function sqliteStore(): BenchStore {
  return {
    name: "sqlite",
    async createDatabase() {
      const folder = await Deno.makeTempDir({ prefix: "evertask-bench-" });
      return {
        ...await databaseAt("sqlite", `${folder}/tasks.db`),
        settle: () => checkpoint(`${folder}/tasks.db`),
        [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Commits wait for the disk, as in production. The large `max_wal_size` makes checkpoints rare, so
 * that none slows one measurement and not the others.
 */
export const durableSettings = {
  durable: true,
  settings: { max_wal_size: "4GB", shared_buffers: "256MB" },
} as const;

async function postgresStore(): Promise<BenchStore> {
  const server = await startPostgres(durableSettings);
  return {
    name: "postgres",
    async createDatabase() {
      const url = await server.createDatabase();
      return {
        ...await databaseAt("postgres", url),
        settle: () => vacuumAndCheckpoint(url),
        [Symbol.asyncDispose]: () => dropDatabase(server.url, url),
      };
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Empties the write-ahead log into the file. */
function checkpoint(path: string): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  return Promise.resolve();
}

/**
 * Vacuums the tables and writes dirty pages. After many stored rows, PostgreSQL would otherwise do
 * this during the measurement.
 */
async function vacuumAndCheckpoint(url: string): Promise<void> {
  await using session = new PostgresSession(url);
  await session.sql`VACUUM (ANALYZE)`;
  await session.sql`CHECKPOINT`;
}

/** Removes a database at once, because autovacuum of its rows would slow the next measurement. */
async function dropDatabase(serverUrl: string, url: string): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`DROP DATABASE ${sql(new URL(url).pathname.slice(1))} WITH (FORCE)`;
  } finally {
    await sql.end();
  }
}
