// The hub and the stock client of SignalR, on each transport, as an application would use them.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { deadline } from "@std/async";
import { HttpTransportType, type HubConnection } from "@microsoft/signalr";
import { Hono } from "hono";
import { silentLogger } from "../../../src/log/logger.ts";
import { createMonitorHub } from "../../../src/monitor/mod.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { EventSourceForTests } from "../support/event_source.ts";
import { serveHub } from "../support/serve_hub.ts";
import { connectStockClient } from "../support/stock_client.ts";
import { until } from "../../support/until.ts";

const transports = {
  "WebSockets": HttpTransportType.WebSockets,
  "server-sent events": HttpTransportType.ServerSentEvents,
  "long polling": HttpTransportType.LongPolling,
};

function closed(connection: HubConnection): Promise<Error | undefined> {
  return new Promise((resolve) => connection.onclose(resolve));
}

for (const [name, transport] of Object.entries(transports)) {
  Deno.test(`the stock client receives events over ${name}`, async () => {
    await using served = serveHub();
    await using client = connectStockClient(served.url, transport);
    const { connection, received } = client;
    await connection.start();
    await until(() => served.hub.clientCount === 1, "the client is connected");

    const completed = served.events.emit("completed");
    const failed = served.events.emit("failed", { taskParameters: '{"name":"Zoë\\n\\u001e"}' });
    await until(() => received.length === 2, "both events came");
    assertEquals(received, [completed, failed]);

    await connection.stop();
    await until(() => served.hub.clientCount === 0, "the hub has noticed");
    assertEquals(served.events.subscriberCount, 0);
  });

  Deno.test(`a call of a client over ${name} is answered with an error, and events continue`, async () => {
    await using served = serveHub();
    await using client = connectStockClient(served.url, transport);
    const { connection, received } = client;
    await connection.start();
    await assertRejects(() => connection.invoke("Cancel", 1), Error, "no method 'Cancel'");
    served.events.emit("started");
    await until(() => received.length === 1, "the event came");
  });

  Deno.test(`a client over ${name} needs the token when there is one`, async () => {
    await using served = serveHub({ accessToken: "a-token-that-nobody-guesses" });
    await using stranger = connectStockClient(served.url, transport, {
      token: "a-token-that-somebody-guessed",
    });
    await assertRejects(() => stranger.connection.start(), Error, "401");
    await using client = connectStockClient(served.url, transport, {
      token: "a-token-that-nobody-guesses",
    });
    const { connection, received } = client;
    await connection.start();
    served.events.emit("completed");
    await until(() => received.length === 1, "the event came");
  });

  Deno.test(`the stock client over ${name} reconnects after the server restarts`, async () => {
    using address = reservePort();
    const first = serveHub({}, address.port);
    await using client = connectStockClient(first.url, transport, {
      retries: Array(1000).fill(50),
    });
    const { connection, received } = client;
    await connection.start();
    const reconnected = new Promise<void>((resolve) => connection.onreconnected(() => resolve()));
    await first[Symbol.asyncDispose]();
    await using second = serveHub({}, address.port);
    await deadline(reconnected, 60_000);
    second.events.emit("completed");
    await until(() => received.length === 1, "the event came");
  });

  Deno.test(`a client over ${name} gets the reason of its disconnection`, async () => {
    await using served = serveHub({ maxMessageLength: 200 });
    await using client = connectStockClient(served.url, transport);
    const { connection } = client;
    const ended = closed(connection);
    await connection.start();
    await connection.send("Anything", "x".repeat(500)).catch(() => {});
    const error = await deadline(ended, 60_000);
    assertStringIncludes(
      String(error),
      transport === HttpTransportType.WebSockets ? "exceeded" : "",
    );
    await until(() => served.hub.clientCount === 0, "the hub has noticed");
  });
}

Deno.test("each of several clients receives every event", async () => {
  await using served = serveHub();
  await using stack = new AsyncDisposableStack();
  const clients = Object.values(transports).flatMap((transport) => [
    stack.use(connectStockClient(served.url, transport)),
    stack.use(connectStockClient(served.url, transport)),
  ]);
  await Promise.all(clients.map(({ connection }) => connection.start()));
  await until(() => served.hub.clientCount === 6, "all are connected");
  assertEquals(served.events.subscriberCount, 1);
  for (let index = 0; index < 20; index++) served.events.emit("completed", { attempt: index });
  for (const { received } of clients) {
    await until(() => received.length === 20, "all events came");
    assertEquals(received.map(({ attempt }) => attempt), Array.from({ length: 20 }, (_, i) => i));
  }
});

Deno.test("a client that skips the negotiation connects by WebSocket alone", async () => {
  await using served = serveHub({ path: "/task-monitoring/" });
  assertEquals(new URL(served.url).pathname, "/task-monitoring");
  await using client = connectStockClient(served.url, HttpTransportType.WebSockets, {
    skipNegotiation: true,
  });
  await client.connection.start();
  await until(() => served.hub.clientCount === 1, "the client is connected");
  const event = served.events.emit("cancelled");
  await until(() => client.received.length === 1, "the event came");
  assertEquals(client.received, [event]);
});

Deno.test("the hub is mounted in Hono beside other routes", async () => {
  const events = new EventSourceForTests();
  const hub = createMonitorHub({ events }, {
    upgrade: Deno.upgradeWebSocket,
    logger: silentLogger,
  });
  const app = new Hono();
  app.get("/", (context) => context.text("The application"));
  app.all(hub.path, (context) => hub.fetch(context.req.raw));
  app.all(`${hub.path}/*`, (context) => hub.fetch(context.req.raw));
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, app.fetch);
  const base = `http://127.0.0.1:${server.addr.port}`;
  assertEquals(await (await fetch(base)).text(), "The application");
  for (const transport of Object.values(transports)) {
    await using client = connectStockClient(`${base}${hub.path}`, transport);
    const { connection, received } = client;
    await connection.start();
    await until(() => hub.clientCount === 1, "the client is connected");
    events.emit("completed");
    await until(() => received.length === 1, "the event came");
    await connection.stop();
    await until(() => hub.clientCount === 0, "the hub has noticed");
  }
  hub.close();
  await server.shutdown();
});

Deno.test("without an upgrade function clients fall back to server-sent events", async () => {
  const events = new EventSourceForTests();
  const hub = createMonitorHub({ events });
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, hub.fetch);
  await using client = connectStockClient(`http://127.0.0.1:${server.addr.port}${hub.path}`);
  await client.connection.start();
  const event = events.emit("timeout");
  await until(() => client.received.length === 1, "the event came");
  assertEquals(client.received, [event]);
  hub.close();
});
