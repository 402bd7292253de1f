// The conformance harness of SQLite: a file in a temporary folder, a fake clock, and statements
// that fail.

import { DatabaseSync } from "node:sqlite";
import { assertEquals } from "@std/assert";
import {
  type SqliteConnection,
  sqliteStorage,
  type SqliteStorageOptions,
} from "../../../drivers/sqlite/mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { FakeClock, type StorageHarness, type StorageUnderTest } from "../../../src/testing/mod.ts";
import { Fault } from "./faults.ts";

/**
 * Returns a harness over one library. `open` opens a connection as an application does. Statements
 * fail before or after their execution, according to `faults`.
 */
export function sqliteHarness(
  name: string,
  open: (path: string) => SqliteConnection,
  faults: "before" | "after",
): StorageHarness {
  return {
    name,
    capabilities: ["setRunCount", "failAt", "transaction", "setClockBack", "damage", "wakes"],
    create: () => create(open, new Fault(faults)),
  };
}

/** Checks that each stored tag is that of a task. */
function checkTags(path: string): void {
  using database = disposable(new DatabaseSync(path));
  const tags = database.connection
    .prepare("SELECT tag FROM task_tags WHERE task_id NOT IN (SELECT id FROM queued_tasks)")
    .all();
  assertEquals(tags, [], "tags of deleted tasks");
}

async function create(
  open: (path: string) => SqliteConnection,
  fault: Fault,
): Promise<StorageUnderTest> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-sqlite-" });
  const path = `${folder}/tasks.db`;
  const clock = new FakeClock();
  const stores: Storage[] = [];
  const opened = async (options: SqliteStorageOptions) => {
    const storage = sqliteStorage({ ...options, clock });
    await storage.open();
    stores.push(storage);
    return storage;
  };
  const own = open(path);
  // Like an application, passes its own connection, whose settings the storage does not change. The
  // file need not survive a crash of the machine, and waiting for the disk would take five times as
  // long as everything else.
  own.exec("PRAGMA synchronous = OFF");
  own.exec("PRAGMA journal_mode = WAL");

  return {
    storage: await opened({ database: fault.wrap(own) }),
    another: () => opened({ path, synchronous: "off" }),
    passTime: (ms) => clock.advance(ms),
    setClockBack: (ms) => Promise.resolve(clock.setTime(clock.now() - ms)),
    failAt: (n) => fault.failAt(n),
    setRunCount(taskId, runCount) {
      using database = disposable(new DatabaseSync(path));
      database.connection
        .prepare("UPDATE queued_tasks SET current_run_count = ? WHERE id = ?")
        .run(runCount, taskId);
      return Promise.resolve();
    },
    damage(taskId, damage) {
      const columns = damage === "counters"
        ? ["attempt", "lease_token", "lost_count"]
        : ["created_at_utc", "rate_slot_utc"];
      const assignments = columns.map((column) => `${column} = 9223372036854775807`).join(", ");
      using database = disposable(new DatabaseSync(path));
      database.connection
        .prepare(`UPDATE queued_tasks SET ${assignments} WHERE id = ?`)
        .run(taskId);
      return Promise.resolve();
    },
    async transaction(work, end) {
      using database = disposable(open(path));
      database.connection.prepare("BEGIN IMMEDIATE").run();
      try {
        await work(database.connection);
      } finally {
        database.connection.prepare(end === "commit" ? "COMMIT" : "ROLLBACK").run();
      }
    },
    async dispose() {
      for (const storage of stores) await storage.close();
      own.close();
      try {
        checkTags(path);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  };
}

function disposable<T extends SqliteConnection>(connection: T) {
  return { connection, [Symbol.dispose]: () => connection.close() };
}
