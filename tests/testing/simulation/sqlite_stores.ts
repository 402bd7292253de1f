// SQLite, for simulations: each world has a file of its own, and each process a connection.

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { drawScenario } from "../../../src/testing/simulation/draw_scenario.ts";
import type { Scenario } from "../../../src/testing/simulation/scenario.ts";
import type { StoreMaker } from "../../../src/testing/simulation/world.ts";

/**
 * Draws the scenario of a seed for SQLite: between the batches of a purge the driver lets real time
 * pass, and so time of the world that no seed decides.
 */
export function drawWithoutRetention(seed: number): Scenario {
  return { ...drawScenario(seed), retention: null };
}

/** Makes stores in a folder, which is removed in the end. */
export class SqliteStores implements Disposable {
  readonly #folder: string;
  readonly #empty: string;
  #count = 0;
  /** The connections of the world that runs. */
  #connections: DatabaseSync[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#empty = join(folder, "empty.db");
  }

  /** Creates the folder, and an empty store that the others are copies of. */
  static async open(): Promise<SqliteStores> {
    const stores = new SqliteStores(Deno.makeTempDirSync({ prefix: "evertask-simulation-" }));
    const storage = sqliteStorage({ path: stores.#empty });
    await storage.open();
    await storage.close();
    return stores;
  }

  /** Makes an empty store. The world before is over: killed processes left connections open. */
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

/** The file does not outlive the world: nothing waits for the disk. */
function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
  return database;
}
