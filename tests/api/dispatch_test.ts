// Tests dispatches over REST: what is checked, keys, schedules and queues.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, silentLogger, type StandardSchema } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { makeApi } from "./asked_api.ts";

const schema: StandardSchema<{ to: string }, { to: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof (value as { to?: unknown })?.to === "string"
        ? { value: value as { to: string } }
        : { issues: [{ message: "to must be a string", path: ["to"] }] },
  },
};

Deno.test("a task can be dispatched by type, with its validator and an idempotency key", async () => {
  const mail = defineTask({ type: "mail", payload: schema, handle() {} });
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks: [mail], logger: silentLogger });
  const ask = makeApi(everTask);
  const send = (body: unknown, headers = {}) => ask("ada", "POST", "tasks", body, headers);
  const wrong = await send({ type: "mail", payload: { to: 1 } });
  assertEquals([wrong.status, wrong.body.errors], [400, [
    { name: "payload", detail: "to must be a string", pointer: "/to" },
  ]]);
  const unknown = await send({ type: "other", payload: {} });
  assertEquals([unknown.status, unknown.body.reason], [409, "typeUnknown"]);
  assertEquals((await ask("ada", "GET", "tasks/count")).body.count, 0);
  const payload = { to: "ada@example.org" };
  const options = { priority: 3, tags: ["a"], at: "2099-01-01T00:00:00+01:00" };
  const stored = await send({ type: "mail", payload, ...options });
  assertEquals([stored.status, stored.body.outcome], [201, "created"]);
  const { body: task } = await ask("ada", "GET", `tasks/${stored.body.id}`);
  assertEquals([task.payload.value, task.priority, task.tags, task.dueAt], [
    payload,
    3,
    ["a"],
    "2098-12-31T23:00:00.000Z",
  ]);
  const later = { type: "mail", payload, delayMs: 60_000 };
  const first = await send(later, { "idempotency-key": "k" });
  const again = await send(later, { "idempotency-key": "k" });
  assertEquals([first.status, again.status, again.body.id], [201, 200, first.body.id]);
  assertEquals((await send({ ...later, key: "x" }, { "idempotency-key": "k" })).status, 400);
});

Deno.test("a series can be dispatched with its schedule, once for each key", async () => {
  const mail = defineTask({ type: "mail", payload: schema, handle() {} });
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks: [mail], logger: silentLogger });
  const ask = makeApi(everTask);
  const series = { type: "mail", payload: { to: "ada" }, key: "digest" };
  const send = (body: unknown, user = "ada") => ask(user, "POST", "tasks", body);
  const wrong: unknown[] = [
    ...["every day", "", "61 * * * *", 7, { kind: "weekly" }, { kind: "cron" }, null],
  ];
  for (const schedule of wrong) {
    const { status, text } = await send({ ...series, schedule });
    assertEquals(status, 400, `${JSON.stringify(schedule)} ${text}`);
  }
  const both = await send({ ...series, schedule: "0 9 * * *", delayMs: 1000 });
  assertEquals(both.status, 400, both.text);
  assertEquals((await ask("ada", "GET", "tasks/count")).body.count, 0);

  const stored = await send({ ...series, schedule: "0 9 * * *" });
  assertEquals([stored.status, stored.body.outcome], [201, "created"]);
  const { body: task } = await ask("ada", "GET", `tasks/${stored.body.id}`);
  const { body: preview } = await ask("ada", "GET", "series/preview?schedule=0 9 * * *");
  assertEquals([task.queue, task.series.info], ["recurring", preview.info]);
  assertEquals(task.series.nextRunAt, preview.runs[0]);
  const again = await send({ ...series, schedule: "0 9 * * *" });
  assertEquals([again.status, again.body.id], [200, stored.body.id]);
  const berlin = { kind: "cron", expression: "0 9 * * *", timeZone: "Europe/Berlin" };
  const changed = await send({ ...series, schedule: berlin });
  assertEquals([changed.status, changed.body], [200, { id: stored.body.id, outcome: "updated" }]);
});

Deno.test("a task goes to the queue of the request, or is refused, also for a user with a filter", async () => {
  const mail = defineTask({ type: "mail", queue: "elsewhere", handle() {} });
  const plain = defineTask({ type: "plain", handle() {} });
  const storage = memoryStorage();
  const options = { storage, tasks: [mail, plain], queues: { apple: {} }, logger: silentLogger };
  await using everTask = createEverTask(options);
  const ask = makeApi(everTask);
  const send = (body: unknown, user = "ada") => ask(user, "POST", "tasks", body);
  const known = await send({ type: "plain", queue: "apple" });
  assertEquals((await ask("ada", "GET", `tasks/${known.body.id}`)).body.queue, "apple");
  for (const body of [{ type: "plain", queue: "aple" }, { type: "mail" }]) {
    const { status, body: { reason, detail } } = await send(body);
    assertEquals([status, reason], [409, "queueUnknown"], detail);
  }
  // A series without a queue belongs to the queue "recurring".
  const own = { type: "plain", queue: "apple", schedule: "0 9 * * *" };
  assertEquals((await send(own, "by queue")).status, 201);
  const { queue: _, ...foreign } = own;
  assertEquals((await send(foreign, "by queue")).status, 403);
  assertEquals((await ask("ada", "GET", "tasks/count")).body.count, 2);
});

Deno.test("a dispatch changes no task that its user may not change", async () => {
  const apple = defineTask<unknown>({ type: "apple-report", queue: "apple", handle() {} });
  const zebra = defineTask<unknown>({ type: "zebra-report", queue: "zebra", handle() {} });
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [apple, zebra],
    queues: { apple: {}, zebra: {} },
    logger: silentLogger,
  });
  const ask = makeApi(everTask);
  const delay = { hours: 1 };
  const { id } = await everTask.dispatch(zebra, { n: 1 }, { taskKey: "apple:1", delay });
  const body = { type: "apple-report", queue: "apple", payload: { n: 2 }, delayMs: 60_000 };
  const send = async (user: string, key: string) =>
    (await ask(user, "POST", "tasks", { ...body, key })).status;
  assertEquals(await send("by key and queue", "apple:1"), 403);
  assertEquals((await everTask.get(id))!.type, "zebra-report");
  const own = await everTask.dispatch(apple, { n: 1 }, { taskKey: "own", delay });
  assertEquals(await send("operator", "own"), 403);
  assertEquals((await everTask.get(own.id))!.payload, '{"n":1}');
  assertEquals(await send("ada", "own"), 200);
  assertEquals((await everTask.get(own.id))!.payload, '{"n":2}');
});
