// Tests the responses of the REST API over HTTP.

import type { ProblemError } from "../../src/api/problems.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { InvalidArgumentError, noRetry } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createApi } from "../../src/api/mod.ts";
import {
  explanationSchema,
  queuesSchema,
  taskCountSchema,
  taskPageSchema,
  taskSchema,
  workersSchema,
} from "../../src/api/schemas.ts";
import { StorageUnavailableError } from "../../src/storage/mod.ts";
import { email, failing, ServedApi } from "./served_api.ts";

const unknownId = "01900000-0000-7000-8000-000000000001";

/** Serves an API with a waiting task, a series and a cancelled task. */
async function filled() {
  const served = new ServedApi();
  const { everTask } = served;
  const { id: waiting } = await everTask.dispatch(email, { to: "ada" }, {
    taskKey: "report-1",
    delay: { hours: 1 },
  });
  const { id: series } = await everTask.dispatch(email, 1, {
    recurring: (r) => r.every(1).hours(),
    taskKey: "report-2",
  });
  const { id: cancelled } = await everTask.dispatch(email, 2);
  await everTask.cancel(cancelled);
  return { served, waiting, series, cancelled };
}

const routes = (id: string): [path: string, schema: { parse(value: unknown): unknown }][] => [
  ["/api/v1/tasks", taskPageSchema],
  ["/api/v1/tasks?status=WaitingQueue", taskPageSchema],
  [`/api/v1/tasks/${id}`, taskSchema],
  [`/api/v1/tasks/${id}/explain`, explanationSchema],
  [`/api/v1/tasks/${unknownId}/explain`, explanationSchema],
  ["/api/v1/tasks/count", taskCountSchema],
  ["/api/v1/queues", queuesSchema],
  ["/api/v1/workers", workersSchema],
];

Deno.test("every response matches its schema and is not cached", async () => {
  const { served, waiting, series } = await filled();
  await using _served = served;
  await served.everTask.start();
  for (const id of [waiting, series]) {
    for (const [path, schema] of routes(id)) {
      const { status, headers, body } = await served.ask(path);
      assertEquals([status, headers.get("content-type")], [200, "application/json"], path);
      assertEquals(headers.get("cache-control"), "no-store");
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertEquals(schema.parse(body), body, path);
    }
  }
  assertEquals(served.log, []);
});

Deno.test("a task's instants are in ISO 8601, and its payload is returned as text and as a value", async () => {
  await using served = new ServedApi();
  const { id } = await served.everTask.dispatch(email, { n: 1, to: "Ada \u0000 😀" });
  const { body } = await served.ask(`/api/v1/tasks/${id.toUpperCase()}`);
  assertMatch(body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assertEquals(body.payload.value, { n: 1, to: "Ada \u0000 😀" });
  assertEquals(JSON.parse(body.payload.text), body.payload.value);
  assertEquals([body.id, body.status, body.queue], [id, "Queued", "default"]);
});

Deno.test("the text of a payload keeps large integers that other programs stored", async () => {
  const storage = memoryStorage();
  await using served = new ServedApi({}, storage);
  const { id } = await served.everTask.dispatch(email, null);
  const task = await storage.get(id);
  const listed = { ...task!, payload: '{"n":9007199254740993}' };
  storage.get = () => Promise.resolve(listed);
  const { body } = await served.ask(`/api/v1/tasks/${id}`);
  assertEquals(body.payload.text, '{"n":9007199254740993}');
});

Deno.test("a search accepts every parameter, also with several values", async () => {
  const { served, waiting, series, cancelled } = await filled();
  await using _served = served;
  const soon = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
  const found: [query: string, ids: string[]][] = [
    ["", [cancelled, series, waiting]],
    ["order=oldest", [waiting, series, cancelled]],
    ["status=WaitingQueue", [series, waiting]],
    ["status=WaitingQueue&status=Cancelled", [cancelled, series, waiting]],
    ["type=email&queue=default", [cancelled, waiting]],
    ["type=other", []],
    ["recurring=true", [series]],
    ["recurring=false&status=Cancelled", [cancelled]],
    ["key=report-1", [waiting]],
    ["keyPrefix=report-", [series, waiting]],
    [`id=${series}&id=${unknownId}`, [series]],
    [`dueFrom=${soon}`, [series, waiting]],
    [`dueBefore=${soon}`, []],
    [`createdFrom=${soon}`, []],
    [`createdBefore=${soon}&queue=recurring`, [series]],
    [`executedFrom=2020-01-01T00:00:00%2B01:00`, []],
    ["error=No%20server", []],
  ];
  for (const [query, ids] of found) {
    const { body } = await served.ask(`/api/v1/tasks?${query}`);
    assertEquals(body.items?.map(({ id }: { id: string }) => id), ids, query);
    assertEquals([body.next, body.incomplete], [null, false], query);
    const counted = await served.ask(`/api/v1/tasks/count?${query.replace("order=oldest", "")}`);
    assertEquals(counted.body, { count: ids.length, exact: true }, query);
  }
  const capped = await served.ask("/api/v1/tasks/count?cap=2");
  assertEquals(capped.body, { count: 2, exact: false });
});

Deno.test("a failed task can be found by its error, and is explained", async () => {
  await using served = new ServedApi();
  const { everTask } = served;
  const failed = Promise.withResolvers<string>();
  everTask.events.subscribe(({ taskId }) => failed.resolve(taskId), { kinds: ["failed"] });
  await everTask.start();
  const { id } = await everTask.dispatch(failing, null, { retry: noRetry() });
  assertEquals(await failed.promise, id);
  const { body } = await served.ask("/api/v1/tasks?error=No%20server.&status=Failed");
  assertEquals(body.items[0].id, id);
  const explained = await served.ask(`/api/v1/tasks/${id}/explain`);
  assertEquals(explained.body.reasons[0].kind, "ended");
});

Deno.test("the Link header leads through all pages", async () => {
  await using served = new ServedApi();
  const dispatched = await served.everTask.dispatchMany(email, [1, 2, 3, 4, 5]);
  const ids: string[] = [];
  let path: string | null = "/api/v1/tasks?type=email&limit=2";
  let pages = 0;
  while (path !== null) {
    const { headers, body } = await served.ask(path);
    ids.push(...body.items.map(({ id }: { id: string }) => id));
    const [, target] = /^<([^>]+)>; rel="next"$/.exec(headers.get("link") ?? "") ?? [];
    assertEquals(target === undefined, body.next === null);
    const next: URL | null = target === undefined ? null : new URL(target, served.url(path));
    path = next && next.pathname + next.search;
    pages++;
  }
  assertEquals(ids, dispatched.map(({ id }) => id).reverse());
  assertEquals(pages, 3);
});

Deno.test("responses have a strong ETag, and If-None-Match gets 304 until the data changes", async () => {
  await using served = new ServedApi();
  const { id } = await served.everTask.dispatch(email, null);
  const first = await served.ask(`/api/v1/tasks/${id}`);
  const etag = first.headers.get("etag")!;
  assertMatch(etag, /^"[^"]+"$/);
  const headers = { "if-none-match": etag };
  const same = await served.ask(`/api/v1/tasks/${id}`, { headers });
  assertEquals([same.status, same.body], [304, null]);
  assertEquals(same.headers.get("cache-control"), "no-store");
  await served.everTask.cancel(id);
  assertEquals((await served.ask(`/api/v1/tasks/${id}`, { headers })).status, 200);
});

const wrong: [method: string, path: string, status: number, kind: string, names: string[]][] = [
  ["GET", "/api/v1/tasks?status=Late", 400, "invalid-request", ["status"]],
  ["GET", "/api/v1/tasks?limit=0&order=random", 400, "invalid-request", ["order", "limit"]],
  ["GET", "/api/v1/tasks?limit=1001", 400, "invalid-request", ["limit"]],
  ["GET", "/api/v1/tasks?after=x", 400, "invalid-request", ["after"]],
  ["GET", "/api/v1/tasks?createdFrom=yesterday", 400, "invalid-request", ["createdFrom"]],
  ["GET", "/api/v1/tasks?dueFrom=2026-02-30T00:00:00Z", 400, "invalid-request", ["dueFrom"]],
  ["GET", "/api/v1/tasks?key=", 400, "invalid-request", ["key"]],
  ["GET", "/api/v1/tasks?stauts=Failed", 400, "invalid-request", ["stauts"]],
  ["GET", "/api/v1/tasks?key=a&key=b", 400, "invalid-request", ["key"]],
  ["GET", "/api/v1/tasks/count?cap=1000000", 400, "invalid-request", ["cap"]],
  ["GET", "/api/v1/tasks/count?order=oldest", 400, "invalid-request", ["order"]],
  ["GET", `/api/v1/tasks/${unknownId}`, 404, "not-found", []],
  ["GET", "/api/v1/tasks/nobody", 404, "not-found", []],
  ["GET", "/api/v1/other", 404, "not-found", []],
  ["GET", "/", 404, "not-found", []],
  ["PUT", "/api/v1/tasks", 405, "method-not-allowed", []],
  ["PUT", `/api/v1/tasks/${unknownId}`, 405, "method-not-allowed", []],
];

Deno.test("an invalid request gets a problem response that names the parameter", async () => {
  await using served = new ServedApi();
  for (const [method, path, status, kind, names] of wrong) {
    const init = { method, headers: { "content-type": "application/json" } };
    const { body, headers, ...answer } = await served.ask(path, init);
    assertEquals(headers.get("content-type"), "application/problem+json", path);
    assertEquals(headers.get("cache-control"), "no-store", path);
    const problem = [answer.status, body.status, body.type];
    assertEquals(problem, [status, status, `urn:evertask:problem:${kind}`], path);
    assertEquals((body.errors ?? []).map(({ name }: { name: string }) => name), names, path);
    assert(body.title !== "" && body.detail !== "", path);
  }
  const { body } = await served.ask("/api/v1/tasks?status=Failed&status=Late&limit=x");
  assertEquals(
    body.errors.map(({ name, detail }: ProblemError) => [name, detail.split(": ")[0]]),
    [["status", '"Late"'], ["limit", '"x"']],
  );
  const patch = { method: "PATCH", headers: { "content-type": "application/json" } };
  const { headers } = await served.ask("/api/v1/tasks", patch);
  assertEquals(headers.get("allow"), "GET, HEAD, POST");
  assertEquals(served.log, []);
});

Deno.test("HEAD gets the response of GET without a body", async () => {
  await using served = new ServedApi();
  const { status, body, headers } = await served.ask("/api/v1/tasks", { method: "HEAD" });
  assertEquals([status, body], [200, null]);
  assertEquals(headers.get("etag"), (await served.ask("/api/v1/tasks")).headers.get("etag"));
});

Deno.test("unavailable storage gives a 503, and any other error a logged 500", async () => {
  const storage = memoryStorage();
  await using served = new ServedApi({}, storage);
  await served.ask("/api/v1/tasks");
  storage.list = () => Promise.reject(new StorageUnavailableError("password=secret is gone"));
  const gone = await served.ask("/api/v1/tasks");
  assertEquals([gone.status, gone.headers.get("retry-after")], [503, "1"]);
  assertEquals(gone.body.type, "urn:evertask:problem:storage-unavailable");
  assertEquals(served.log, []);
  storage.list = () => Promise.reject(new TypeError("secret"));
  const broken = await served.ask("/api/v1/tasks");
  assertEquals([broken.status, broken.body.type], [500, "urn:evertask:problem:internal-error"]);
  assertEquals(JSON.stringify([gone.body, broken.body]).includes("secret"), false);
  assertEquals(served.log.length, 1);
});

Deno.test("the OpenAPI 3.1 document describes all routes", async () => {
  await using served = new ServedApi();
  const { status, body } = await served.ask("/api/v1/openapi.json");
  assertEquals([status, body.openapi], [200, "3.1.0"]);
  assertEquals(Object.keys(body.paths).sort(), [
    "/api/v1/actions",
    "/api/v1/activity",
    "/api/v1/audit/growth",
    "/api/v1/audit/preview",
    "/api/v1/audit/purge",
    "/api/v1/bulk/{verb}",
    "/api/v1/events",
    "/api/v1/failures",
    "/api/v1/limits",
    "/api/v1/limits/release",
    "/api/v1/me",
    "/api/v1/queues",
    "/api/v1/queues/{queue}/{verb}",
    "/api/v1/queues/{verb}",
    "/api/v1/series",
    "/api/v1/series/preview",
    "/api/v1/series/{id}",
    "/api/v1/series/{id}/next",
    "/api/v1/series/{id}/pause",
    "/api/v1/series/{id}/resume",
    "/api/v1/sizes",
    "/api/v1/statistics",
    "/api/v1/tasks",
    "/api/v1/tasks/count",
    "/api/v1/tasks/{id}",
    "/api/v1/tasks/{id}/cancel",
    "/api/v1/tasks/{id}/explain",
    "/api/v1/tasks/{id}/logs",
    "/api/v1/tasks/{id}/retry",
    "/api/v1/tasks/{id}/run",
    "/api/v1/tasks/{id}/runs",
    "/api/v1/tasks/{id}/transitions",
    "/api/v1/workers",
    "/api/v1/workers/{worker}/drain",
  ]);
  const references = JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
  for (const [, name] of references) assert(name! in body.components.schemas, name);
  const operations = Object.values<Record<string, { summary: string; responses: object }>>(
    body.paths,
  ).flatMap((path) => Object.values(path));
  for (const { summary, responses } of operations) {
    assert(summary !== "");
    assert(Object.keys(responses).some((status) => status.startsWith("2")), summary);
    for (const expected of ["400", "401", "403", "429", "500", "503"]) {
      assert(expected in responses, `${summary}: ${expected}`);
    }
  }
});

Deno.test("an invalid option is rejected", async () => {
  await using served = new ServedApi();
  const { everTask } = served;
  assertThrows(() => createApi(everTask, { authorise: () => null } as never), InvalidArgumentError);
  assertThrows(() => createApi(everTask, { authorize: "x" as never }), InvalidArgumentError);
  assertThrows(() => createApi({} as never), InvalidArgumentError);
});
