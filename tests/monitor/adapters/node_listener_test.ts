// The adapter for Node with node:http: responses, and clients that disconnect.

import { deadline } from "@std/async";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { type FetchHandler, nodeListener, nodeWebSockets } from "../../../src/monitor/mod.ts";
import { hubPath, webSocket } from "../support/raw_requests.ts";

/** After this time, an expected message counts as missing. */
const patienceMs = 60_000;

/** Serves a handler with Node's server, and collects the errors that the adapter logs. */
async function serve(handler: FetchHandler) {
  const logged: unknown[] = [];
  const error: Logger["error"] = (_, properties) => logged.push(properties?.error);
  const logger = { ...silentLogger, error };
  const webSockets = nodeWebSockets(new WebSocketServer({ noServer: true, maxPayload: 1000 }), {
    logger,
  });
  const server: Server = createServer(nodeListener(handler, { logger }));
  server.on("upgrade", webSockets.upgradeListener(handler));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    logged,
    port,
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A body that begins on request, and reports its cancellation. */
function slowBody() {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  let begin = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      begin = () => controller.enqueue(new TextEncoder().encode("begun"));
    },
    cancel: () => resolve(),
  });
  return { body, begin: () => begin(), cancelled };
}

Deno.test("the client gets all cookies and headers unchanged, except the headers of the connection", async () => {
  const headers = new Headers({ "x-own": "1", upgrade: "h2c", "keep-alive": "timeout=7" });
  for (const cookie of ["a=1", "b=2"]) headers.append("set-cookie", cookie);
  await using served = await serve(() => new Response("body", { status: 201, headers }));
  const response = await fetch(served.url);
  assertEquals([response.status, await response.text()], [201, "body"]);
  assertEquals(response.headers.get("x-own"), "1");
  assertEquals(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals(response.headers.get("upgrade"), null);
  assertEquals(response.headers.get("keep-alive")?.includes("timeout=7") ?? false, false);
});

Deno.test("headers are sent before the body begins", async () => {
  const { body, begin } = slowBody();
  await using served = await serve(() => new Response(body));
  const response = await deadline(fetch(served.url), patienceMs);
  const reader = response.body!.getReader();
  begin();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "begun");
  await reader.cancel();
});

Deno.test("a client that disconnects aborts its request and its response", async () => {
  for (const isLate of [false, true]) {
    const { body, cancelled } = slowBody();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const { promise: aborted, resolve: onAborted } = Promise.withResolvers<void>();
    await using served = await serve(async ({ signal }) => {
      signal.addEventListener("abort", () => onAborted());
      resolve();
      if (isLate) await aborted;
      return new Response(body);
    });
    const leaving = new AbortController();
    const response = fetch(served.url, { signal: leaving.signal });
    await (isLate ? asked : response);
    leaving.abort();
    await response.then(({ body }) => body?.cancel(), () => {}).catch(() => {});
    await deadline(aborted, patienceMs);
    await deadline(cancelled, patienceMs);
    assertEquals(served.logged, [], "a disconnection is not an error");
  }
});

for (
  const [what, give] of [
    ["throws", () => Promise.reject(new Error("not today"))],
    ["returns nothing", () => undefined],
    ["returns a network error", () => Response.error()],
    ["returns a body that is already being read", () => {
      const response = new Response("x");
      response.body?.getReader();
      return response;
    }],
  ] as const
) {
  Deno.test(`the client gets 500 and the failure is logged if a handler ${what}`, async () => {
    await using served = await serve(give as unknown as FetchHandler);
    const response = await deadline(fetch(served.url), patienceMs);
    assertEquals([response.status, await response.text()], [500, ""]);
    assertEquals(served.logged.length, 1);
  });
}

/** Sends a request, returns the answer, and checks that the server closes the connection. */
async function answerTo(port: number, request: string, closed: Promise<void>): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(4096);
  let answer = "";
  for (let count = await socket.read(buffer); count !== null; count = await socket.read(buffer)) {
    answer += new TextDecoder().decode(buffer.subarray(0, count));
  }
  await deadline(closed, patienceMs); // although the client's end is still open
  return answer;
}

Deno.test("a refused WebSocket is answered, and its connection closed from both ends", async () => {
  const asked: string[] = [];
  await using served = await serve(({ method }) => {
    asked.push(method);
    return new Response("Not you.", { status: 403, headers: { upgrade: "h2c", "x-own": "1" } });
  });
  for (const [method, status] of [["GET", 403], ["POST", 400]] as const) {
    const closed = new Promise<void>((resolve) => {
      served.server.once("connection", (socket: Socket) => socket.on("close", () => resolve()));
    });
    const answer = await answerTo(served.port, webSocket(hubPath, { method }), closed);
    assertStringIncludes(answer, `HTTP/1.1 ${status} `);
    assertStringIncludes(answer, "connection: close\r\n");
    assertEquals(answer.includes("h2c"), false);
    if (status === 403) assertStringIncludes(answer, "x-own: 1\r\n");
  }
  assertEquals(asked, ["GET"], "only a GET request opens a WebSocket");
});
