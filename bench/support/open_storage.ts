// Opens a database by its address, for processes that share it. Loads only one driver, because
// others would affect the measured memory.

import type { Storage } from "@evertask/evertask/storage";

/** An empty database, or one that another process has filled. */
export interface BenchDatabase extends AsyncDisposable {
  /** Creates a storage on the database. */
  storage(): Storage;
  /** The address by which another process opens it: a path or a URL. */
  readonly address: string;
  /**
   * Runs the maintenance that the database would otherwise run during the measurement, after many
   * writes. Both sides of a comparison run it, even with an empty database.
   */
  settle?(): Promise<void>;
}

/** The database of this store at this address. Disposing of it does not remove the database. */
export async function databaseAt(store: string, address: string): Promise<BenchDatabase> {
  const storage = await storageFactory(store, address);
  return { address, storage, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function storageFactory(store: string, address: string): Promise<() => Storage> {
  if (store === "sqlite") {
    const { sqliteStorage } = await import("@evertask/evertask/sqlite");
    return () => sqliteStorage(address);
  }
  const { postgresStorage } = await import("@evertask/evertask/postgres");
  return () => postgresStorage(address);
}
