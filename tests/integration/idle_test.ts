// What a worker asks of its database while there is nothing to do.

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { type PostgresClient, postgresStorage } from "../../drivers/postgres/mod.ts";
import { type NodeSqliteDatabase, sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { defineTask, type Storage } from "../../mod.ts";
import { startEngine } from "../support/engine.ts";
import { startPostgres } from "../support/pg_server.ts";
import { temporaryFolder } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** A heartbeat each second. */
const leaseDuration = 3000;
/** How long the worker is watched: three heartbeats, looks and polls, and one at the edge. */
const watchedMs = 3200;
const atMost = 4;

/** The application's connection to SQLite, which writes down each statement that runs on it. */
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

/** Lets a worker run a task, and gives what it asks of the database afterwards. */
async function statementsWhileIdle(storage: Storage, log: string[]): Promise<string[]> {
  const task = defineTask<null>({ type: "task", handle() {} });
  await using engine = await startEngine({ storage, tasks: [task], leaseDuration });
  const { id } = await engine.everTask.dispatch(task, null);
  await engine.ended(id);
  await delay(1500); // what follows from the task is done: the next look, the next heartbeat
  log.length = 0;
  await delay(watchedMs);
  const statements = [...log];
  // It has not gone to sleep for good.
  await engine.ended((await engine.everTask.dispatch(task, null)).id);
  assertEquals(engine.complaints, []);
  return statements;
}

async function onSqlite(exclusive: boolean): Promise<string[]> {
  await using folder = await temporaryFolder();
  const database = new DatabaseSync(`${folder.path}/tasks.db`);
  const log: string[] = [];
  try {
    const storage = sqliteStorage({ database: logging(database, log), exclusive });
    return await statementsWhileIdle(storage, log);
  } finally {
    database.close();
  }
}

Deno.test("an idle worker on SQLite looks at data_version once a second, and beats", async () => {
  const statements = await onSqlite(false);
  const looks = statements.filter((sql) => sql === "PRAGMA data_version").length;
  const beats = statements.filter((sql) => sql.startsWith("UPDATE workers")).length;
  assert(looks >= 2 && looks <= atMost, `${looks} looks`);
  assert(beats >= 2 && beats <= atMost, `${beats} heartbeats`);
  assertEquals(statements.filter((sql) => sql.startsWith("BEGIN")).length, beats);
  assertEquals(statements.filter((sql) => /due_at_utc|status_audit/.test(sql)), []);
});

Deno.test("an idle worker asks nothing at all of a SQLite file that is its own", async () => {
  assertEquals(await onSqlite(true), []);
});

Deno.test("an idle worker on PostgreSQL beats, and asks once an interval for what is due", async () => {
  const sql = postgres(await server.createDatabase(), { max: 3, onnotice() {} });
  const log: string[] = [];
  const client: PostgresClient = {
    unsafe: (text, ...rest) => (log.push(text), sql.unsafe(text, ...rest)),
    begin: (work) => sql.begin(work),
    listen: (...channel) => sql.listen(...channel),
  };
  try {
    const storage = postgresStorage(client);
    const functions = (await statementsWhileIdle(storage, log))
      .map((text) => /"evertask"\.(\w+)/.exec(text)?.[1]);
    const beats = functions.filter((name) => name === "heartbeat").length;
    const looks = functions.filter((name) => name === "next_due_at").length;
    assert(beats >= 2 && beats <= atMost, `${beats} heartbeats`);
    const intervals = watchedMs / storage.polling.idleMs;
    assert(looks >= 1 && looks <= Math.ceil(intervals), `${looks} looks`);
    assertEquals(functions.length, beats + looks, functions.join(", "));
  } finally {
    await sql.end();
  }
});
