// Wake-ups between processes on PostgreSQL: by notification, and without.

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import postgres from "postgres";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { createEverTask, defineTask } from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { hardlyPolling } from "../support/hardly_polling.ts";
import { startPostgres } from "../support/pg_server.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Returns a task, and a function that resolves when the task runs with a given number. */
function signallingTask() {
  const waiting = new Map<number, () => void>();
  const task = defineTask<number>({ type: "signal", handle: (n) => waiting.get(n)?.() });
  const ran = (n: number) =>
    deadline(new Promise<void>((resolve) => waiting.set(n, resolve)), 60_000);
  return { task, ran };
}

/** Listens to the channel of the default schema. */
async function listen(url: string) {
  const sql = postgres(url, { max: 1 });
  const heard: string[] = [];
  let onMarker = () => {};
  await sql.listen("evertask", (message) => {
    if (message === "marker") onMarker();
    else heard.push(message);
  });
  return {
    /** Returns the notifications since the last call. */
    async take(): Promise<string[]> {
      const told = new Promise<void>((resolve) => onMarker = resolve);
      await sql.notify("evertask", "marker");
      await deadline(told, 60_000);
      return heard.splice(0);
    },
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

Deno.test("a dispatch in one process wakes a worker in another by notification", async () => {
  const url = await server.createDatabase();
  const { task, ran } = signallingTask();
  await using worker = createEverTask({
    storage: hardlyPolling(postgresStorage(url)),
    tasks: [task],
  });
  await worker.start();
  await using web = createEverTask({ storage: postgresStorage(url), tasks: [task] });
  const first = ran(1);
  await web.dispatch(task, 1);
  await first;
  const second = ran(2);
  await web.dispatchMany(task, [2]);
  await second;
});

Deno.test("a dispatch in a transaction wakes workers once it commits, also in its own process", async () => {
  const url = await server.createDatabase();
  const { task, ran } = signallingTask();
  const start = async () => {
    const everTask = createEverTask({
      storage: hardlyPolling(postgresStorage(url)),
      tasks: [task],
    });
    await everTask.start();
    return everTask;
  };
  await using own = await start();
  const sql = postgres(url, { max: 2 });
  try {
    const alone = ran(1);
    await sql.begin((connection) => own.dispatch(task, 1, { connection }));
    await alone;
    await using web = createEverTask({ storage: postgresStorage(url), tasks: [task] });
    const other = ran(2);
    await sql.begin((connection) => web.dispatch(task, 2, { connection }));
    await other;
  } finally {
    await sql.end();
  }
});

Deno.test("without notifications workers find tasks by polling", async () => {
  const url = await server.createDatabase();
  await using channel = await listen(url);
  const { task, ran } = signallingTask();
  const storage = () => postgresStorage({ url, notify: false, prepare: false });
  await using worker = createEverTask({ storage: storage(), tasks: [task] });
  await worker.start();
  await using web = createEverTask({ storage: storage(), tasks: [task] });
  const first = ran(1);
  const { id } = await web.dispatch(task, 1);
  await first;
  await web.cancel(id);
  await web.queues.pause("default");
  await web.queues.resume("default");
  const second = ran(2);
  await web.dispatchMany(task, [2], { delay: 20 });
  await second;
  assertEquals(await channel.take(), []);
});

Deno.test("there is at most one notification per batch, and none for delayed tasks", async () => {
  const url = await server.createDatabase();
  await using channel = await listen(url);
  const task = defineTask<number>({ type: "later", handle() {} });
  let batches = 0;
  const storage = new Proxy(postgresStorage(url), {
    get(target, name) {
      if (name === "persist") batches++;
      const member = target[name as keyof Storage];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  {
    await using web = createEverTask({ storage, tasks: [task] });
    const numbers = Array.from({ length: 3000 }, (_, n) => n);
    await web.dispatchMany(task, numbers);
    await Promise.all(numbers.map((n) => web.dispatch(task, n)));
  } // pending notifications are sent when it stops
  const told = await channel.take();
  assert(batches > 5, `${batches} batches`);
  assert(told.length >= 1 && told.length <= batches, `${told.length} told, ${batches} batches`);

  await using web = createEverTask({ storage: postgresStorage(url), tasks: [task] });
  await web.dispatchMany(task, [1, 2, 3], { delay: { hours: 1 } });
  await web.dispatch(task, 4, { at: new Date(Date.now() + 3_600_000) });
  await web.dispatch(task, 5, { recurring: "0 0 1 1 *", taskKey: "new year" });
  assertEquals(await channel.take(), []);
});
