// The stores that can be measured here: each gives empty databases, on which any number of storages can be opened.

import type { Storage } from "@evertask/evertask";
import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";
import { postgresStorage } from "@evertask/evertask/postgres";
import { sqliteStorage } from "@evertask/evertask/sqlite";
import postgres from "postgres";
import { startPostgres } from "../../tests/support/pg_server.ts";
import { UsageError } from "./arguments.ts";

/** An empty database. */
export interface BenchDatabase extends AsyncDisposable {
  /** A new storage on it. */
  storage(): Storage;
  /** What another process needs to open it: a path or a URL. */
  readonly address: string;
}

/** A kind of store. */
export interface BenchStore extends AsyncDisposable {
  readonly name: string;
  createDatabase(): Promise<BenchDatabase>;
}

const openers: Readonly<Record<string, () => Promise<BenchStore> | BenchStore>> = {
  memory: memoryStore,
  sqlite: sqliteStore,
  postgres: postgresStore,
};

/** A storage on the database of another process, which knows its store and address. */
export function openStorage(store: string, address: string): Storage {
  return store === "sqlite" ? sqliteStorage(address) : postgresStorage(address);
}

/** Stores by name, in the order of reports. */
export const storeNames: readonly string[] = Object.keys(openers);

/**
 * Opens stores.
 *
 * @param names Those that were asked for; null: all of `fallback`.
 * @throws {UsageError} If one is unknown, or is none that this benchmark can use.
 */
export async function openStores(
  names: readonly string[] | null,
  fallback: readonly string[] = storeNames,
): Promise<BenchStore[]> {
  const chosen = names ?? fallback;
  for (const name of chosen) {
    if (fallback.includes(name)) continue;
    throw new UsageError(`This cannot be measured on "${name}": take of ${fallback.join(", ")}.`);
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
      const path = `${folder}/tasks.db`;
      return {
        address: path,
        storage: () => openStorage("sqlite", path),
        [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Commits wait for the disk, as in production; checkpoints are far enough apart not to hit one contender alone. */
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
        address: url,
        storage: () => openStorage("postgres", url),
        [Symbol.asyncDispose]: () => dropDatabase(server.url, url),
      };
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

/** Removes a database at once: what lies there would keep autovacuum busy while the next one is measured. */
async function dropDatabase(serverUrl: string, url: string): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    await sql`DROP DATABASE ${sql(new URL(url).pathname.slice(1))} WITH (FORCE)`;
  } finally {
    await sql.end();
  }
}
