// The queries of an idle worker.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { type PostgresClient, postgresStorage } from "../../drivers/postgres/mod.ts";
import { type NodeSqliteDatabase, sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { defineTask } from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { startEngine } from "../support/engine.ts";
import { startPostgres } from "../support/pg_server.ts";
import { eventually, temporaryFolder } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/**
 * The interval of heartbeats, a third of a lease. A server may take seconds to answer on a busy
 * machine; after an interval without an answer, a worker would complain.
 */
const heartbeatMs = { sqlite: 1_500, postgres: 5_000 };

/** The application's connection to SQLite, which records each statement that runs on it. */
function logging(database: DatabaseSync, log: string[]): NodeSqliteDatabase {
  return {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...values) => (log.push(sql), statement.run(...values)),
        get: (...values) => (log.push(sql), statement.get(...values)),
        all: (...values) => (log.push(sql), statement.all(...values)),
      };
    },
    exec: (sql) => (log.push(sql), database.exec(sql)),
    close: () => database.close(),
    get isTransaction() {
      return database.isTransaction;
    },
  };
}

/** The queries of an idle worker, and the time in which it sent them. */
interface Watched {
  readonly statements: readonly string[];
  readonly ms: number;
}

/**
 * Lets a worker run a task, and returns the queries that it sends afterwards: for at least two
 * heartbeats and several polls, and until `isEnough` returns true.
 */
async function watchIdle(
  storage: Storage,
  log: string[],
  heartbeatMs: number,
  isEnough: () => boolean = () => true,
  hasSettled: () => boolean = () => true,
): Promise<Watched> {
  const task = defineTask<null>({ type: "task", handle() {} });
  await using engine = await startEngine({
    storage,
    tasks: [task],
    leaseDuration: 3 * heartbeatMs,
  });
  const { id } = await engine.everTask.dispatch(task, null);
  await engine.ended(id);
  // A worker reads the series once, when the duration of a lease has passed since its start. By
  // then, the writes of the task are done, too.
  await eventually("it has looked at the series", () => log.some(isSeriesLook));
  await eventually("it has come to rest", hasSettled);
  log.length = 0;
  const start = performance.now();
  await delay(2 * heartbeatMs + 200);
  await eventually("it has asked enough", isEnough);
  const watched = { statements: [...log], ms: performance.now() - start };
  // It still works.
  await engine.ended((await engine.everTask.dispatch(task, null)).id);
  assertEquals(engine.complaints, []);
  return watched;
}

/**
 * Asserts that `count` events were at least `ms` milliseconds apart on average. One more event is
 * allowed, at the edge of the measurement.
 */
function assertAtMostEach(ms: number, count: number, watched: Watched, what: string): void {
  assertLessOrEqual(count, Math.ceil(watched.ms / ms), what);
}

/** Excludes the scripts that create the schema, which contain the same words. */
const isSeriesLook = (sql: string) =>
  /^\s*SELECT\b[^;]*(recurring_task IS NOT NULL|"\.search_tasks\()/.test(sql);
const isLook = (sql: string) => sql === "PRAGMA data_version";
const isBeat = (sql: string) => sql.startsWith("UPDATE workers SET heartbeat_utc = ? WHERE id");

async function onSqlite(exclusive: boolean): Promise<Watched & { readonly pollMs: number }> {
  await using folder = await temporaryFolder();
  const database = new DatabaseSync(`${folder.path}/tasks.db`);
  const log: string[] = [];
  try {
    const storage = sqliteStorage({ database: logging(database, log), exclusive });
    const isEnough = () => log.filter(isLook).length >= 2 && log.filter(isBeat).length >= 2;
    const watched = await watchIdle(
      storage,
      log,
      heartbeatMs.sqlite,
      exclusive ? undefined : isEnough,
    );
    return { ...watched, pollMs: storage.polling.busyMs };
  } finally {
    database.close();
  }
}

Deno.test("an idle worker on SQLite reads data_version once per poll interval, and sends heartbeats", async () => {
  const watched = await onSqlite(false);
  const { statements } = watched;
  const beats = statements.filter(isBeat).length;
  assertAtMostEach(watched.pollMs, statements.filter(isLook).length, watched, "looks");
  assertAtMostEach(heartbeatMs.sqlite, beats, watched, "heartbeats");
  assertEquals(statements.filter((sql) => sql.startsWith("BEGIN")).length, beats);
  assertEquals(statements.filter((sql) => /due_at_utc|status_audit/.test(sql)), []);
});

Deno.test("an idle worker does not access an exclusive SQLite file", async () => {
  assertEquals((await onSqlite(true)).statements, []);
});

Deno.test("an idle worker on PostgreSQL sends heartbeats, and polls once per interval", async () => {
  const sql = postgres(await server.createDatabase(), { max: 3, onnotice() {} });
  const log: string[] = [];
  const client: PostgresClient = {
    unsafe: (text, ...rest) => (log.push(text), sql.unsafe(text, ...rest)),
    listen: (...channel) => sql.listen(...channel),
  };
  try {
    const storage = postgresStorage(client);
    const count = (name: string) =>
      log.filter((text) => text.includes(`"evertask".${name}(`)).length;
    const isEnough = () => count("heartbeat") >= 2 && count("next_due_at") >= 1;
    // A late notification of the dispatch causes one more claim.
    const hasSettled = () => {
      const looks = log.filter((text) => !text.includes('"evertask".heartbeat('));
      return looks.slice(-2).every((text) => text.includes('"evertask".next_due_at('));
    };
    const watched = await watchIdle(storage, log, heartbeatMs.postgres, isEnough, hasSettled);
    const functions = watched.statements.map((text) => /"evertask"\.(\w+)/.exec(text)?.[1]);
    const beats = functions.filter((name) => name === "heartbeat").length;
    const looks = functions.filter((name) => name === "next_due_at").length;
    assertAtMostEach(heartbeatMs.postgres, beats, watched, "heartbeats");
    assertAtMostEach(storage.polling.idleMs, looks, watched, "looks");
    assertEquals(functions.length, beats + looks, functions.join(", "));
  } finally {
    await sql.end();
  }
});
