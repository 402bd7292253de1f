// Node on either side: the stock client in Node against the hub, and the hub in Node against the
// stock client.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { HttpTransportType } from "@microsoft/signalr";
import type { NpmProject } from "../../support/npm_project.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { taskEvent } from "../support/event_source.ts";
import { type RunningProgram, startProgram } from "../support/node_program.ts";
import { hubPath, webSocket } from "../support/raw_requests.ts";
import { serveHub } from "../support/serve_hub.ts";
import { connectStockClient, type StockClient } from "../support/stock_client.ts";
import { until } from "../../support/until.ts";

interface ClientLine {
  readonly transport: string;
  readonly state?: string;
  readonly event?: unknown;
}

const everyTransport = ["LongPolling", "ServerSentEvents", "WebSockets"];

/** Reads a line for each transport, and sorts the lines by transport. */
async function fromEach(program: RunningProgram): Promise<ClientLine[]> {
  const lines: ClientLine[] = [];
  for (const _ of everyTransport) lines.push(await program.next<ClientLine>());
  return lines.sort((a, b) => a.transport.localeCompare(b.transport));
}

function connect(port: number, transport: HttpTransportType, token: string): StockClient {
  const url = `http://127.0.0.1:${port}/evertask/monitoring`;
  return connectStockClient(url, transport, { token });
}

/** Checks the hub and the stock client in Node. */
export async function checkHubInNode(t: Deno.TestContext, project: NpmProject): Promise<void> {
  await t.step("the stock client in Node receives events, also after a restart", async () => {
    using address = reservePort();
    const first = serveHub({}, address.port);
    await using client = startProgram(project, "hub_client.mjs", first.url);
    const all = (line: object) => everyTransport.map((transport) => ({ transport, ...line }));
    assertEquals(await fromEach(client), all({ state: "connected" }));
    await until(() => first.hub.clientCount === 3, "all three are connected");
    const before = first.events.emit("completed");
    assertEquals(await fromEach(client), all({ event: before }));

    await first[Symbol.asyncDispose]();
    await using second = serveHub({}, address.port);
    assertEquals(await fromEach(client), all({ state: "reconnected" }));
    await until(() => second.hub.clientCount === 3, "all three are back");
    const after = second.events.emit("failed");
    assertEquals(await fromEach(client), all({ event: after }));
    await client.end();
  });

  await t.step("the hub in Node serves the stock client over each transport", async () => {
    await using server = startProgram(project, "hub_server.mjs");
    const { port } = await server.next<{ port: number }>();
    const event = taskEvent("completed");
    const emit = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/emit`, {
        method: "POST",
        body: JSON.stringify(event),
      });
      return (await response.json()).clients as number;
    };
    for (
      const transport of [
        HttpTransportType.WebSockets,
        HttpTransportType.ServerSentEvents,
        HttpTransportType.LongPolling,
      ]
    ) {
      await using stranger = connect(port, transport, "guessed");
      await assertRejects(() => stranger.connection.start(), Error, "401");
      await using client = connect(port, transport, "a-token-that-nobody-guesses");
      const { connection, received } = client;
      await connection.start();
      assertEquals(await emit(), 1);
      await until(() => received.length === 1, "the event came");
      assertEquals(received, [event]);
      await connection.stop();
      while (await emit() > 0);
    }
  });

  await t.step("a handler that fails in Node is answered 500", async () => {
    await using server = startProgram(project, "hub_server.mjs");
    const { port } = await server.next<{ port: number }>();
    const response = await fetch(`http://127.0.0.1:${port}/fail`);
    await response.body?.cancel();
    assertEquals(response.status, 500);
  });

  await t.step("a refused WebSocket in Node is answered in plain HTTP", async () => {
    await using server = startProgram(project, "hub_server.mjs");
    const { port } = await server.next<{ port: number }>();
    using socket = await Deno.connect({ hostname: "127.0.0.1", port });
    await socket.write(new TextEncoder().encode(webSocket(hubPath)));
    const answer = await new Response(socket.readable).text();
    assertStringIncludes(answer, "HTTP/1.1 401 ");
    assertStringIncludes(answer, "www-authenticate: Bearer");
  });
}
