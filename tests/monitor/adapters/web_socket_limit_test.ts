// The buffer limit of incomplete messages in npm's `ws`, as set by the adapter for Node.

import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { WebSocketServer } from "ws";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { nodeWebSockets } from "../../../src/monitor/mod.ts";
import { serveInNodeServer } from "../support/node_server.ts";
import { hubPath, webSocket } from "../support/raw_requests.ts";

const fragmentLength = 4096;

/** A part of a text message that does not end, masked with zeros. */
function fragment(isFirst: boolean): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(8 + fragmentLength).fill(0x20, 8);
  frame.set([isFirst ? 0x01 : 0x00, 0x80 | 126, fragmentLength >> 8, fragmentLength & 0xff]);
  return frame;
}

/** Sends parts of one endless message until the server closes the connection. */
async function sendWithoutEnd(port: number): Promise<{ bytes: number; answer: Uint8Array }> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(webSocket(hubPath)));
  const buffer = new Uint8Array(4096);
  assert((await socket.read(buffer))! > 0);
  const end = socket.read(buffer);
  let isOver = false;
  end.then(() => isOver = true, () => isOver = true);
  let bytes = 0;
  while (!isOver) {
    await socket.write(fragment(bytes === 0)).catch(() => isOver = true);
    bytes += fragmentLength;
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { bytes, answer: buffer.slice(0, (await end) ?? 0) };
}

for (
  const [limits, expected] of [[{}, 65_536], [{ maxPayload: 32_768 }, 32_768], [
    { maxPayload: 200_000 },
    200_000,
  ]] as const
) {
  Deno.test(`with ${JSON.stringify(limits)}, ws holds at most ${expected} bytes of a message`, async () => {
    await using served = await serveInNodeServer({}, limits);
    const { bytes, answer } = await sendWithoutEnd(served.port);
    assertLessOrEqual(bytes, expected + 64 * fragmentLength);
    const tooBig = [0x88, 2, 1009 >> 8, 1009 & 0xff]; // a close frame
    assertEquals([...answer], tooBig);
  });
}

for (const maxPayload of [0, -1, 2 ** 31, 1.5, NaN]) {
  Deno.test(`a WebSocketServer with the invalid maxPayload ${maxPayload} is refused`, () => {
    const server = new WebSocketServer({ noServer: true, maxPayload });
    const error = assertThrows(() => nodeWebSockets(server), InvalidArgumentError);
    assertEquals(error.argument, "server.options.maxPayload");
  });
}
