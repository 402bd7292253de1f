// Tests the stream of events: its filter and redaction for each user, and its parameters.

import { assert, assertEquals, assertFalse, assertMatch, assertRejects } from "@std/assert";
import { type AuthorizedUser, createApi } from "../../src/api/mod.ts";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { EventSampler } from "../../src/api/event_sampler.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { until } from "../support/until.ts";
import { authorizeByName, makeTenantStore, scopesOf } from "./tenants.ts";

const { types, queues, taskKeyPrefix, tags } = scopesOf("apple");
const all = ["view", "payloads"] as const;
const users: Readonly<Record<string, AuthorizedUser>> = {
  everything: { user: "everything", can: all },
  "by type": { user: "by type", can: all, filter: { types } },
  "by queue": { user: "by queue", can: all, filter: { queues } },
  "by key": { user: "by key", can: all, filter: { taskKeyPrefix } },
  "by tag": { user: "by tag", can: all, filter: { tags } },
  "no payloads": { user: "no payloads", can: ["view"] },
  redacted: { user: "redacted", can: all, redact: () => '"hidden"' },
};

Deno.test("each user gets only events of visible tasks, redacted for the user", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const api = createApi(everTask, { authorize: authorizeByName(users), logger: silentLogger });
  const open = async (user: string, query = "") => {
    const url = `http://localhost/api/v1/events${query}`;
    const response = await api.fetch(new Request(url, { headers: { "x-user": user } }));
    assertEquals(response.headers.get("content-type"), "text/event-stream");
    assertEquals(response.headers.get("cache-control"), "no-store");
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, ":\n\n");
    return reader;
  };
  const readers = new Map<string, Awaited<ReturnType<typeof open>>>();
  for (const user of Object.keys(users)) readers.set(user, await open(user));
  const errors = await open("everything", "?severity=Error");
  const reports = await open("everything", "?taskType=apple-report&kind=dispatched");
  await store.stir();
  const texts = new Map<string, string>();
  for (const [user, reader] of [...readers, ["reports", reports] as const]) {
    let text = "";
    while (!text.includes("apple:stirred")) text += (await reader.read()).value;
    texts.set(user, text);
    await reader.cancel();
  }
  assert(texts.get("everything")!.startsWith('event: task\ndata: {"taskId"'));
  assert(texts.get("everything")!.includes("zebra-s3cret"));
  for (const user of ["by type", "by queue", "by key", "by tag", "reports"]) {
    assertFalse(texts.get(user)!.includes("zebra"), user);
  }
  assert(texts.get("by key")!.includes("apple-s3cret"));
  for (const user of ["no payloads", "redacted"]) {
    assertFalse(texts.get(user)!.includes("s3cret"), user);
  }
  await errors.cancel();
});

Deno.test("a stream leaves out events beyond perSecond, and reports their number", async () => {
  const note = defineTask<number>({ type: "note", handle() {} });
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [note],
    logger: silentLogger,
  });
  const clock = new FakeClock();
  const authorize = () => users["everything"]!;
  const api = createApi(everTask, { authorize, clock, logger: silentLogger });
  const url = "http://localhost/api/v1/events?perSecond=2&payloads=false";
  const { body } = await api.fetch(new Request(url));
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
  await everTask.dispatchMany(note, Array.from({ length: 40 }, (_, number) => number));
  let text = "";
  const readTo = async (tasks: number) => {
    while (text.match(/event: task/g)?.length !== tasks) text += (await reader.read()).value;
  };
  await readTo(2);
  await clock.advance(1_000);
  await everTask.dispatch(note, 40);
  await readTo(3);
  const [first, second, leftOut, third] = text.match(/(?<=event: )(task|leftOut\ndata: \d+)/g)!;
  assertEquals([first, second, third], ["task", "task", "task"]);
  assertMatch(leftOut!, /^leftOut\ndata: ([1-9]|[12]\d|3[0-8])$/);
  assertEquals(text.match(/"taskParameters":""/g)?.length, 3);
  // No event follows this burst.
  await everTask.dispatchMany(note, Array.from({ length: 40 }, (_, number) => number));
  await readTo(4);
  await clock.advance(15_000);
  text = "";
  while (!text.includes("\n\n")) text += (await reader.read()).value;
  assertMatch(text, /^event: leftOut\ndata: ([1-9]|[123]\d)\n\n$/);
  await reader.cancel();
});

Deno.test("no timer is left of a stream whose client leaves", async () => {
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [],
    logger: silentLogger,
  });
  const clock = new FakeClock();
  const authorize = () => users["everything"]!;
  const api = createApi(everTask, { authorize, clock, logger: silentLogger });
  const { body } = await api.fetch(new Request("http://localhost/api/v1/events"));
  const reader = body!.getReader();
  await reader.read();
  assertEquals(clock.timerCount, 1);
  const advanced = clock.advance(15_000);
  await reader.cancel(); // while the stream is kept alive
  await advanced;
  assertEquals(clock.timerCount, 0);
});

Deno.test("no timer is left of a stream whose server ends before it gets the response", async () => {
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [],
    logger: silentLogger,
  });
  const clock = new FakeClock();
  const [asked, allowed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const api = createApi(everTask, {
    clock,
    logger: silentLogger,
    async authorize() {
      asked.resolve();
      await allowed.promise;
      return users["everything"]!;
    },
  });
  const streamed = Promise.withResolvers<void>();
  const end = new AbortController();
  const options = { port: 0, hostname: "127.0.0.1", signal: end.signal, onListen() {} };
  const server = Deno.serve(options, async (request, connection) => {
    const response = await api.fetch(request, connection);
    assertEquals([response.status, clock.timerCount], [200, 1]);
    streamed.resolve();
    return response;
  });
  const answer = fetch(`http://127.0.0.1:${server.addr.port}/api/v1/events`);
  await asked.promise;
  end.abort();
  await assertRejects(() => answer);
  allowed.resolve();
  await streamed.promise;
  await server.finished;
  await until(() => clock.timerCount === 0, "the timer of the stream has been cancelled");
});

Deno.test("a sampler counts the events that it leaves out", async () => {
  const clock = new FakeClock();
  const sampler = new EventSampler(clock, 3);
  const take = (count: number) => Array.from({ length: count }, () => sampler.takes());
  assertEquals(take(5), [true, true, true, false, false]);
  await clock.advance(1_000);
  assertEquals([take(4), sampler.leftOut(), sampler.leftOut()], [[true, true, true, false], 3, 0]);
});

Deno.test("a stream of events requires the right to view and valid parameters", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const api = createApi(everTask, {
    authorize: authorizeByName({ nothing: { user: "nothing", can: [] }, ...users }),
    logger: silentLogger,
  });
  const status = async (user: string, query: string) => {
    const url = `http://localhost/api/v1/events${query}`;
    return (await api.fetch(new Request(url, { headers: { "x-user": user } }))).status;
  };
  assertEquals(await status("nothing", ""), 403);
  assertEquals(await status("nobody", ""), 401);
  assertEquals(await status("everything", "?severity=Bad"), 400);
  assertEquals(await status("everything", "?kind=bad"), 400);
  assertEquals(await status("everything", "?bad=1"), 400);
});
