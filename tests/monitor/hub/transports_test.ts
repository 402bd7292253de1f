// Long polling and server-sent events: clients that read slowly, are silent, or disconnect.

import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { makeHub } from "../support/asked_hub.ts";

const tooSlow = "The client reads too slowly.";

Deno.test("a record above the maximum backlog drops the client, which may reconnect", async () => {
  const { connect, poll, events, hub } = makeHub({ maxBacklog: 1000 });
  const { id } = await connect();
  const waiting = poll(id);
  events.emit("completed", { message: "x".repeat(1000) });
  assertEquals(
    await (await waiting).text(),
    `{"type":7,"error":"${tooSlow}","allowReconnect":true}\x1e`,
  );
  assertEquals(hub.clientCount, 0);
});

Deno.test("a dropped client is logged, and one that leaves is not", async () => {
  const told: unknown[] = [];
  const info: Logger["info"] = (_, properties) => told.push(properties?.error);
  const { connect, post, events } = makeHub({
    maxBacklog: 1000,
    logger: { ...silentLogger, info },
  });
  const { id: leaving } = await connect();
  await post(leaving, '{"type":7}\x1e');
  await connect();
  events.emit("completed", { message: "x".repeat(1000) });
  await events.idle();
  assertEquals(told, [tooSlow]);
});

Deno.test("a client that does not poll in time loses its buffered events", async () => {
  const { connect, poll, events, hub } = makeHub({ maxBacklog: 10_000 });
  const { id } = await connect();
  while (hub.clientCount > 0) {
    events.emit("completed", { message: "x".repeat(500) });
    await events.idle();
  }
  assertEquals((await poll(id)).status, 204);
});

Deno.test("a stream whose client does not read ends, without its buffered events", async () => {
  const { stream, events, hub } = makeHub({ maxBacklog: 10_000 });
  const { reader } = await stream();
  while (hub.clientCount > 0) {
    events.emit("completed", { message: "x".repeat(500) });
    await events.idle();
  }
  let length = 0; // of data in flight
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
  }
  assertLess(length, 5_000);
});

Deno.test("a client whose stream ends is removed at once", async () => {
  const { stream, poll, events, hub, clock } = makeHub();
  const { id, reader } = await stream();
  assertEquals([hub.clientCount, events.subscriberCount], [1, 1]);
  await reader.cancel();
  assertEquals([hub.clientCount, events.subscriberCount], [0, 0]);
  assertEquals((await poll(id)).status, 404);
  assertEquals(clock.timerCount, 0);
});

Deno.test("the hub subscribes again when a client connects after all had left", async () => {
  const { connect, ask, poll, events, hub } = makeHub();
  for (let times = 0; times < 2; times++) {
    const { id } = await connect();
    events.emit("completed");
    assertStringIncludes(await (await poll(id)).text(), "TaskEvent");
    await ask(`?id=${id}`, { method: "DELETE" });
    assertEquals(events.subscriberCount, 0);
  }
  hub.close();
});

Deno.test("a client is connected while its poll waits, and for the timeout after it", async () => {
  const { connect, poll, clock, hub } = makeHub({ pollTimeout: { seconds: 100 } });
  const { id } = await connect();
  const waiting = poll(id);
  await clock.advance(100_000);
  assertEquals(await (await waiting).text(), "");
  await clock.advance(29_000);
  assertEquals(hub.clientCount, 1);
  await clock.advance(16_000);
  assertEquals(hub.clientCount, 0);
});

Deno.test("a call of a method is answered with an error, and a call that requests no result is not answered", async () => {
  const { connect, post, poll, events, hub } = makeHub();
  const { id } = await connect();
  await post(id, '{"type":1,"target":"Fire"}\x1e{"type":4,"target":"Fire"}\x1e');
  events.emit("completed");
  await events.idle();
  const [first] = (await (await poll(id)).text()).split("\x1e");
  assertEquals(JSON.parse(first!).target, "TaskEvent");
  for (const type of [1, 4]) {
    await post(id, `{"type":${type},"invocationId":"a","target":"Fire"}\x1e`);
    const answer = JSON.parse((await (await poll(id)).text()).slice(0, -1));
    assertEquals([answer.type, answer.invocationId], [3, "a"]);
    assertStringIncludes(answer.error, "no method 'Fire'");
  }
  hub.close();
});

Deno.test("a message that is too long ends its connection", async () => {
  const { connect, post, poll, hub } = makeHub({ maxMessageLength: 100 });
  const { id } = await connect();
  assertEquals((await post(id, " ".repeat(101))).status, 413);
  assertEquals(hub.clientCount, 0);
  assertStringIncludes(await (await poll(id)).text(), "The maximum message size of 100 bytes");
});

Deno.test("responses are neither cached nor buffered by proxies", async () => {
  const { ask, negotiate, connect, poll, events, hub } = makeHub();
  const negotiated = await ask("/negotiate", { method: "POST" });
  assertEquals(negotiated.headers.get("cache-control"), "no-store");
  const { id } = await connect();
  events.emit("completed");
  assertEquals((await poll(id)).headers.get("cache-control"), "no-store");
  const headers = { accept: "text/event-stream" };
  const stream = await ask(`?id=${await negotiate()}`, { headers });
  assertEquals(stream.headers.get("cache-control"), "no-cache, no-store");
  assertEquals(stream.headers.get("x-accel-buffering"), "no");
  await stream.body?.cancel();
  hub.close();
});
