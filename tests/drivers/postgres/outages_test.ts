// The storage's own pool while servers cannot be reached, or accept no further connection.

import { assertEquals, assertInstanceOf, assertLess, assertLessOrEqual } from "@std/assert";
import { deadline } from "@std/async";
import { createServer, type Socket } from "node:net";
import type { RunStatement } from "../../../drivers/postgres/connection.ts";
import { resolveOptions } from "../../../drivers/postgres/options.ts";
import { makePool, type Pool } from "../../../drivers/postgres/pool.ts";
import { limited } from "../../../drivers/postgres/query_limit.ts";
import { Sockets } from "../../../drivers/postgres/sockets.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { until } from "../../support/until.ts";
import { connect } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** The time in which each event must occur, in milliseconds. */
const patienceMs = 30_000;

/** Returns a function that runs queries of `pool` with a timeout. */
function runOver(pool: Pool, limitMs: number): RunStatement {
  return limited({ ...pool, clock: systemClock, prepare: true, limitMs });
}

Deno.test("queries that wait for a connection to a silent server are given up in time, and are not sent later", async () => {
  const url = await server.createDatabase();
  await using admin = connect(url, { max: 1 });
  await admin`CREATE TABLE note (text text)`;
  await using proxy = await TcpProxy.start(url);
  const queryTimeout = 300;
  const options = { url: proxy.urlOf(url), maxConnections: 1, queryTimeout };
  const pool = makePool(resolveOptions(options));
  const run = runOver(pool, queryTimeout);
  proxy.swallow();
  const insert = () => run("INSERT INTO note VALUES ($1)", ["lost"]);
  const failures = Array.from({ length: 30 }, () => Promise.resolve(insert()).catch((e) => e));
  for (const error of await deadline(Promise.all(failures), patienceMs)) {
    assertInstanceOf(error, StorageUnavailableError);
  }
  // One after the other, they would need a connection each.
  assertLess(proxy.accepted, 10);
  await proxy.pass();
  const kept = () => run("SELECT text FROM note", []).then((rows) => [...rows], () => null);
  await until(async () => await kept() !== null, "the server is reached again", patienceMs);
  assertEquals(await kept(), []);
  await pool.end();
});

Deno.test("queries that are given up while connections are refused are not sent when the server is back", async () => {
  const url = await server.createDatabase();
  await using admin = connect(url, { max: 1 });
  await admin`CREATE TABLE note (text text)`;
  await using proxy = await TcpProxy.start(url);
  const queryTimeout = 400;
  const options = { url: proxy.urlOf(url), maxConnections: 1, queryTimeout };
  const pool = makePool(resolveOptions(options));
  const run = runOver(pool, queryTimeout);
  await proxy.refuse();
  const insert = () => run("INSERT INTO note VALUES ($1)", ["lost"]);
  const failures = Array.from({ length: 30 }, () => Promise.resolve(insert()).catch((e) => e));
  await deadline(Promise.all(failures), patienceMs);
  await proxy.pass(); // before the pool connects again
  await until(
    async () => await run("SELECT 1", []).then(() => true, () => false),
    "the server is reached again",
    patienceMs,
  );
  const [kept] = await admin`SELECT count(*)::int FROM note`;
  assertLessOrEqual(kept!.count, 1, "the query for which the connection was opened");
  await pool.end();
});

Deno.test("connect_timeout in the URL gives a query more time to wait for a connection", async () => {
  const url = await server.createDatabase();
  await using proxy = await TcpProxy.start(url);
  const queryTimeout = 400;
  const patient = `${proxy.urlOf(url)}?connect_timeout=${patienceMs / 1_000}`;
  const pool = makePool(resolveOptions({ url: patient, queryTimeout }));
  proxy.delay(4 * queryTimeout);
  const answer = runOver(pool, queryTimeout)("SELECT 1 AS one", []);
  await until(() => proxy.delays, "the connection is being opened", patienceMs);
  proxy.delay(0);
  assertEquals([...await answer], [{ one: 1 }]);
  await pool.end();
});

Deno.test("queries for which the server accepts no further connection share those that are open", async () => {
  const url = await server.createDatabase();
  await using admin = connect(url, { max: 1 });
  const role = `few_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 2`);
  const few = new URL(url);
  few.username = role;
  const pool = makePool(resolveOptions({ url: few.href, maxConnections: 6 }));
  await pool.sql.unsafe("SELECT 1"); // one connection is open
  const pids = Array.from({ length: 40 }, async () => {
    const [row] = await pool.sql.unsafe("SELECT pg_backend_pid() AS pid, pg_sleep(0.01)");
    return (row as { pid: number }).pid;
  });
  assertEquals(new Set(await deadline(Promise.all(pids), patienceMs)).size, 2);
  await pool.end();
  await admin.unsafe(`DROP ROLE ${role}`);
});

Deno.test("queries do not wait behind a long one while another connection may be opened or is free", async () => {
  const url = await server.createDatabase();
  await using admin = connect(url, { max: 1 });
  await admin`CREATE TABLE note (text text)`;
  const pool = makePool(resolveOptions({ url, maxConnections: 2 }));
  const run = runOver(pool, patienceMs);
  await admin.begin(async (transaction) => {
    await transaction`LOCK TABLE note`;
    const long = run("SELECT FROM note", [], "long");
    const short = Array.from({ length: 20 }, () => run("SELECT 1 AS one", []));
    const answers = await deadline(Promise.all(short), patienceMs);
    assertEquals(answers.flatMap((rows) => [...rows]), Array(20).fill({ one: 1 }));
    return { long };
  }).then(({ long }) => long);
  await pool.end();
});

for (const prepare of [true, false]) {
  Deno.test(`several long queries leave a connection to short ones (prepare: ${prepare})`, async () => {
    const url = await server.createDatabase();
    await using admin = connect(url, { max: 1 });
    await admin`CREATE TABLE note (text text)`;
    const pool = makePool(resolveOptions({ url, maxConnections: 2, prepare }));
    const run = limited({ ...pool, clock: systemClock, prepare, limitMs: patienceMs });
    const { long } = await admin.begin(async (transaction) => {
      await transaction`LOCK TABLE note`;
      const long = Array.from({ length: 3 }, () => run("SELECT FROM note", [], "long"));
      const short = await deadline(Promise.resolve(run("SELECT 1 AS one", [])), patienceMs);
      assertEquals([...short], [{ one: 1 }]);
      return { long };
    });
    assertEquals((await Promise.all(long)).map((rows) => rows.length), [0, 0, 0]);
    await pool.end();
  });
}

Deno.test("neither a cancelled query nor the loss of a connection switches to the next server", async () => {
  const url = await server.createDatabase();
  await using admin = connect(url, { max: 1 });
  await admin`CREATE TABLE note (text text)`;
  await using first = await TcpProxy.start(url);
  await using second = await TcpProxy.start(url);
  const hosts = [first, second].map((proxy) => new URL(proxy.urlOf(url)).host);
  const several = url.replace(new URL(url).host, hosts.join());
  const pool = makePool(resolveOptions({ url: several, maxConnections: 3 }));
  const run = runOver(pool, patienceMs);
  await admin.begin(async (transaction) => {
    await transaction`LOCK TABLE note`;
    const waiting = pool.sql.unsafe("SELECT FROM note") as ReturnType<typeof pool.sql.unsafe> & {
      canceller: (() => Promise<void>) | null;
    };
    const refused = Promise.resolve(waiting).then(() => null, ({ code }) => code);
    const waits = () => transaction`SELECT FROM pg_locks WHERE NOT granted`;
    await until(async () => (await waits()).length > 0, "the query waits", patienceMs);
    await waiting.canceller!();
    assertEquals(await refused, "57014");
  });
  await Promise.all(Array.from({ length: 3 }, () => run("SELECT pg_sleep(0.05)", [])));
  assertEquals([first.accepted, second.accepted], [4, 0]);
  await admin`
    SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`;
  await until(
    async () => await run("SELECT 1", []).then(() => true, () => false),
    "the pool connects again",
    patienceMs,
  );
  assertEquals([first.accepted, second.accepted], [5, 0]);
  await pool.end();
});

Deno.test("a request to cancel goes to the server of its query, also after a switch to another", async () => {
  const ports = [reservePort(), reservePort()];
  const servers = ports.map(({ port }) => ({ host: "127.0.0.1", port, path: null }));
  const accepted: Socket[] = [];
  const [one, two] = await Promise.all(ports.map(({ port }) => {
    const listener = createServer((socket) => void accepted.push(socket.on("error", () => {})));
    return new Promise<typeof listener>((resolve) =>
      listener.listen(port, "127.0.0.1", () => resolve(listener))
    );
  }));
  const sockets = new Sockets(servers, patienceMs);
  const portOf = (socket: Socket) => (socket as Socket & { port: number }).port;
  const used = await sockets.open();
  const closed = new Promise((resolve) => one!.close(resolve)); // refuses further connections
  const later = await sockets.open();
  assertEquals([used, later].map(portOf), servers.map(({ port }) => port));
  assertEquals(
    [used, later].map((socket) => portOf(sockets.beside(socket))),
    [used, later].map(portOf),
  );
  sockets.close();
  for (const socket of accepted) socket.destroy();
  await Promise.all([closed, new Promise((resolve) => two!.close(resolve))]);
  for (const reserved of ports) reserved[Symbol.dispose]();
});

Deno.test("a server that does not accept a connection in time is not tried twice in a row", async () => {
  // The queue of this listener is full, because it accepts no connection: the system drops others.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const address = silent.addr;
  const queued = [await Deno.connect({ ...address, transport: "tcp" })];
  queued.push(await Deno.connect({ ...address, transport: "tcp" }));
  const { hostname, port } = new URL(server.url);
  const addresses = [{ ...address, host: address.hostname }, {
    host: hostname,
    port: Number(port),
  }];
  const sockets = new Sockets(addresses.map((server) => ({ ...server, path: null })), 200);
  const opened = await deadline(sockets.open(), patienceMs);
  assertEquals((opened as Socket & { port: number }).port, Number(port));
  sockets.close();
  for (const connection of queued) connection.close();
});
