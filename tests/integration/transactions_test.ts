// Tasks that are stored and completed in transactions of the application.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { defineTask, LeaseLostError, type TaskContext } from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { retryTransient } from "../../src/storage/batching/retry_transient.ts";
import { systemClock } from "../../src/time/clock.ts";
import { startEngine } from "../support/engine.ts";
import { startPostgres } from "../support/pg_server.ts";
import { temporaryFolder } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** A database with a table in which the application writes notes. */
interface Application extends AsyncDisposable {
  storage(): Storage;
  /** Does some work in a transaction, which commits if the work succeeds. */
  transaction(work: (connection: unknown) => Promise<void>): Promise<void>;
  /** Writes a note in a transaction. */
  note(connection: unknown, text: string): Promise<void>;
  /** The notes that were committed. */
  notes(): Promise<string[]>;
}

async function onSqlite(): Promise<Application> {
  const folder = await temporaryFolder();
  const path = `${folder.path}/app.db`;
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE note (text TEXT) STRICT");
  return {
    storage: () => sqliteStorage(path),
    async transaction(work) {
      database.exec("BEGIN IMMEDIATE");
      try {
        await work(database);
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
    note(_, text) {
      database.prepare("INSERT INTO note VALUES (?)").run(text);
      return Promise.resolve();
    },
    notes: () =>
      Promise.resolve(
        database.prepare("SELECT text FROM note ORDER BY rowid").all().map((row) =>
          String(row.text)
        ),
      ),
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function onPostgres(): Promise<Application> {
  const url = await server.createDatabase();
  const sql = postgres(url, { max: 2 });
  await sql`CREATE TABLE note (number serial, text text)`;
  return {
    storage: () => postgresStorage(url),
    async transaction(work) {
      await sql.begin((transaction) => work(transaction));
    },
    async note(connection, text) {
      await (connection as postgres.TransactionSql)`INSERT INTO note (text) VALUES (${text})`;
    },
    async notes() {
      return (await sql`SELECT text FROM note ORDER BY number`).map(({ text }) => text);
    },
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

for (const [store, open] of [["SQLite", onSqlite], ["PostgreSQL", onPostgres]] as const) {
  Deno.test(`a task that is dispatched in a transaction exists if and only if the transaction commits (${store})`, async () => {
    await using application = await open();
    const ran: string[] = [];
    const task = defineTask<string>({ type: "task", handle: (name) => void ran.push(name) });
    await using engine = await startEngine({ storage: application.storage(), tasks: [task] });
    const { everTask } = engine;
    let undone = "";
    await application.transaction(async (connection) => {
      undone = (await everTask.dispatch(task, "undone", { connection })).id;
      await application.note(connection, "undone");
      throw new Error("rolled back");
    }).catch(({ message }) => assertEquals(message, "rolled back"));
    let done = "";
    await application.transaction(async (connection) => {
      await application.note(connection, "done");
      done = (await everTask.dispatch(task, "done", { connection })).id;
    });
    await engine.ended(done);
    assertEquals(await everTask.get(undone), null);
    assertEquals(ran, ["done"]);
    assertEquals(await application.notes(), ["done"]);
  });

  Deno.test(`a handler's writes and the completion of its task are one commit (${store})`, async () => {
    await using application = await open();
    const atCommit: (string | undefined)[] = [];
    const task = defineTask<null>({
      type: "task",
      async handle(_, context) {
        await application.transaction(async (connection) => {
          await application.note(connection, `attempt ${context.attempt}`);
          await context.complete(connection);
          // The rollback undoes all writes, with the completion.
          if (context.attempt < 3) throw new Error("rolled back");
        });
        atCommit.push((await engine.everTask.get(context.taskId))?.status);
      },
    });
    await using engine = await startEngine({ storage: application.storage(), tasks: [task] });
    const { id } = await engine.everTask.dispatch(task, null);
    await engine.ended(id);
    assertEquals(atCommit, ["Completed"]);
    assertEquals(await application.notes(), ["attempt 3"]);
    const trail = (await engine.everTask.statusAudit(id)).items.map(({ newStatus }) => newStatus);
    const failed = ["Queued", "InProgress", "Pending"];
    assertEquals(trail, [...failed, ...failed, "Queued", "InProgress", "Completed"]);
  });

  Deno.test(`a handler that has lost its task cannot complete it: its transaction rolls back (${store})`, async () => {
    await using application = await open();
    const { promise: outcome, resolve: onSettled } = Promise.withResolvers<unknown>();
    let runs = 0;
    const task = defineTask<null>({
      type: "task",
      async handle(_, context) {
        if (runs++ > 0) return;
        await loseAndComplete(context).then(onSettled, onSettled);
      },
    });
    const loseAndComplete = async (context: TaskContext) => {
      await takeOver(others, context.taskId);
      await application.transaction(async (connection) => {
        await application.note(connection, "too late");
        await context.complete(connection);
      });
    };
    await using others = closing(application.storage());
    await others.open();
    await using engine = await startEngine({ storage: application.storage(), tasks: [task] });
    const { id } = await engine.everTask.dispatch(task, null);
    await engine.ended(id);
    assertInstanceOf(await outcome, LeaseLostError);
    assertEquals(await application.notes(), []);
    const record = await engine.everTask.get(id);
    assertEquals([record?.status, record?.lostCount, runs], ["Completed", 1, 2]);
    assert(engine.complaints.some((text) => text.includes("has lost its leases")));
  });
}

/** Takes a task from the worker that runs it, as another process does when that worker is lost. */
async function takeOver(storage: Storage, taskId: string): Promise<void> {
  const holderNow = async () => (await storage.get(taskId))!.workerId;
  const lost = await holderNow();
  const request = { leaseMs: 60_000, poisonLimit: 5, lostReason: "lost", poisonReason: "" };
  // releaseLost() skips a task while its worker writes it, so one call may not be enough.
  while (lost !== null && await holderNow() === lost) {
    await storage.unregisterWorker(lost);
    // The worker may call releaseLost() at the same time. Then one of the calls must be retried.
    await retryTransient(systemClock, 30_000, () => storage.releaseLost(request));
  }
}

function closing(storage: Storage): Storage & AsyncDisposable {
  return new Proxy(storage as Storage & AsyncDisposable, {
    get(target, name) {
      if (name === Symbol.asyncDispose) return () => target.close();
      const member = target[name as keyof Storage];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
