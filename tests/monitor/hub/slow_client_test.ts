// Clients that stop reading while their connection stays open: real sockets, whose buffers fill up.

import { assertEquals, assertLess } from "@std/assert";
import { webSocket } from "../support/raw_requests.ts";
import { type ServedHub, serveHub } from "../support/serve_hub.ts";
import { until } from "../../support/until.ts";

const megabyte = 1_048_576;
const limits = { maxBacklog: megabyte, maxFieldLength: megabyte };
const handshake = '{"protocol":"json","version":1}\x1e';

/** A WebSocket text frame from a client, masked with zeros; any mask is valid. */
function clientFrame(text: string): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(text);
  return new Uint8Array([0x81, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

/**
 * Emits events until the hub has dropped the client. Returns the length of their messages, which
 * shows that the buffer is limited.
 */
async function flood({ events, hub }: ServedHub): Promise<number> {
  const message = "x".repeat(64 * 1024);
  let emitted = 0;
  await until(() => {
    if (hub.clientCount === 0) return true;
    events.emit("completed", { message });
    emitted += message.length;
    return false;
  }, "the client is dropped");
  return emitted;
}

Deno.test("a WebSocket client that does not read is dropped", async () => {
  await using served = serveHub(limits);
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
  await socket.write(new TextEncoder().encode(webSocket(served.hub.path)));
  await socket.read(new Uint8Array(4096));
  await socket.write(clientFrame(handshake));
  await until(() => served.hub.clientCount === 1, "the client is connected");

  assertLess(await flood(served), 64 * megabyte);
  assertEquals(served.events.subscriberCount, 0);
});

Deno.test("an event stream client that does not read is dropped", async () => {
  await using served = serveHub(limits);
  const base = served.url;
  const negotiated = await fetch(`${base}/negotiate`, { method: "POST" });
  const url = `${base}?id=${(await negotiated.json()).connectionId}`;
  const stream = await fetch(url, { headers: { accept: "text/event-stream" } });
  const posted = await fetch(url, { method: "POST", body: handshake });
  await posted.body?.cancel();
  assertEquals(served.hub.clientCount, 1);

  assertLess(await flood(served), 64 * megabyte);
  await stream.body?.cancel().catch(() => {});
});
