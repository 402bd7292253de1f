// The connection of the storage's own pool that listens for notifications: after each loss, it
// listens again.

import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import { createServer, type Socket } from "node:net";
import { Listener } from "../../../drivers/postgres/listener.ts";
import { resolveOptions } from "../../../drivers/postgres/options.ts";
import { makePool, type Pool } from "../../../drivers/postgres/pool.ts";
import { Sockets } from "../../../drivers/postgres/sockets.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { until } from "../../support/until.ts";
import { connect } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

/** The time in which each event must occur, in milliseconds. */
const patienceMs = 30_000;

/** Counts events, and waits for a number of them. */
class Counter {
  #count = 0;
  #notify = () => {};

  get count(): number {
    return this.#count;
  }

  readonly add = (): void => {
    this.#count++;
    this.#notify();
  };

  async reaches(count: number): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      this.#notify = () => this.#count >= count && resolve();
      this.#notify();
    });
    await deadline(reached, patienceMs);
  }
}

/** Listens on a channel, and counts how often listening begins. */
async function listen(pool: Pool, channel: string) {
  const messages: string[] = [];
  const [begun, arrived] = [new Counter(), new Counter()];
  const { unlisten } = await pool.sql.listen(channel, (payload) => {
    messages.push(payload);
    arrived.add();
  }, begun.add);
  return { messages, begun, arrived, unlisten };
}

Deno.test("after each loss of its connection, the pool listens again", async () => {
  const url = await server.createDatabase();
  await using other = connect(url, { max: 1 });
  const pool = makePool(resolveOptions({ url }));
  const channel = 'a "channel"';
  const { messages, begun, arrived } = await listen(pool, channel);
  for (let round = 1; round <= 5; round++) {
    const [ended] = await other`
      SELECT pg_terminate_backend(pid, 10_000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    assertEquals(ended, { pg_terminate_backend: true });
    await begun.reaches(1 + round);
    await other`SELECT pg_notify(${channel}, ${round}::text)`;
    await arrived.reaches(round);
  }
  assertEquals(messages, ["1", "2", "3", "4", "5"]);
  await pool.end();
});

Deno.test("a listener that stops closes its connection, and others continue", async () => {
  const url = await server.createDatabase();
  await using other = connect(url, { max: 1 });
  const pool = makePool(resolveOptions({ url }));
  const [one, two] = [await listen(pool, "one"), await listen(pool, "two")];
  await one.unlisten();
  const sessions = () => other`SELECT FROM pg_stat_activity WHERE query = 'LISTEN "one"'`;
  await until(async () => (await sessions()).length === 0, "the connection is closed", patienceMs);
  await other`SELECT pg_notify('one', ''), pg_notify('two', '')`;
  await two.arrived.reaches(1);
  assertEquals([one.messages, two.messages], [[], [""]]);
  await pool.end();
});

/** What a stand-in for a server does with a connection, after it has read a statement. */
type Answer = (socket: Socket) => void;

/** A message of PostgreSQL's protocol: its type, and its content, of less than 250 bytes. */
function message(type: string, content: string): string {
  return `${type}\0\0\0${String.fromCharCode(4 + content.length)}${content}`;
}

const authenticated = message("R", "\0\0\0\0");
const ready = message("Z", "I");
const listening = message("C", "LISTEN\0") + ready;
const notification = message("A", "\0\0\0\u0001c\0hello\0");

/** Starts a stand-in for a server, which treats each connection differently. */
async function serve(port: number, answers: readonly Answer[]) {
  let connections = 0;
  const open = new Set<Socket>();
  const stand = createServer((socket) => {
    const answer = answers[connections++] ?? ((socket) => socket.destroy());
    open.add(socket);
    socket.on("error", () => {}).once("close", () => open.delete(socket));
    socket.once("data", () => {
      socket.write(authenticated + ready);
      socket.once("data", () => answer(socket));
    });
  });
  await new Promise<void>((resolve) => stand.listen(port, "127.0.0.1", resolve));
  return {
    get connections() {
      return connections;
    },
    /** Resets the open connections. */
    cut: () => open.forEach((socket) => socket.resetAndDestroy()),
    /** Resolves when no connection is open. */
    emptied: () => until(() => open.size === 0, "no connection is open", patienceMs),
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => stand.close(() => resolve()));
    },
  };
}

/** A listener on the stand-in, whose retries the clock starts. */
function listenerOn(port: number, limitMs = patienceMs) {
  const clock = new FakeClock();
  const [begun, arrived] = [new Counter(), new Counter()];
  const listener = new Listener({
    clock,
    limitMs,
    options: { host: "127.0.0.1", port, user: "somebody", fetch_types: false },
    sockets: new Sockets([{ host: "127.0.0.1", port, path: null }], limitMs),
    channel: "c",
    onMessage: arrived.add,
    onListening: begun.add,
  });
  return { clock, begun, arrived, listener };
}

/** Passes the pause before a retry, once the loss was noticed. */
async function retry(clock: FakeClock, pauseMs: number): Promise<void> {
  await until(() => clock.timerCount > 0, "the loss was noticed", patienceMs);
  await clock.advance(pauseMs - 1);
  assertEquals(clock.timerCount, 1);
  await clock.advance(1);
}

Deno.test("a connection may be lost before, with and after the answer", async () => {
  using reserved = reservePort();
  await using stand = await serve(reserved.port, [
    (socket) => void socket.write(listening),
    (socket) => void socket.resetAndDestroy(),
    (socket) => void socket.end(),
    (socket) => void socket.end(listening),
    (socket) => void socket.write(listening + notification),
  ]);
  const { clock, begun, arrived, listener } = listenerOn(reserved.port);
  await listener.listen();
  stand.cut();
  await retry(clock, 50);
  await retry(clock, 100);
  await retry(clock, 200);
  await begun.reaches(2);
  await retry(clock, 50);
  await arrived.reaches(1);
  assertEquals([begun.count, arrived.count, stand.connections], [3, 1, 5]);
  await listener.end();
  await stand.emptied();
  assertEquals(clock.timerCount, 0);
});

Deno.test("a first attempt that the server refuses is not repeated, and leaves no connection", async () => {
  using reserved = reservePort();
  const refusal = message("E", "SERROR\0C25006\0Mcannot execute LISTEN during recovery\0\0");
  await using stand = await serve(reserved.port, [(socket) => void socket.write(refusal + ready)]);
  const { clock, begun, listener } = listenerOn(reserved.port);
  await assertRejects(() => listener.listen(), Error, "during recovery");
  await stand.emptied();
  assertEquals([begun.count, stand.connections, clock.timerCount], [0, 1, 0]);
});

Deno.test("a listener that ends after a loss does not retry", async () => {
  using reserved = reservePort();
  await using stand = await serve(reserved.port, [(socket) => void socket.write(listening)]);
  const { clock, listener } = listenerOn(reserved.port);
  await listener.listen();
  stand.cut();
  await until(() => clock.timerCount > 0, "the loss was noticed", patienceMs);
  await listener.end();
  assertEquals([stand.connections, clock.timerCount], [1, 0]);
});

Deno.test("an attempt that gets no answer in time fails, and a later one is repeated", async () => {
  using reserved = reservePort();
  await using stand = await serve(reserved.port, [
    () => {},
    (socket) => void socket.write(listening),
    () => {},
    (socket) => void socket.write(listening),
  ]);
  const { clock, begun, listener } = listenerOn(reserved.port, 100);
  await assertRejects(() => listener.listen());
  await listener.listen();
  stand.cut();
  await retry(clock, 50);
  await retry(clock, 100);
  await begun.reaches(2);
  assertEquals(stand.connections, 4);
  await listener.end();
  await stand.emptied();
});
