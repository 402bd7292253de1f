// Queries whose answers do not come, because the network drops packets or a lock blocks them.

import {
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLess,
  assertRejects,
} from "@std/assert";
import { delay } from "@std/async";
import postgres from "postgres";
import { limited } from "../../../drivers/postgres/query_limit.ts";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { newTask } from "../../support/new_task.ts";
import { claimRequest, connect, newTasks, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

const queryTimeout = 300;
/** Retries an action, because with such a short query timeout it may fail on a busy machine. */
const insist = <T>(action: () => Promise<T>) => retryTransient(systemClock, 60_000, action);

Deno.test("queries that the network drops are given up in time, and the next use new connections", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  await using storage = await insist(() => openStorage({ url: proxy.urlOf(url), queryTimeout }));
  await insist(() => storage.registerWorker({ id: "w", host: "h" }));
  let fastest = Infinity; // a busy machine may delay one of them, not all
  for (let n = 1; n <= 3; n++) {
    proxy.swallow();
    const startedAt = performance.now();
    const stored = newTasks(6).map((task) => insist(() => storage.persist([task])));
    await assertRejects(() => storage.claim(claimRequest("w")), StorageUnavailableError);
    const took = performance.now() - startedAt;
    assertGreaterOrEqual(took, queryTimeout - 1);
    fastest = Math.min(fastest, took);
    await assertRejects(() => storage.get(newTask().id), StorageUnavailableError); // cannot connect
    await proxy.pass();
    await Promise.all(stored);
    assertEquals((await insist(() => storage.list())).items.length, 6 * n);
  }
  assertLess(fastest, queryTimeout + 2_000); // TCP itself would take a quarter of an hour
});

Deno.test("notifications work again after a network failure", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  await using listener = await insist(() => openStorage({ url: proxy.urlOf(url), queryTimeout }));
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
  await told("queues"); // sent when the listener has started
  proxy.swallow();
  await assertRejects(() => listener.get(newTask().id), StorageUnavailableError);
  heard.splice(0);
  await proxy.pass();
  await told("queues");
  heard.splice(0);
  await teller.persist([newTask()]);
  await told("tasks");
});

Deno.test("a query that waits for a lock too long is cancelled on the server, and its connection stays usable", async () => {
  const url = await server.createDatabase();
  await using other = connect(url, { max: 2 });
  await other`CREATE TABLE note (text text)`;
  await using sql = connect(url);
  const clock = new FakeClock();
  let cuts = 0;
  const run = limited({
    clock,
    sql,
    prepare: true,
    limitMs: queryTimeout,
    noneFree: () => null,
    cut: () => cuts++,
    leave: () => {},
  });
  const backend = async () =>
    Number(Object.values((await run("SELECT pg_backend_pid()", []))[0]!)[0]);
  const pid = await backend();
  await other.begin(async (transaction) => {
    await transaction`LOCK TABLE note`;
    const refused = assertRejects(
      () => run("SELECT FROM note", []),
      StorageUnavailableError,
      "queryTimeout",
    );
    const waits = () => other`SELECT FROM pg_locks WHERE pid = ${pid} AND NOT granted`;
    while ((await waits()).length === 0);
    await clock.advance(queryTimeout);
    assertEquals(((await refused).cause as { code: string }).code, "57014");
  });
  assertEquals([await backend(), cuts], [pid, 0]);
});

Deno.test("a query over many rows has ten times the timeout", async () => {
  const url = await server.createDatabase();
  await using storage = await insist(() => openStorage({ url, notify: false, queryTimeout }));
  await using other = connect(url);
  await insist(() => storage.registerWorker({ id: "w", host: "h" }));
  const lost = { leaseMs: 1e9, poisonLimit: 5, lostReason: "", poisonReason: "" };
  const released = other.begin(async (transaction) => {
    await transaction`LOCK TABLE evertask.workers`;
    const waiting = storage.releaseLost(lost);
    waiting.catch(() => {}); // a failure is reported below
    await delay(2 * queryTimeout);
    return { waiting };
  });
  assertEquals(await (await released).waiting, []);
});

Deno.test("on the application's pool, queries that the network drops are given up, too", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  const sql = postgres(proxy.urlOf(url), { max: 2, connect_timeout: 0.2, onnotice: () => {} });
  await using storage = await insist(() => openStorage({ sql, notify: false, queryTimeout }));
  proxy.swallow();
  const calls = Array.from({ length: 5 }, () => storage.get(newTask().id).catch((error) => error));
  for (const error of await Promise.all(calls)) assertInstanceOf(error, StorageUnavailableError);
  await proxy.refuse(); // ends the connections, as TCP does in the end
  await proxy.pass();
  assertEquals(await insist(() => storage.get(newTask().id)), null);
  await sql.end({ timeout: 0.1 }); // postgres.js waits forever for a lost query
});
