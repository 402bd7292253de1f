// WebSockets of the hub, without a network: which requests get one, and which messages it carries.
// stock_client_test.ts tests them over a network.

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { HubSocket, MonitorHubOptions } from "../../../src/monitor/mod.ts";
import { handshake, makeHub, webSocketHeaders } from "../support/asked_hub.ts";

type Listener = Parameters<HubSocket["addEventListener"]>[1];

/** A server's end of a WebSocket, without a network. */
class SocketForTests implements HubSocket {
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly ends: (number | "terminated" | undefined)[] = [];
  readonly #listeners: Record<string, Listener[]> = {};

  send(data: string): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    this.ends.push(code);
  }

  addEventListener(type: "message" | "close" | "error", listener: Listener): void {
    (this.#listeners[type] ??= []).push(listener);
  }

  /** Calls the listeners, as if a message came from the client or the connection ended. */
  dispatch(type: "message" | "close" | "error", data?: unknown): void {
    for (const listener of this.#listeners[type] ?? []) listener({ data });
  }
}

class TerminableSocket extends SocketForTests {
  terminate(): void {
    this.ends.push("terminated");
  }
}

/** Makes a hub that upgrades every request to `socket`. */
function makeSocketHub(options: MonitorHubOptions = {}, socket = new SocketForTests()) {
  const upgrade = () => ({ socket, response: new Response(null) });
  const made = makeHub({ upgrade, ...options });
  const open = (query = "") => made.ask(query, { headers: webSocketHeaders });
  const connect = async () => {
    assertEquals((await open()).status, 200);
    socket.dispatch("message", handshake);
    return socket.sent.splice(0);
  };
  return { ...made, socket, open, connect };
}

Deno.test("a WebSocket is refused without the token, above the limit of clients, and by a closed hub", async () => {
  const token = "0123456789abcdef";
  const guarded = makeSocketHub({ accessToken: token });
  assertEquals((await guarded.open()).status, 401);
  assertEquals((await guarded.open("?access_token=0123456789abcdeF")).status, 401);
  assertEquals((await guarded.open(`?access_token=${token}`)).status, 200);

  const full = makeSocketHub({ maxClients: 1 });
  await full.connect();
  assertEquals((await full.open()).status, 503);

  const closed = makeSocketHub();
  closed.hub.close();
  assertEquals((await closed.open()).status, 503);
  for (const { socket } of [guarded, closed]) assertEquals(socket.sent, []);
});

Deno.test("a WebSocket belongs to the connection that was negotiated, which has only one transport", async () => {
  const { negotiate, open, poll, hub, socket } = makeSocketHub();
  assertEquals((await open("?id=guessed")).status, 404);
  const polled = await negotiate();
  await poll(polled);
  assertEquals((await open(`?id=${polled}`)).status, 409);
  const id = await negotiate();
  assertEquals((await open(`?id=${id}`)).status, 200);
  assertEquals((await open(`?id=${id}`)).status, 409);
  assertEquals((await poll(id)).status, 409);
  socket.dispatch("message", handshake);
  assertEquals(socket.sent, ["{}\x1e"]);
  assertEquals(hub.clientCount, 1);
  hub.close();
});

Deno.test("a negotiation names WebSockets if they are available", async () => {
  const { ask } = makeSocketHub();
  const response = await ask("/negotiate", { method: "POST" });
  const { availableTransports: [first] } = await response.json();
  assertEquals(first, { transport: "WebSockets", transferFormats: ["Text"] });
});

for (const end of ["close", "error"] as const) {
  Deno.test(`a client is removed on the ${end} event of its WebSocket`, async () => {
    const { connect, hub, socket, events, clock } = makeSocketHub();
    assertEquals(await connect(), ["{}\x1e"]);
    assertEquals(events.subscriberCount, 1);
    socket.dispatch(end);
    assertEquals([hub.clientCount, events.subscriberCount, clock.timerCount], [0, 0, 0]);
  });
}

Deno.test("a WebSocket's messages may be text or bytes; others end the connection", async () => {
  const { open, hub, socket, events } = makeSocketHub();
  await open();
  const bytes = new TextEncoder().encode(handshake);
  socket.dispatch("message", bytes.slice(0, 5).buffer);
  socket.dispatch("message", bytes.subarray(5));
  assertEquals(socket.sent.splice(0), ["{}\x1e"]);
  events.emit("completed");
  await events.idle();
  assertStringIncludes(socket.sent.splice(0).join(), '"target":"TaskEvent"');
  socket.dispatch("message", new Blob(["{}"]));
  const error = "Only text and binary buffers are understood.";
  assertEquals(socket.sent, [`{"type":7,"error":"${error}"}\x1e`]);
  assertEquals(socket.ends, [1000]);
  assertEquals(hub.clientCount, 0);
});

Deno.test("nothing is sent over a WebSocket that is closing", async () => {
  const { connect, hub, socket, events } = makeSocketHub();
  await connect();
  socket.readyState = 2;
  events.emit("completed");
  await events.idle();
  assertEquals(socket.sent, []);
  hub.close();
});

for (
  const [kind, socket, end] of [
    ["terminated", new TerminableSocket(), "terminated"],
    ["closed, if it cannot be terminated", new SocketForTests(), 1013],
  ] as const
) {
  Deno.test(`a WebSocket whose client reads too slowly is ${kind}`, async () => {
    const { connect, hub, events } = makeSocketHub({ maxBacklog: 10_000 }, socket);
    await connect();
    socket.bufferedAmount = 9_990;
    events.emit("completed");
    await events.idle();
    const error = "The client reads too slowly.";
    assertEquals(socket.sent, [`{"type":7,"error":"${error}","allowReconnect":true}\x1e`]);
    assertEquals(socket.ends, [end]);
    assertEquals(hub.clientCount, 0);
  });
}

Deno.test("an idle WebSocket gets pings", async () => {
  const { connect, hub, socket, clock } = makeSocketHub({ keepAliveInterval: { seconds: 5 } });
  await connect();
  await clock.advance(10_000);
  assertEquals(socket.sent, ['{"type":6}\x1e', '{"type":6}\x1e']);
  hub.close();
  assertEquals(socket.ends, [1000]);
});
