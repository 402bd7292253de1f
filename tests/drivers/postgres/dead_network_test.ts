// A network that swallows what is sent and tells nobody; locks that hold a query up; a pool that the application made.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import postgres from "postgres";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { newTask } from "../../support/new_task.ts";
import { claimRequest, connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const queryTimeout = 300;
/** For a busy machine. TCP itself would take a quarter of an hour. */
const slackMs = 2_000;
const insist = <T>(action: () => Promise<T>) => retryTransient(systemClock, 20_000, action);

Deno.test("queries that the network swallows are given up in time, and the next go over new connections", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  await using storage = await openStorage({ url: proxy.urlOf(url), queryTimeout });
  await storage.registerWorker({ id: "w", host: "h" });
  proxy.swallow();
  const startedAt = performance.now();
  const ids = newTasks(6).map((task) => insist(() => storage.persist([task])));
  const error = await assertRejects(() => storage.claim(claimRequest("w")));
  assertInstanceOf(error, StorageUnavailableError);
  const took = performance.now() - startedAt;
  assert(took >= queryTimeout && took < queryTimeout + slackMs, `${took} ms`);
  await assertRejects(() => storage.get(newTask().id), StorageUnavailableError); // cannot even connect
  await proxy.pass();
  await Promise.all(ids);
  const { tasks } = await insist(() => storage.claim(claimRequest("w")));
  assertEquals(tasks.length, 6);
});

Deno.test("notifications come back after the network swallowed them", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  await using listener = await openStorage({ url: proxy.urlOf(url), queryTimeout });
  await using teller = await openStorage({ url });
  const heard: string[] = [];
  let tell = () => {};
  const told = (kind: string) =>
    new Promise<void>((resolve) => {
      tell = () => heard.includes(kind) && resolve();
      tell();
    });
  listener.onWake(({ kind }) => {
    heard.push(kind);
    tell();
  });
  await told("queues"); // it listens
  proxy.swallow();
  await assertRejects(() => listener.get(newTask().id), StorageUnavailableError);
  heard.splice(0);
  await proxy.pass();
  await told("queues");
  heard.splice(0);
  await teller.persist([newTask()]);
  await told("tasks");
});

Deno.test("a query that waits for a lock too long is cancelled on the server, and its connection goes on", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url, maxConnections: 1, notify: false, queryTimeout });
  await using other = connect(url);
  const task = newTask();
  await storage.persist([task]);
  const backends = async () =>
    (await other`SELECT pid, state FROM pg_stat_activity WHERE application_name = 'evertask'`)
      .map(({ pid, state }) => ({ pid: pid as number, state: state as string }));
  const before = await backends();
  await other.begin(async (transaction) => {
    await transaction`SELECT FROM evertask.queued_tasks FOR UPDATE`;
    const error = await assertRejects(
      () => storage.setStatus(task.id, "Completed", null, "Full"),
      StorageUnavailableError,
      "queryTimeout",
    );
    assertEquals((error.cause as { code: string }).code, "57014");
  });
  assertEquals(await backends(), before.map(({ pid }) => ({ pid, state: "idle" })));
  assertEquals(await storage.setStatus(task.id, "Completed", null, "Full"), { applied: true });
});

Deno.test("a query that goes through many rows has ten times as long", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url, notify: false, queryTimeout });
  await using other = connect(url);
  await storage.registerWorker({ id: "w", host: "h" });
  const lost = { leaseMs: 1e9, poisonLimit: 5, lostReason: "", poisonReason: "" };
  const released = other.begin(async (transaction) => {
    await transaction`LOCK TABLE evertask.workers`;
    const waiting = storage.releaseLost(lost);
    waiting.catch(() => {}); // told below, if it fails
    await assertRejects(() => storage.heartbeat("w", 1e9), StorageUnavailableError);
    await assertRejects(() => storage.heartbeat("w", 1e9), StorageUnavailableError);
    return { waiting };
  });
  assertEquals(await (await released).waiting, []);
});

Deno.test("on a pool of the application's, queries that the network swallows are given up, too", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  const sql = postgres(proxy.urlOf(url), { max: 2, connect_timeout: 0.2, onnotice: () => {} });
  await using storage = await openStorage({ sql, notify: false, queryTimeout });
  proxy.swallow();
  const calls = Array.from({ length: 5 }, () => storage.get(newTask().id).catch((error) => error));
  for (const error of await Promise.all(calls)) assertInstanceOf(error, StorageUnavailableError);
  await proxy.refuse(); // as when TCP gives up at last
  await proxy.pass();
  assertEquals(await insist(() => storage.get(newTask().id)), null);
  await sql.end({ timeout: 0.1 }); // postgres.js waits for a lost query in vain
});
