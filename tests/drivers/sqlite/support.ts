// Support for tests of the SQLite driver: a file in a temporary folder, and its content.

import type { DatabaseSync } from "node:sqlite";
import {
  type NodeSqliteDatabase,
  sqliteStorage,
  type SqliteStorageOptions,
} from "../../../drivers/sqlite/mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";

/** A temporary folder for one test, with a path for a database in it. */
export class Scratch implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "evertask-sqlite-" });
  readonly path: string = `${this.folder}/tasks.db`;
  readonly #stores: Storage[] = [];

  /** A storage on the file, opened. */
  async open(options: SqliteStorageOptions = {}): Promise<Storage> {
    const { path } = this;
    // No test needs a file that survives a crash of the machine, and waiting for the disk is slow.
    const own = { path, synchronous: "off", ...options } as const;
    const storage = sqliteStorage(options.database ? options : own);
    await storage.open();
    this.#stores.push(storage);
    return storage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const storage of this.#stores) await storage.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Counts the stored tasks, of any status. */
export async function countTasks(storage: Storage): Promise<number> {
  const { tasksByStatus } = await storage.statistics({ exact: true });
  return Object.values(tasksByStatus).reduce((sum, count) => sum + count, 0);
}

/** Wraps a database so that each prepared statement is added to `statements`. */
export function recording(database: DatabaseSync, statements: Set<string>): NodeSqliteDatabase {
  return {
    prepare(sql) {
      statements.add(sql);
      return database.prepare(sql);
    },
    exec: (sql) => database.exec(sql),
    close: () => database.close(),
    get isTransaction() {
      return database.isTransaction;
    },
  };
}
