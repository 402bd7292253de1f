// A response is sent no faster than the client reads it.

import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import { sendResponse } from "../../../src/monitor/adapters/node_response.ts";
import type { NodeResponse } from "../../../src/monitor/adapters/node_types.ts";
import { nextMacrotask } from "../../../src/time/macrotask.ts";

/** A response of Node whose buffer is full after each write, until the test emits `drain`. */
class FullResponse extends EventEmitter implements NodeResponse {
  readonly writableFinished = false;
  readonly written: string[] = [];
  isEnded = false;

  writeHead(): void {}
  flushHeaders(): void {}
  destroy(): void {}

  write(chunk: Uint8Array): boolean {
    this.written.push(new TextDecoder().decode(chunk));
    return false;
  }

  end(): void {
    this.isEnded = true;
  }
}

/** Runs all work that does not wait for the client. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>(nextMacrotask);
}

/** A response in three parts that is being sent. */
async function sending() {
  const chunks = ["a", "b", "c"].map((text) => new TextEncoder().encode(text));
  const sink = new FullResponse();
  const abort = new AbortController();
  const body = ReadableStream.from(chunks);
  const sent = sendResponse(new Response(body), sink, abort.signal);
  await settle();
  return { sink, abort, sent };
}

Deno.test("the next part of a body waits until the client has read the previous part", async () => {
  const { sink, sent } = await sending();
  for (const expected of [["a"], ["a", "b"], ["a", "b", "c"]]) {
    assertEquals([sink.written, sink.isEnded], [expected, false]);
    sink.emit("drain");
    await settle();
  }
  await sent;
  assertEquals(sink.isEnded, true);
  assertEquals(sink.listenerCount("drain") + sink.listenerCount("close"), 0);
});

Deno.test("nothing waits for a client that has disconnected", async () => {
  const { sink, abort, sent } = await sending();
  abort.abort();
  sink.emit("close");
  await sent;
  assertEquals(sink.written, ["a"]);
});
