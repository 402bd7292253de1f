// The storage's own pool: how it distributes queries, and when it gives up.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { createServer } from "node:net";
import { setImmediate } from "node:timers";
import { Sockets } from "../../../drivers/postgres/sockets.ts";
import { resolveOptions } from "../../../drivers/postgres/options.ts";
import { makePool } from "../../../drivers/postgres/pool.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { connect } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** Returns the code of the error of a query; null if it was answered. */
async function codeOf(query: PromiseLike<unknown>): Promise<string | null> {
  return await deadline(
    Promise.resolve(query).then(() => null, ({ code }) => code as string),
    10_000,
  );
}

for (const prepare of [true, false]) {
  Deno.test(`queries share the connections of the pool, and never more than it may have (prepare: ${prepare})`, async () => {
    const url = await server.createDatabase();
    const pool = makePool(resolveOptions({ url, maxConnections: 3, prepare }));
    const backend = async () => {
      const text = "SELECT pg_backend_pid() AS pid, pg_sleep(0.02)";
      const [row] = await pool.sql.unsafe(text, [], { prepare });
      return (row as { pid: number }).pid;
    };
    const first = await backend();
    assertEquals(await backend(), first, "an idle connection is used again");
    const many = await Promise.all(Array.from({ length: 30 }, backend));
    assertEquals(new Set(many).size, 3);
    const counts = [...new Set(many)].map((pid) => many.filter((other) => other === pid).length);
    // Without prepared statements, a connection that is faster gets more of them.
    if (prepare) assertEquals(counts, [10, 10, 10]);
    await pool.end();
  });
}

Deno.test("a query whose connection is closed before it begins fails instead of waiting forever", async () => {
  using reserved = reservePort();
  let connections = 0;
  const closing = createServer((socket) => {
    connections++;
    socket.once("data", () => socket.end()).on("error", () => {});
  });
  await new Promise<void>((resolve) => closing.listen(reserved.port, "127.0.0.1", resolve));
  const url = `postgres://somebody@127.0.0.1:${reserved.port}/nothing`;
  const pool = makePool(resolveOptions({ url, maxConnections: 1 }));
  const queries = Array.from({ length: 3 }, () => pool.sql.unsafe("SELECT 1"));
  assertEquals(await Promise.all(queries.map(codeOf)), Array(3).fill("CONNECTION_CLOSED"));
  assertEquals(connections, 3, "each query got a connection of its own");
  await pool.end();
  await new Promise((resolve) => closing.close(resolve));
});

Deno.test("each query for which no server accepts a connection gets the error of the refusal", async () => {
  using reserved = reservePort();
  const url = `postgres://somebody@127.0.0.1:${reserved.port}/nothing`;
  const pool = makePool(resolveOptions({ url, maxConnections: 1 }));
  const queries = Array.from({ length: 3 }, () => pool.sql.unsafe("SELECT 1"));
  assertEquals(await Promise.all(queries.map(codeOf)), Array(3).fill("ECONNREFUSED"));
  await pool.end();
});

Deno.test("after the loss of an idle connection, the next query succeeds", async () => {
  const url = await server.createDatabase();
  const pool = makePool(resolveOptions({ url, maxConnections: 1 }));
  await pool.sql.unsafe("SELECT 1");
  pool.cut!();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assertEquals(await codeOf(pool.sql.unsafe("SELECT 1")), null);
  await pool.end();
});

Deno.test("a query that is repeated at once after a reset of its connection is settled, too", async () => {
  using reserved = reservePort();
  const [authenticationOk, readyForQuery] = [[82, 0, 0, 0, 8, 0, 0, 0, 0], [90, 0, 0, 0, 5, 73]];
  const resetting = createServer((socket) => {
    socket.once("data", () => {
      socket.write(new Uint8Array([...authenticationOk, ...readyForQuery]));
      socket.once("data", () => socket.resetAndDestroy());
    }).on("error", () => {});
  });
  await new Promise<void>((resolve) => resetting.listen(reserved.port, "127.0.0.1", resolve));
  const url = `postgres://somebody@127.0.0.1:${reserved.port}/nothing`;
  const pool = makePool(resolveOptions({ url, maxConnections: 1 }));
  const first = codeOf(pool.sql.unsafe("SELECT 1"));
  const second = first.then(() => codeOf(pool.sql.unsafe("SELECT 2")));
  assertEquals(await first, "ECONNRESET");
  assertEquals(["ECONNRESET", "CONNECTION_CLOSED"].includes((await second)!), true);
  await pool.end();
  await new Promise((resolve) => resetting.close(resolve));
});

Deno.test("the end of the pool rejects the queries that wait for a connection, and all later ones", async () => {
  const url = await server.createDatabase();
  const pool = makePool(resolveOptions({ url, maxConnections: 1, prepare: false }));
  await pool.sql.unsafe("SELECT 1");
  const running = pool.sql.unsafe("SELECT pg_sleep(0.05)");
  const waiting = codeOf(pool.sql.unsafe("SELECT 1"));
  await new Promise((resolve) => setImmediate(resolve)); // postgres.js sends the first query
  const ended = pool.end();
  assertEquals(await waiting, "CONNECTION_ENDED");
  assertEquals(await codeOf(running), null);
  await ended;
  assertEquals(await codeOf(pool.sql.unsafe("SELECT 1")), "CONNECTION_ENDED");
});

Deno.test("the cancellation of a query goes over another connection, and its own stays usable", async () => {
  const url = await server.createDatabase();
  await using other = connect(url, { max: 1 });
  const pool = makePool(resolveOptions({ url, maxConnections: 1 }));
  const backend = async () => {
    const [row] = await pool.sql.unsafe("SELECT pg_backend_pid() AS pid");
    return (row as { pid: number }).pid;
  };
  const pid = await backend();
  const sleeping = pool.sql.unsafe("SELECT pg_sleep(60)") as ReturnType<typeof pool.sql.unsafe> & {
    canceller: (() => Promise<void>) | null;
  };
  const refused = codeOf(sleeping);
  const sleeps = () =>
    other`
    SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`;
  while ((await sleeps()).length === 0);
  assertEquals(await codeOf(sleeping.canceller!()), null);
  assertEquals(await refused, "57014");
  assertEquals(await backend(), pid);
  await pool.end();
});

Deno.test("a cut tells what is above a socket at once, before TLS may write to it again", async () => {
  const { hostname, port } = new URL(server.url);
  const sockets = new Sockets([{ host: hostname, port: Number(port), path: null }], 1_000);
  const socket = await sockets.open();
  let closed = 0;
  socket.on("close", () => closed++);
  sockets.cut();
  assertEquals([closed, socket.destroyed], [1, true]);
  sockets.cut();
  assertEquals(closed, 1);
});

Deno.test("an error of a socket ends no process, also after all listeners were removed", async () => {
  const { hostname, port } = new URL(server.url);
  const sockets = new Sockets([{ host: hostname, port: Number(port), path: null }], 1_000);
  const socket = await sockets.open();
  socket.removeAllListeners();
  assertEquals(socket.emit("error", new Error("a late write failed")), true);
  sockets.close();
});
