// Provides SQLite stores for simulations: one file for each world, and one connection for each
// process.

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import type { StoreMaker } from "../../../src/testing/simulation/world.ts";

/** Creates stores in a temporary folder, which is removed on disposal. */
export class SqliteStores implements Disposable {
  readonly #folder: string;
  readonly #empty: string;
  #count = 0;
  /** The connections of the current world. */
  #connections: DatabaseSync[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#empty = join(folder, "empty.db");
  }

  /** Creates the folder, and an empty store as the template of the others. */
  static async open(): Promise<SqliteStores> {
    const stores = new SqliteStores(Deno.makeTempDirSync({ prefix: "evertask-simulation-" }));
    const storage = sqliteStorage({ path: stores.#empty });
    await storage.open();
    await storage.close();
    return stores;
  }

  /** Creates an empty store, and closes connections that killed processes left open. */
  readonly make: StoreMaker = (clock) => {
    this.#closeAll();
    const path = join(this.#folder, `${++this.#count}.db`);
    Deno.copyFileSync(this.#empty, path);
    return () => {
      const database = connect(path);
      this.#connections.push(database);
      return sqliteStorage({ database, clock });
    };
  };

  #closeAll(): void {
    for (const connection of this.#connections.splice(0)) connection.close();
  }

  [Symbol.dispose](): void {
    this.#closeAll();
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

/** Connects to a file without waiting for the disk, because the file does not outlive the world. */
function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
  return database;
}
