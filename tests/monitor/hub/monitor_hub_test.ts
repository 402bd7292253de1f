// What the hub answers, message by message.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { handshake, makeHub } from "../support/asked_hub.ts";

for (
  const [query, version] of [["", 0], ["?negotiateVersion=0", 0], ["?negotiateVersion=1", 1], [
    "?negotiateVersion=7",
    1,
  ]] as const
) {
  Deno.test(`a negotiation with ${query || "no version"} is of version ${version}`, async () => {
    const { ask, poll, hub } = makeHub();
    const response = await ask(`/negotiate${query}`, { method: "POST" });
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("content-type"), "application/json");
    const answer = await response.json();
    assertEquals(answer.negotiateVersion, version);
    assertEquals("connectionToken" in answer, version === 1);
    assertEquals(answer.availableTransports, [
      { transport: "ServerSentEvents", transferFormats: ["Text"] },
      { transport: "LongPolling", transferFormats: ["Text"] },
    ]);
    assertEquals((await poll(answer.connectionToken ?? answer.connectionId)).status, 200);
    hub.close();
  });
}

Deno.test("the connection id, which may be shown, is not accepted as the secret connection token", async () => {
  const { ask, poll } = makeHub();
  const response = await ask("/negotiate?negotiateVersion=1", { method: "POST" });
  const { connectionId } = await response.json();
  assertEquals((await poll(connectionId)).status, 404);
});

for (
  const [greeting, error] of [
    ['{"protocol":"messagepack","version":1}', "The protocol 'messagepack' is not supported"],
    ['{"protocol":"json","version":3}', "Version 3 of the protocol 'json' is not supported"],
    ['{"protocol":"JSON","version":1}', "The protocol 'JSON' is not supported"],
    ['{"type":6}', "The first message must be a handshake request"],
    ["[]", "not a JSON object"],
    ["{", "not valid JSON"],
  ] as const
) {
  Deno.test(`the handshake ${greeting} is answered with an error, and the connection ends`, async () => {
    const { connect, poll, hub, clock } = makeHub();
    const { id, answer } = await connect(`${greeting}\x1e`);
    const { error: told } = JSON.parse(answer.slice(0, -1));
    assertStringIncludes(told, error);
    assertEquals((await poll(id)).status, 204);
    assertEquals((await poll(id)).status, 404);
    assertEquals(hub.clientCount, 0);
    assertEquals(clock.timerCount, 0);
  });
}

Deno.test("a handshake may come in pieces, followed by messages", async () => {
  const { connect, post, poll, negotiate } = makeHub();
  const { answer } = await connect('{"protocol":"json","version":1}\x1e{"type":6}\x1e');
  assertEquals(answer, "{}\x1e");
  const id = await negotiate();
  await poll(id);
  await post(id, '{"protocol":"json",');
  await post(id, '"version":2}\x1e');
  assertEquals(await (await poll(id)).text(), "{}\x1e");
});

Deno.test("a message that breaks the protocol ends the connection with a close message", async () => {
  const { connect, post, poll, hub } = makeHub();
  const { id } = await connect();
  await post(id, '{"kind":1}\x1e');
  const told = JSON.parse((await (await poll(id)).text()).slice(0, -1));
  assertEquals(told, { type: 7, error: "A message has no type." });
  assertEquals(hub.clientCount, 0);
});

Deno.test("a client's close message ends its connection", async () => {
  const { connect, post, poll, hub, events } = makeHub();
  const { id } = await connect();
  assertEquals(events.subscriberCount, 1);
  await post(id, '{"type":7}\x1e');
  assertEquals(hub.clientCount, 0);
  assertEquals(events.subscriberCount, 0);
  assertEquals(await (await poll(id)).text(), '{"type":7}\x1e');
});

Deno.test("a client that never fetches its close message is dropped", async () => {
  const { connect, post, poll, clock } = makeHub();
  const { id } = await connect();
  await post(id, "{}\x1e");
  await clock.advance(30_000);
  assertEquals((await poll(id)).status, 404);
  assertEquals(clock.timerCount, 0);
});

Deno.test("messages that need no answer are ignored", async () => {
  const { connect, post, hub } = makeHub();
  const { id } = await connect();
  for (const type of [2, 3, 5, 6, 8, 9, 99]) await post(id, `{"type":${type}}\x1e`);
  await post(id, '{"type":1,"target":"Fire"}\x1e');
  assertEquals(hub.clientCount, 1);
  hub.close();
});

Deno.test("requests without a known connection are refused", async () => {
  const { ask, hub } = makeHub();
  assertEquals((await ask("")).status, 400);
  assertEquals((await ask("", { method: "POST" })).status, 400);
  assertEquals((await ask("?id=unknown")).status, 404);
  assertEquals((await ask("?id=unknown", { method: "POST", body: handshake })).status, 404);
  assertEquals((await ask("?id=unknown", { method: "DELETE" })).status, 404);
  assertEquals((await ask("/negotiate")).status, 405);
  const head = await ask("/negotiate", { method: "HEAD" });
  assertEquals([head.status, head.body], [405, null], "a HEAD request");
  assertEquals((await ask("/elsewhere")).status, 404);
  assertEquals((await hub.fetch(new Request("http://localhost/"))).status, 404);
  assertEquals(hub.clientCount, 0);
});

Deno.test("a hub can be mounted at the root", async () => {
  const { hub } = makeHub({ path: "/" });
  const negotiate = new Request("http://localhost/negotiate", { method: "POST" });
  assertEquals((await hub.fetch(negotiate)).status, 200);
  assertEquals((await hub.fetch(new Request("http://localhost/"))).status, 400);
  hub.close();
});

Deno.test("a second stream for the same connection is a conflict", async () => {
  const { stream, ask, hub } = makeHub();
  const { id, reader } = await stream();
  assertEquals((await ask(`?id=${id}`)).status, 409);
  hub.close();
  assertEquals((await reader.read()).value, 'data: {"type":7,"allowReconnect":true}\x1e\n\n');
  assert((await reader.read()).done);
});

Deno.test("a connection that is not used after its negotiation is removed", async () => {
  const { negotiate, poll, clock } = makeHub();
  const id = await negotiate();
  await clock.advance(15_000);
  assertEquals((await poll(id)).status, 404);
  assertEquals(clock.timerCount, 0);
});

Deno.test("a client that attaches without a handshake gets an error, and is dropped", async () => {
  const { negotiate, poll, clock } = makeHub();
  const id = await negotiate();
  await poll(id);
  const waiting = poll(id);
  await clock.advance(15_000);
  assertStringIncludes(await (await waiting).text(), "The handshake did not come in time.");
  assertEquals((await poll(id)).status, 204);
  assertEquals((await poll(id)).status, 404);
  assertEquals(clock.timerCount, 0);
});

Deno.test("an idle stream gets pings, and is given up when the client is silent for too long", async () => {
  const { stream, post, clock, hub } = makeHub();
  const { id, reader } = await stream();
  await clock.advance(15_000);
  assertEquals((await reader.read()).value, 'data: {"type":6}\x1e\n\n');
  await post(id, '{"type":6}\x1e');
  await clock.advance(30_000);
  assertEquals(hub.clientCount, 1);
  await clock.advance(15_000);
  assertEquals(hub.clientCount, 0);
  while (!(await reader.read()).done);
  assertEquals(clock.timerCount, 0);
});

Deno.test("a client is alive while its poll waits, and gets an empty response after the timeout", async () => {
  const { connect, poll, clock, hub } = makeHub();
  const { id } = await connect();
  const waiting = poll(id);
  await clock.advance(24_000);
  assertEquals(hub.clientCount, 1);
  await clock.advance(1_000);
  const answer = await waiting;
  assertEquals(answer.status, 200);
  assertEquals(await answer.text(), "");
  await clock.advance(46_000);
  assertEquals(hub.clientCount, 0);
});

Deno.test("a new poll takes over from one that still waits", async () => {
  const { connect, poll, events, hub } = makeHub();
  const { id } = await connect();
  const first = poll(id);
  const second = poll(id);
  assertEquals((await first).status, 204);
  events.emit("completed");
  assertStringIncludes(await (await second).text(), '"target":"TaskEvent"');
  hub.close();
});

Deno.test("a client that disconnects by DELETE is removed at once", async () => {
  const { connect, ask, hub, poll, clock } = makeHub();
  const { id } = await connect();
  assertEquals((await ask(`?id=${id}`, { method: "DELETE" })).status, 202);
  assertEquals(hub.clientCount, 0);
  assertEquals((await poll(id)).status, 404);
  assertEquals(clock.timerCount, 0);
});

Deno.test("the next poll delivers events since the last one, in order", async () => {
  const { connect, poll, events, hub } = makeHub();
  const { id } = await connect();
  events.emit("started");
  events.emit("completed");
  await events.idle();
  const records = (await (await poll(id)).text()).split("\x1e").slice(0, -1);
  const kinds = records.map((record) => JSON.parse(record).arguments[0].kind);
  assertEquals(kinds, ["started", "completed"]);
  hub.close();
});

Deno.test("a client that does not read is dropped, and the others notice nothing", async () => {
  const { stream, connect, poll, events, hub } = makeHub({ maxBacklog: 10_000 });
  const { reader } = await stream();
  const { id } = await connect();
  let received = 0;
  for (let index = 0; index < 50; index++) {
    events.emit("completed", { message: "x".repeat(500) });
    received += (await (await poll(id)).text()).split("\x1e").length - 1;
  }
  assertEquals(received, 50);
  assertEquals(hub.clientCount, 1);
  await reader.cancel().catch(() => {});
  hub.close();
});

Deno.test("long fields are cut, and secrets can be removed", async () => {
  const { connect, poll, events, hub } = makeHub({
    maxFieldLength: 10,
    redact: (event) => ({ ...event, taskKey: "hidden" }),
  });
  const { id } = await connect();
  events.emit("failed", { taskParameters: "12345678901", exception: null, message: "short" });
  events.emit("failed", { exception: "12345678901", message: "1234567890" });
  await events.idle();
  const records = (await (await poll(id)).text()).split("\x1e").slice(0, -1);
  const [event, other] = records.map((record) => JSON.parse(record).arguments[0]);
  assertEquals(event.taskParameters, "1234567890…");
  assertEquals(event.message, "short");
  assertEquals(event.exception, null);
  assertEquals(event.taskKey, "hidden");
  assertEquals([other.exception, other.message], ["1234567890…", "1234567890"]);
  hub.close();
});

Deno.test("a lone surrogate, which the client of .NET cannot read, is sent as U+FFFD", async () => {
  const { connect, poll, events, hub } = makeHub({ maxFieldLength: 10 });
  const { id } = await connect();
  events.emit("failed", { message: "\ud83d!", exception: "123456789😀😀" });
  await events.idle();
  const [record] = (await (await poll(id)).text()).split("\x1e");
  const [event] = JSON.parse(record!).arguments;
  assertEquals([event.message, event.exception], ["\ufffd!", "123456789…"]);
  hub.close();
});

Deno.test("only the events that the filter lets through are sent", async () => {
  const { connect, poll, events, hub } = makeHub({ filter: { severity: "Error" } });
  const { id } = await connect();
  events.emit("completed");
  events.emit("failed");
  const records = (await (await poll(id)).text()).split("\x1e").slice(0, -1);
  assertEquals(records.map((record) => JSON.parse(record).arguments[0].kind), ["failed"]);
  hub.close();
});

Deno.test("a closed hub asks its clients to reconnect, and accepts no more", async () => {
  const { connect, poll, ask, hub, events, clock } = makeHub();
  const { id } = await connect();
  const waiting = poll(id);
  await clock.advance(0);
  hub.close();
  assertEquals(await (await waiting).text(), '{"type":7,"allowReconnect":true}\x1e');
  assertEquals((await ask("/negotiate", { method: "POST" })).status, 503);
  assertEquals(events.subscriberCount, 0);
  assertEquals(clock.timerCount, 0);
});
