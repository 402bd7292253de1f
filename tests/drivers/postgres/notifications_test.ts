// Notifications between processes: their causes, their number and their receivers.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { deadline, delay } from "@std/async";
import type { WakeSignal } from "../../../src/storage/requests.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { newTask } from "../../support/new_task.ts";
import { connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Records the notifications of a storage. `until` waits until a condition on them is true. */
function listenTo(storage: Storage) {
  const heard: WakeSignal[] = [];
  let tell = () => {};
  storage.onWake((signal) => {
    heard.push(signal);
    tell();
  });
  const until = (condition: () => boolean) =>
    deadline(
      new Promise<void>((resolve) => {
        tell = () => condition() && resolve();
        tell();
      }),
      30_000,
    );
  return { heard, until };
}

/** Two storages on a new database, of which the second listens. */
async function pair() {
  const url = await server.createDatabase();
  const teller = await openStorage({ url });
  const listener = await openStorage({ url });
  const { heard, until } = listenTo(listener);
  await until(() => heard.length === 1); // notified once when it started to listen
  heard.length = 0;
  return {
    url,
    teller,
    listener,
    heard,
    until,
    async [Symbol.asyncDispose]() {
      await teller.close();
      await listener.close();
    },
  };
}

/** Sends a marker and waits for it. All earlier notifications arrive before it. */
async function settle({ teller, heard, until }: Awaited<ReturnType<typeof pair>>) {
  const isSign = ({ kind }: WakeSignal) => kind === "queues";
  await teller.setQueuePaused("sign", true);
  await until(() => heard.some(isSign));
  heard.splice(heard.findIndex(isSign), 1); // notifications of a timer may come after it
}

Deno.test("workers are notified of a due task at once", async () => {
  await using processes = await pair();
  const { teller, heard, until } = processes;
  let fastest = Infinity; // a busy machine may delay one of them, not all
  for (let n = 0; n < 5; n++) {
    heard.length = 0;
    const start = performance.now();
    await teller.persist([newTask()]);
    await until(() => heard.length > 0);
    assertEquals(heard, [{ kind: "tasks" }]);
    fastest = Math.min(fastest, performance.now() - start);
  }
  assertLessOrEqual(fastest, 1_000);
});

Deno.test("a batch sends one notification, and batches that follow each other closely share one", async () => {
  await using processes = await pair();
  const { teller, heard } = processes;
  await teller.persist(newTasks(500));
  await settle(processes);
  assertEquals(heard.length, 1);

  heard.length = 0;
  const start = performance.now();
  await Promise.all(Array.from({ length: 200 }, () => teller.persist([newTask()])));
  await delay(10); // within this time, the last of them are combined
  await settle(processes);
  // Notifications within the minimum time of 1 ms are combined, so the elapsed time limits their
  // number. wake_test.ts checks the exact number.
  const quietTimes = performance.now() - start;
  assertEquals(new Set(heard.map(({ kind }) => kind)), new Set(["tasks"]));
  assertLessOrEqual(heard.length, Math.min(200, quietTimes + 2));
});

Deno.test("delayed tasks, and tasks that the storing process claims itself, send no notification", async () => {
  await using processes = await pair();
  const { teller, heard } = processes;
  await teller.registerWorker({ id: "local", host: "test" });
  await teller.persist(newTasks(10, { status: "WaitingQueue", due: { inMs: 60_000 } }));
  await teller.persist(newTasks(10, { claimFor: "local" }));
  await delay(10);
  await settle(processes);
  assertEquals(heard, []);
});

Deno.test("a process is not notified of its own changes", async () => {
  await using processes = await pair();
  const { teller, listener, heard } = processes;
  await listener.persist([newTask()]);
  await listener.setQueuePaused("own", true);
  await settle(processes);
  assertEquals(heard, []);
  await teller.persist([newTask()]);
  await processes.until(() => heard.length === 1);
});

Deno.test("workers are notified of any number of cancel requests", async () => {
  await using processes = await pair();
  const { teller, listener, heard } = processes;
  await listener.registerWorker({ id: "holder", host: "test" });
  const tasks = newTasks(250, { claimFor: "holder" });
  await listener.persist(tasks);
  await teller.requestCancel(tasks.map(({ id }) => id));
  await settle(processes);
  const ids = heard.flatMap((signal) => signal.kind === "cancel" ? signal.taskIds : []);
  assertEquals([...ids].sort(), tasks.map(({ id }) => id).sort());
});

Deno.test("tasks in a transaction send notifications when it commits, also to the process that stored them", async () => {
  await using processes = await pair();
  const { url, teller, listener, heard, until } = processes;
  const own = listenTo(teller);
  await own.until(() => own.heard.length === 1);
  own.heard.length = 0;
  await using sql = connect(url);
  await sql.begin(async (transaction) => {
    await teller.persist(newTasks(3), { connection: transaction });
    await teller.setQueuePaused("other", true);
    await until(() => heard.length === 1);
    assertEquals(heard, [{ kind: "queues" }], "there is no notification of the tasks yet");
  });
  await until(() => heard.length === 2);
  await own.until(() => own.heard.length === 1);
  assertEquals([heard[1], own.heard[0]], [{ kind: "tasks" }, { kind: "tasks" }]);
  assertEquals((await listener.list()).items.length, 3);
});

Deno.test("a dispatch in SQL sends a notification", async () => {
  await using processes = await pair();
  await using sql = connect(processes.url);
  await sql`SELECT evertask.dispatch('send-email', '{}')`;
  await processes.until(() => processes.heard.length === 1);
  assertEquals(processes.heard, [{ kind: "tasks" }]);
});

Deno.test("schemas in one database do not wake each other", async () => {
  await using processes = await pair();
  await using other = await openStorage({ url: processes.url, schema: "other" });
  await other.persist([newTask()]);
  await settle(processes);
  assertEquals(processes.heard, []);
});

Deno.test("with notify off, a storage neither listens nor notifies, and its workers poll more often", async () => {
  const url = await server.createDatabase();
  await using sql = connect(url);
  await using storage = await openStorage({ url, notify: false, prepare: false });
  await using notifying = await openStorage({ url });
  const { heard, until } = listenTo(notifying);
  await until(() => heard.length === 2); // notified once of each kind when it started to listen
  heard.length = 0;
  storage.onWake(() => {});
  const listeners = await sql`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'listen%'`;
  assertEquals(listeners.length, 1);
  await storage.persist(newTasks(3));
  await storage.setQueuePaused("email", true);
  await sql`SELECT evertask.dispatch('send-email', '{}')`;
  await until(() => heard.length > 0);
  assertEquals(heard, [{ kind: "tasks" }], "only the task that SQL dispatched");
  assert(storage.polling.idleMs < notifying.polling.idleMs);
});

for (const prepare of [true, false]) {
  Deno.test(`statements are ${prepare ? "" : "not "}prepared with prepare: ${prepare}`, async () => {
    await using sql = connect(await server.createDatabase());
    await using storage = await openStorage({ sql, notify: false, prepare });
    await storage.registerWorker({ id: "worker", host: "test" });
    const task = newTask({ claimFor: "worker" });
    await storage.persist([task]);
    const lease = { workerId: "worker", token: 1 };
    await storage.setStatus(task.id, "Completed", null, "Full", { lease });
    assertEquals((await storage.get(task.id))?.status, "Completed");
    const prepared = await sql.unsafe(
      "SELECT FROM pg_prepared_statements WHERE statement LIKE '%evertask%'",
    );
    assertEquals(prepared.length > 0, prepare);
  });
}
