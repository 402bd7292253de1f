// Tests the presets with errors that runtimes and drivers throw.

import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import mssql from "mssql";
import postgres from "postgres";
import {
  isTransientDatabaseError,
  isTransientNetworkError,
  linearRetry,
  TimeoutError,
} from "@evertask/evertask";
import { StorageReadOnlyError, StorageUnavailableError } from "@evertask/evertask/storage";
import { startPostgres } from "../support/pg_server.ts";
import { reservePort } from "../support/reserved_port.ts";

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await deadline(promise, 60_000);
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail.");
}

/** Starts a server that calls `onConnection` for each connection. */
async function listen(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

Deno.test("a fetch that is refused, reset, cut short or too slow is a transient network error", async () => {
  using nobody = reservePort();
  const refused = await errorOf(fetch(`http://127.0.0.1:${nobody.port}/`));
  assert(isTransientNetworkError(refused), String(refused));
  {
    await using server = await listen((socket) => socket.destroy());
    const reset = await errorOf(fetch(`http://127.0.0.1:${server.port}/`));
    assert(isTransientNetworkError(reset), String(reset));
  }
  {
    await using server = await listen((socket) => {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/`);
    const cutShort = await errorOf(response.text());
    assert(isTransientNetworkError(cutShort), String(cutShort));
  }
  {
    await using server = await listen(() => {});
    const signal = AbortSignal.timeout(50);
    const slow = await errorOf(fetch(`http://127.0.0.1:${server.port}/`, { signal }));
    assert(isTransientNetworkError(slow), String(slow));
  }
  const unknownHost = await errorOf(fetch("http://host.invalid/"));
  assert(isTransientNetworkError(unknownHost), String(unknownHost));
});

Deno.test("an invalid or aborted fetch is not a transient network error", async () => {
  assert(!isTransientNetworkError(await errorOf(fetch("http://bad host/"))));
  assert(!isTransientNetworkError(await errorOf(fetch("data:,", { method: "no method" }))));
  const called = await errorOf(fetch("http://127.0.0.1/", { signal: AbortSignal.abort() }));
  assert(!isTransientNetworkError(called));
  assert(!isTransientNetworkError(new TypeError("x is not a function")));
  assert(!isTransientNetworkError(new TimeoutError(5)));
  assert(!isTransientNetworkError(new Error("wrapped", { cause: new TimeoutError(5) })));
  assert(!isTransientNetworkError("ECONNREFUSED"));
});

Deno.test("a refused socket is a transient network error, in Node and in Deno", async () => {
  using nobody = reservePort();
  const { port } = nobody;
  const [nodes] = await once(connect(port, "127.0.0.1").on("connect", () => {}), "error")
    .catch((error) => [error]);
  assert(isTransientNetworkError(nodes), String(nodes));
  const denos = await errorOf(Deno.connect({ hostname: "127.0.0.1", port }));
  assert(isTransientNetworkError(denos), String(denos));
});

Deno.test("wrapped transient network errors are recognized", () => {
  const reset = Object.assign(new Error("read"), { code: "ECONNRESET" });
  assert(isTransientNetworkError(new Error("sending failed", { cause: reset })));
  assert(isTransientNetworkError(new AggregateError([new Error("other"), reset])));
  const circle = new Error("circle");
  circle.cause = circle;
  assert(!isTransientNetworkError(circle));
});

Deno.test("a refused connection of postgres or mssql is a transient database error", async () => {
  using nobody = reservePort();
  const { port } = nobody;
  const sql = postgres({ host: "127.0.0.1", port, max: 1, connect_timeout: 2 });
  const postgresError = await errorOf(sql`SELECT 1`);
  await sql.end({ timeout: 0 });
  assert(isTransientDatabaseError(postgresError), String(postgresError));

  const pool = new mssql.ConnectionPool({
    server: "127.0.0.1",
    port,
    user: "nobody",
    password: "none",
    connectionTimeout: 2000,
    options: { encrypt: false },
  });
  const mssqlError = await errorOf(pool.connect());
  await pool.close();
  assert(mssqlError instanceof mssql.ConnectionError);
  assert(isTransientDatabaseError(mssqlError), String(mssqlError));
});

Deno.test("mssql's errors are distinguished by their numbers and codes", () => {
  const request = (number: number, code: string) => {
    const inner = Object.assign(new Error("from the server"), { number });
    return Object.assign(new mssql.RequestError(inner, code), { number });
  };
  for (const number of [1205, 1222, -2, 3960, 40613]) {
    assert(isTransientDatabaseError(request(number, "EREQUEST")), String(number));
  }
  // No such object, violated constraint, duplicate key, division by zero.
  for (const number of [208, 547, 2627, 8134]) {
    assert(!isTransientDatabaseError(request(number, "EREQUEST")), String(number));
  }
  assert(isTransientDatabaseError(new mssql.RequestError("Timeout: 1500 ms", "ETIMEOUT")));
  assert(isTransientDatabaseError(new mssql.ConnectionError("Connection closed", "ECONNCLOSED")));
  assert(!isTransientDatabaseError(new mssql.ConnectionError("Login failed", "ELOGIN")));
});

Deno.test("in postgres, deadlocks and ended connections are transient errors, and invalid statements are not", async () => {
  await using server = await startPostgres();
  const url = await server.createDatabase();
  const sql = postgres(url, { max: 3, onnotice: () => {} });
  try {
    await sql`CREATE TABLE accounts (id integer PRIMARY KEY, amount integer NOT NULL)`;
    await sql`INSERT INTO accounts VALUES (1, 0), (2, 0)`;
    const bothHold = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const transfer = (from: number, to: number) =>
      sql.begin(async (tx) => {
        await tx`SET LOCAL deadlock_timeout = '50ms'`;
        await tx`UPDATE accounts SET amount = amount - 1 WHERE id = ${from}`;
        bothHold[from - 1]!.resolve();
        await Promise.all(bothHold.map(({ promise }) => promise));
        await tx`UPDATE accounts SET amount = amount + 1 WHERE id = ${to}`;
      });
    const results = await Promise.allSettled([transfer(1, 2), transfer(2, 1)]);
    const [deadlock] = results.filter((result) => result.status === "rejected");
    assertEquals(deadlock!.reason.code, "40P01");
    assert(isTransientDatabaseError(deadlock!.reason));

    const ended = await errorOf(sql`SELECT pg_terminate_backend(pg_backend_pid())`);
    assert(isTransientDatabaseError(ended), String(ended));
    for (const mistake of [sql`SELECT nonsense`, sql`INSERT INTO accounts VALUES (1, 0)`]) {
      const error = await errorOf(mistake);
      assert(!isTransientDatabaseError(error), String(error));
    }
  } finally {
    await sql.end({ timeout: 1 }); // it waits for the connection that the server has ended
  }
});

Deno.test("a busy SQLite file is a transient database error, and an invalid statement is not", async () => {
  const folder = await Deno.makeTempDir();
  const holder = new DatabaseSync(`${folder}/tasks.db`);
  const other = new DatabaseSync(`${folder}/tasks.db`);
  try {
    holder.exec("CREATE TABLE t (a INTEGER PRIMARY KEY); BEGIN IMMEDIATE");
    other.exec("PRAGMA busy_timeout = 0");
    const run = (sql: string) => errorOf((async () => await other.exec(sql))());
    assert(isTransientDatabaseError(await run("BEGIN IMMEDIATE")));
    assert(!isTransientDatabaseError(await run("nonsense")));
  } finally {
    holder.close();
    other.close();
    await Deno.remove(folder, { recursive: true });
  }
  // The properties of Node's, @db/sqlite's and better-sqlite3's errors:
  const busy = (fields: object) => Object.assign(new Error("?"), fields);
  assert(isTransientDatabaseError(busy({ code: "ERR_SQLITE_ERROR", errcode: 517 })));
  assert(!isTransientDatabaseError(busy({ code: "ERR_SQLITE_ERROR", errcode: 2067 })));
  assert(isTransientDatabaseError(busy({ name: "SqliteError", code: 6 })));
  assert(!isTransientDatabaseError(busy({ name: "SqliteError", code: 19 })));
  assert(isTransientDatabaseError(busy({ name: "SqliteError", code: "SQLITE_BUSY_SNAPSHOT" })));
  assert(!isTransientDatabaseError(busy({ name: "SqliteError", code: "SQLITE_CONSTRAINT" })));
});

Deno.test("EverTask's storage errors state whether they are transient", () => {
  assert(isTransientDatabaseError(new StorageUnavailableError("gone")));
  assert(!isTransientDatabaseError(new StorageReadOnlyError("read-only")));
});

Deno.test("the presets add their errors to the classes of handle()", () => {
  const policy = linearRetry(1, 5).handle(RangeError).handleTransientNetworkErrors()
    .handleTransientDatabaseErrors();
  const coded = (code: string) => Object.assign(new Error(code), { code });
  assertEquals(
    [new RangeError(), coded("ECONNRESET"), coded("40001"), coded("23505"), new Error()]
      .map((error) => policy.nextDelay(1, error)),
    [5, 5, 5, null, null],
  );
});
