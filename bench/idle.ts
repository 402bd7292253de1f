// Measures the cost of an idle worker: its statements and its processor time.

import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import type { Storage } from "@evertask/evertask/storage";
import { type PostgresClient, postgresStorage } from "@evertask/evertask/postgres";
import { type NodeSqliteDatabase, sqliteStorage } from "@evertask/evertask/sqlite";
import postgres from "postgres";
import { startPostgres } from "../tests/support/pg_server.ts";
import { UsageError } from "./support/arguments.ts";
import { milliseconds } from "./support/figures.ts";
import { durableSettings } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** Counts statements by their first words. */
class StatementCounter {
  readonly counts = new Map<string, number>();

  count(sql: string): void {
    const words = sql.trim().replaceAll(/\s+/g, " ").slice(0, 44);
    this.counts.set(words, (this.counts.get(words) ?? 0) + 1);
  }
}

/** A storage whose statements are counted. */
type CountedStorage = AsyncDisposable & { readonly storage: Storage };

const setups: Readonly<Record<string, (counter: StatementCounter) => Promise<CountedStorage>>> = {
  "sqlite": (counter) => onSqlite(counter, false),
  "sqlite, exclusive": (counter) => onSqlite(counter, true),
  "postgres": onPostgres,
};

async function onSqlite(counter: StatementCounter, exclusive: boolean): Promise<CountedStorage> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-bench-" });
  const database = new DatabaseSync(`${folder}/tasks.db`);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
  const counted: NodeSqliteDatabase = {
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        run: (...parameters) => (counter.count(sql), statement.run(...parameters)),
        get: (...parameters) => (counter.count(sql), statement.get(...parameters)),
        all: (...parameters) => (counter.count(sql), statement.all(...parameters)),
      };
    },
    exec: (sql) => (counter.count(sql), database.exec(sql)),
    close: () => database.close(),
    get isTransaction() {
      return database.isTransaction;
    },
  };
  return {
    storage: sqliteStorage({ database: counted, exclusive }),
    async [Symbol.asyncDispose]() {
      database.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function onPostgres(counter: StatementCounter): Promise<CountedStorage> {
  const server = await startPostgres(durableSettings);
  const sql = postgres(await server.createDatabase(), { max: 5, onnotice: () => {} });
  const client = sql as unknown as PostgresClient;
  const counted: PostgresClient = {
    unsafe: (text, ...rest) => (counter.count(text), client.unsafe(text, ...rest)),
    listen: (...listener) => client.listen(...listener),
  };
  return {
    storage: postgresStorage({ sql: counted }),
    async [Symbol.asyncDispose]() {
      await sql.end();
      await server.stop();
    },
  };
}

/** The time for a worker to settle before the measurement. */
const settleMs = 2000;

async function measureIdle(name: string, seconds: number) {
  const counter = new StatementCounter();
  await using counted = await setups[name]!(counter);
  const everTask = createEverTask({
    storage: counted.storage,
    tasks: [defineTask({ type: "never", handle() {} })],
    logger: silentLogger,
  });
  await everTask.start();
  await pause(settleMs);
  counter.counts.clear();
  const before = process.cpuUsage();
  await pause(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  const statements = Object.fromEntries(counter.counts);
  await everTask.stop();
  const total = Object.values(statements).reduce((sum, count) => sum + count, 0);
  return { store: name, seconds, total, statements, processorMs: (user + system) / 1000 };
}

function pause(ms: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, ms));
}

/** Measures each setup, one after the other. */
export const idleSubject: Subject = {
  name: "idle",
  about: "the cost of an idle worker: statements and processor time",
  async run({ stores, seconds }, progress) {
    const names = Object.keys(setups).filter((name) =>
      stores === null || stores.includes(name.split(",")[0]!)
    );
    if (names.length === 0) throw new UsageError("Idling is measured on sqlite and postgres.");
    const results = [];
    for (const name of names) {
      progress(`${name}: ${seconds} s`);
      results.push(await measureIdle(name, seconds));
    }
    const rows = results.flatMap(({ store, total, statements, processorMs }) => [
      [`${store}: all`, `${total}`, milliseconds(processorMs)],
      ...Object.entries(statements).map(([sql, count]) => [`  ${sql}`, `${count}`, ""]),
    ]);
    return { data: results, text: table([`in ${seconds} s`, "statements", "processor"], rows) };
  },
};
