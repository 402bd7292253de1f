// A process is killed while it builds the index of series of a store of version 0.1.0. The next
// process goes on, and the old version dispatches and runs tasks meanwhile.

import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import type { Storage } from "../../../src/storage/storage.ts";
import { newTask, series } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { withOldNames } from "../../upgrade/every_state.ts";
import { storageOf } from "../../upgrade/versions.ts";
import { claimRequest, connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const openingProcess = new URL("opening_process.ts", import.meta.url).pathname;

/** Waits until a query returns a row. */
async function until(query: () => Promise<readonly unknown[]>): Promise<void> {
  while ((await query()).length === 0);
}

async function isIndexValid(sql: postgres.Sql): Promise<boolean | undefined> {
  const [index] = await sql`SELECT indisvalid AS valid FROM pg_index
    WHERE indexrelid = to_regclass('evertask.queued_tasks_series')`;
  return index?.valid;
}

/** The builds of indexes in the database. */
function builds(sql: postgres.Sql) {
  return sql`FROM pg_stat_progress_create_index WHERE datname = current_database()`;
}

/** Starts a process that migrates the database, and kills it while it builds the index. */
async function killWhileBuilding(sql: postgres.Sql, url: string): Promise<void> {
  const args = ["run", "-A", openingProcess, url];
  const process = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" })
    .spawn();
  await until(() => sql`SELECT ${builds(sql)} AND phase LIKE 'waiting%'`);
  process.kill("SIGKILL");
  assertEquals((await process.status).signal, "SIGKILL");
}

/** Dispatches a task with the old version, runs it, and returns its id. */
async function dispatchAndRun(old: Storage, workerId: string): Promise<string> {
  const task = newTask();
  await old.persist([withOldNames(task)]);
  const { tasks } = await old.claim(claimRequest(workerId));
  assertEquals(tasks.map(({ id }) => id), [task.id]);
  const lease = { workerId, token: tasks[0]!.leaseToken };
  await old.setStatus(task.id, "Completed", null, "Full", { lease });
  return task.id;
}

/**
 * Kills a migration while a transaction holds up its build, calls `afterKill`, and migrates again,
 * while the old version works.
 */
async function migrateAgain(afterKill: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const url = await server.createDatabase();
  await using sql = connect(url, { max: 3 });
  const old = storageOf("0.1.0", "postgres", url);
  await old.open();
  await old.registerWorker({ id: "worker", host: "test" });
  const [recurring, later] = [
    newTask({ series: series(), type: "other" }),
    newTask({ type: "other" }),
  ];
  await old.persist([recurring, later].map(withOldNames));
  const ran: string[] = [];
  let opening: ReturnType<typeof openStorage> | undefined;
  await sql.begin(async (transaction) => {
    await transaction`UPDATE evertask.queued_tasks SET type = type WHERE id = ${later.id}`;
    await killWhileBuilding(sql, url);
    ran.push(await dispatchAndRun(old, "worker"));
    await afterKill(sql);
    ran.push(await dispatchAndRun(old, "worker"));
    opening = openStorage({ url });
    await until(() =>
      sql`SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()`
    );
    ran.push(await dispatchAndRun(old, "worker"));
  });
  await using storage = await opening!;
  assertEquals(await isIndexValid(sql), true);
  const found = await storage.list({ recurring: true });
  assertEquals(found.items.map(({ id }) => id), [recurring.id]);
  const all = await storage.list({}, { order: "oldest" });
  assertEquals(all.items.map(({ id }) => id), [recurring.id, later.id, ...ran]);
  const completed = await storage.list({ statuses: ["Completed"] }, { order: "oldest" });
  assertEquals(completed.items.map(({ id }) => id), ran);
  await old.close();
}

Deno.test("a build whose process and connection have ended is dropped and begun again", async () => {
  await migrateAgain(async (sql) => {
    await sql`SELECT pg_terminate_backend(pid) ${builds(sql)}`;
    await until(() => sql`SELECT WHERE NOT EXISTS (SELECT ${builds(sql)})`);
    assertEquals(await isIndexValid(sql), false);
  });
});

Deno.test("a build that the server continues after its process was killed is awaited", async () => {
  await migrateAgain(async (sql) => {
    const building = await sql`SELECT ${builds(sql)}`;
    assertEquals([building.length, await isIndexValid(sql)], [1, false]);
  });
});
