// Opens a database by its address, for processes that share it. Loads one driver alone: what others
// weigh would be measured.

import type { Storage } from "@evertask/evertask/storage";

/** An empty database, or one that another process has filled. */
export interface BenchDatabase extends AsyncDisposable {
  /** A new storage on it. */
  storage(): Storage;
  /** What another process needs to open it: a path or a URL. */
  readonly address: string;
  /**
   * Runs the maintenance that the database does some time after many writes, so that it does not
   * disturb the measurement. Both sides of a comparison get it, even an empty one.
   */
  settle?(): Promise<void>;
}

/** The database of this store at this address; it stays when it is disposed of. */
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
