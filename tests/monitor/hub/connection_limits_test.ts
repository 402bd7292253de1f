// Limits of connections: clients, and connections that are not yet or no longer clients.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { handshake, makeHub } from "../support/asked_hub.ts";

const tooMany = '{"error":"Too many clients are connected."}\x1e';

Deno.test("thousands of unused negotiations exclude no client", async () => {
  const { negotiate, connect, hub } = makeHub();
  for (let index = 0; index < 5_000; index++) await negotiate();
  const { answer } = await connect();
  assertEquals(answer, "{}\x1e");
  assertEquals(hub.clientCount, 1);
  hub.close();
});

Deno.test("connections that never finish their handshake exclude no client", async () => {
  const { negotiate, poll, connect, hub } = makeHub({ maxPendingConnections: 10, maxClients: 10 });
  for (let index = 0; index < 100; index++) await poll(await negotiate());
  assertEquals((await connect()).answer, "{}\x1e");
  hub.close();
});

Deno.test("the oldest connection that is not a client is removed for a newer one", async () => {
  const { negotiate, poll, connect, events, hub, clock } = makeHub({ maxPendingConnections: 3 });
  const { id: client } = await connect();
  const attached = await negotiate();
  assertEquals((await poll(attached)).status, 200);
  const waiting = poll(attached);
  const negotiated = await negotiate();
  await negotiate();
  await negotiate();
  assertEquals((await waiting).status, 204);
  assertEquals((await poll(attached)).status, 404);
  await negotiate();
  assertEquals((await poll(negotiated)).status, 404);
  assertEquals(hub.clientCount, 1);
  events.emit("completed");
  assertStringIncludes(await (await poll(client)).text(), "TaskEvent");
  hub.close();
  assertEquals(clock.timerCount, 0);
});

Deno.test("ended connections that did not fetch their last message are also removed for newer ones", async () => {
  const { connect, post, poll, hub } = makeHub({ maxPendingConnections: 2 });
  const ended: string[] = [];
  for (let index = 0; index < 4; index++) {
    const { id } = await connect();
    await post(id, '{"type":7}\x1e');
    ended.push(id);
  }
  const statuses = await Promise.all(ended.map(async (id) => (await poll(id)).status));
  assertEquals(statuses, [404, 404, 200, 200]);
  hub.close();
});

Deno.test("clients above the limit are refused, and a new one connects when another has left", async () => {
  const { ask, connect, negotiate, poll, post, hub } = makeHub({ maxClients: 2 });
  const { id } = await connect();
  const late = await negotiate();
  await poll(late);
  await connect();
  assertEquals((await ask("/negotiate", { method: "POST" })).status, 503);
  await post(late, handshake);
  assertEquals(await (await poll(late)).text(), tooMany);
  assertEquals(hub.clientCount, 2);
  await ask(`?id=${id}`, { method: "DELETE" });
  assertEquals((await connect()).answer, "{}\x1e");
  hub.close();
});
