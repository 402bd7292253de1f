// The storage conformance suite under node:test, as a user of the npm package runs it:
//
//   node node_conformance.mjs memory sqlite
//
// npm_package.ts copies this file into a project where the package is installed.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import test from "node:test";
import { FakeClock, storageConformance } from "@evertask/evertask/testing";

/** The capabilities of each store's harness. */
const capabilities = {
  memory: ["setClockBack", "wakes"],
  sqlite: ["setClockBack", "transaction", "wakes"],
};

/** The content of a SQLite file with the tables, whose creation takes longer than most cases. */
let migrated = null;

/**
 * Functions that make a new database of each store. Each call of `newStorage` stands for another
 * process.
 */
const databases = {
  async memory(clock) {
    const { MemoryDatabase, memoryStorage } = await import("@evertask/evertask/memory");
    const database = new MemoryDatabase({ clock });
    return { newStorage: () => memoryStorage({ database }), remove: async () => {} };
  },
  async sqlite(clock) {
    const { sqliteStorage } = await import("@evertask/evertask/sqlite");
    const { DatabaseSync } = await import("node:sqlite");
    const folder = await mkdtemp(join(tmpdir(), "evertask-conformance-"));
    const path = join(folder, "tasks.db");
    // Without fsync, because no case crashes the machine.
    const newStorage = () => sqliteStorage({ path, clock, synchronous: "off" });
    if (migrated === null) {
      const storage = newStorage();
      await storage.open();
      await storage.close();
      migrated = await readFile(path);
    } else await writeFile(path, migrated);
    return {
      newStorage,
      remove: () => rm(folder, { recursive: true }),
      async transaction(work, end) {
        const connection = new DatabaseSync(path);
        connection.exec("BEGIN IMMEDIATE");
        try {
          await work(connection);
        } finally {
          connection.exec(end);
          connection.close();
        }
      },
    };
  },
};

const harnessOf = (store) => ({
  name: store,
  capabilities: capabilities[store],
  async create() {
    const clock = new FakeClock();
    const database = await databases[store](clock);
    const opened = [];
    const another = async () => {
      const storage = database.newStorage();
      await storage.open();
      opened.push(storage);
      return storage;
    };
    return {
      storage: await another(),
      another,
      passTime: (ms) => clock.advance(ms),
      setClockBack: (ms) => Promise.resolve(clock.setTime(clock.now() - ms)),
      transaction: database.transaction,
      async dispose() {
        for (const storage of opened) await storage.close();
        await database.remove();
      },
    };
  },
});

for (const store of process.argv.slice(2)) {
  for (const { topic, name, missing, run } of storageConformance(harnessOf(store))) {
    const skip = missing !== null && `needs ${missing}`;
    test(`${store}: ${topic}: ${name}`, { skip }, run);
  }
}
