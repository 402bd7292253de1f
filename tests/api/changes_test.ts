// Tests changes over REST: permissions, tenants, and conflicts between operators.

import { assert, assertEquals, assertFalse } from "@std/assert";
import { silentLogger } from "../../mod.ts";
import { createApi } from "../../src/api/mod.ts";
import { makeApi, users } from "./asked_api.ts";
import { makeTenantStore, type TenantStore } from "./tenants.ts";

const reason = "a test";

type Ask = ReturnType<typeof makeApi>;
type Ids = TenantStore["tasks"]["zebra"];

/** A request for each operation that changes something, on data of the second tenant. */
const requests: Readonly<Record<string, (ids: Ids) => [path: string, body: unknown]>> = {
  "post /api/v1/tasks": () => [
    "tasks",
    { type: "zebra-report", queue: "zebra", payload: 1, tags: ["tenant:zebra"] },
  ],
  "patch /api/v1/tasks/{id}": ({ waiting }) => [`tasks/${waiting}`, { priority: 7 }],
  "delete /api/v1/tasks/{id}": ({ failed }) => [`tasks/${failed}`, { reason }],
  "post /api/v1/tasks/{id}/retry": ({ failed }) => [`tasks/${failed}/retry`, {}],
  "post /api/v1/tasks/{id}/run": ({ waiting }) => [`tasks/${waiting}/run`, {}],
  "post /api/v1/tasks/{id}/cancel": ({ waiting }) => [`tasks/${waiting}/cancel`, { reason }],
  "post /api/v1/series/{id}/pause": ({ series }) => [`series/${series}/pause`, { reason }],
  "post /api/v1/series/{id}/resume": ({ series }) => [`series/${series}/resume`, {}],
  "patch /api/v1/series/{id}": ({ series }) => [
    `series/${series}`,
    { schedule: "0 9 * * *", reason },
  ],
  "post /api/v1/bulk/{verb}": () => ["bulk/cancel", { filter: { queue: ["zebra"] }, reason }],
  "post /api/v1/queues/{queue}/{verb}": () => ["queues/zebra/pause", { reason }],
  "post /api/v1/workers/{worker}/drain": () => ["workers/worker-1/drain", { reason }],
  "post /api/v1/limits/release": () => [
    "limits/release",
    { type: "zebra-mail", key: "zebra", reason },
  ],
  "post /api/v1/audit/purge": () => ["audit/purge", { policy: { statusAuditDays: 1e-6 }, reason }],
  "post /api/v1/queues/{verb}": () => ["queues/pause", { queue: "zebra", reason }],
};

/** Returns the operations in the API's description that change something. */
async function changingOperations(ask: Ask): Promise<string[]> {
  const { body } = await ask("ada", "GET", "openapi.json");
  return Object.entries<Record<string, unknown>>(body.paths).flatMap(([path, operations]) =>
    Object.keys(operations).filter((method) => method !== "get").map((method) =>
      `${method} ${path}`
    )
  );
}

/** Returns all data of the second tenant that the changes could affect. */
async function stateOf(ask: Ask): Promise<string> {
  const parts = ["tasks?queue=zebra", "queues", "actions"];
  return (await Promise.all(parts.map((part) => ask("ada", "GET", part)))).map(({ text }) => text)
    .join();
}

Deno.test("users who may only view, and users of another tenant, cannot change anything", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  assertEquals((await changingOperations(ask)).sort(), Object.keys(requests).sort());
  const before = await stateOf(ask);
  for (const [operation, request] of Object.entries(requests)) {
    const [method] = operation.split(" ");
    const [path, body] = request(store.tasks.zebra);
    const id = Object.values(store.tasks.zebra).find((id) => path.includes(id));
    const { etag } = id === undefined ? { etag: "" } : await ask("ada", "GET", `tasks/${id}`);
    for (const user of Object.keys(users)) {
      const isTenant = users[user]!.filter !== undefined;
      if (!isTenant && user !== "viewer") continue;
      const answer = await ask(user, method!.toUpperCase(), path, body, { "if-match": etag });
      const what = `${user}: ${operation}: ${answer.status} ${answer.text}`;
      if (path.startsWith("bulk") && isTenant) assertEquals(answer.body.changed, 0, what);
      else if (id !== undefined && isTenant) assertEquals(answer.status, 404, what);
      else assertEquals(answer.status, 403, what);
      assertFalse(answer.text.replaceAll(id ?? "-", "").includes("zebra"), what);
    }
  }
  assertEquals(await stateOf(ask), before);
});

Deno.test("without authorize, all changes are rejected", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const { fetch } = createApi(everTask, { logger: silentLogger });
  const local = { remoteAddr: { hostname: "127.0.0.1" } };
  const before = await stateOf(makeApi(everTask));
  for (const [operation, request] of Object.entries(requests)) {
    const [path, body] = request(store.tasks.zebra);
    const answer = await fetch(
      new Request(`http://localhost/api/v1/${path}`, {
        method: operation.split(" ")[0]!.toUpperCase(),
        headers: { "content-type": "application/json", "if-match": '"x"' },
        body: JSON.stringify(body),
      }),
      local,
    );
    assertEquals(answer.status, 403, operation);
    await answer.body?.cancel();
  }
  assertEquals(await stateOf(makeApi(everTask)), before);
});

Deno.test("each change requires the current version, and is recorded as an action", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const order = Object.keys(requests).filter((name) => !name.startsWith("delete"));
  for (const operation of [...order, "delete /api/v1/tasks/{id}"]) {
    const method = operation.split(" ")[0]!.toUpperCase();
    const [path, body] = requests[operation]!(store.tasks.zebra);
    const id = Object.values(store.tasks.zebra).find((id) => path.includes(id));
    if (id === undefined) {
      const { status } = await ask("ada", method, path, body);
      assert(status < 300, operation);
      continue;
    }
    const { etag } = await ask("ada", "GET", `tasks/${id}`);
    const withoutVersion = await ask("ada", method, path, body);
    assertEquals([withoutVersion.status, withoutVersion.body.type], [
      428,
      "urn:evertask:problem:precondition-required",
    ]);
    for (const wrong of ['"another"', `W/${etag}`, etag.slice(1, -1), '""']) {
      const { status } = await ask("ada", method, path, body, { "if-match": wrong });
      assertEquals(status, 412, `${operation} ${wrong}`);
    }
    const answer = await ask("ada", method, path, body, { "if-match": etag });
    // Each request must be possible after the previous ones, such as "cancel" after "run".
    assertEquals(answer.status, 200, `${operation}: ${answer.text}`);
    const { body: { items: [action] } } = await ask("ada", "GET", `actions?taskId=${id}`);
    assertEquals([action.id, action.by], [answer.body.actionId, "ada"], operation);
  }
});

Deno.test("if operators change a task concurrently, one succeeds and the others get 412", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const path = `tasks/${store.tasks.apple.waiting}`;
  const { etag } = await ask("ada", "GET", path);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, priority) => {
      const user = priority % 2 === 0 ? "ada" : "bob";
      return ask(user, "PATCH", path, { priority: priority + 2 }, { "if-match": etag });
    }),
  );
  const statuses = answers.map(({ status }) => status);
  assertEquals(statuses.filter((status) => status === 200).length, 1);
  assertEquals(statuses.filter((status) => status === 412).length, 19);
  const { body } = await ask("ada", "GET", path);
  assertEquals(body.priority, statuses.indexOf(200) + 2);
});

Deno.test("a change that does not apply is rejected with the reason", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const { waiting, failed } = store.tasks.apple;
  const refused: [method: string, id: string, path: string, body: unknown, reason: string][] = [
    ["POST", waiting, `tasks/${waiting}/retry`, {}, "waiting"],
    ["PATCH", failed, `tasks/${failed}`, { priority: 1 }, "ended"],
    ["POST", failed, `series/${failed}/pause`, { reason }, "oneShot"],
  ];
  for (const [method, id, path, body, reason] of refused) {
    const { etag } = await ask("ada", "GET", `tasks/${id}`);
    const answer = await ask("ada", method, path, body, { "if-match": etag });
    assertEquals([answer.status, answer.body.reason], [409, reason]);
    assert(answer.body.detail !== "");
  }
});

Deno.test("destructive changes require a reason, and bodies with unknown members are rejected", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const { waiting, series } = store.tasks.apple;
  const wrong: [method: string, path: string, body: unknown, name: string][] = [
    ["DELETE", `tasks/${waiting}`, {}, "reason"],
    ["DELETE", `tasks/${waiting}`, { reason: " " }, "reason"],
    ["POST", `tasks/${waiting}/cancel`, {}, "reason"],
    ["POST", `series/${series}/pause`, {}, "reason"],
    ["PATCH", `series/${series}`, { schedule: "* * * * *" }, "reason"],
    ["POST", "bulk/cancel", { filter: { queue: ["apple"] } }, "reason"],
    ["POST", "queues/apple/pause", {}, "reason"],
    ["POST", "workers/worker-1/drain", {}, "reason"],
    ["POST", "limits/release", { type: "apple-mail", key: "" }, "reason"],
    ["POST", "audit/purge", { policy: { statusAuditDays: 1 } }, "reason"],
    ["POST", "audit/purge", { policy: { statusDays: 1 }, reason }, "statusDays"],
    ["PATCH", `tasks/${waiting}`, { priorty: 1 }, "priorty"],
    ["PATCH", `tasks/${waiting}`, { priority: "1" }, "priority"],
    ["POST", "bulk/cancel", { filter: { queues: ["apple"] }, reason }, "queues"],
  ];
  const { etag } = await ask("ada", "GET", `tasks/${waiting}`);
  for (const [method, path, body, name] of wrong) {
    const answer = await ask("ada", method, path, body, { "if-match": etag });
    assertEquals(answer.status, 400, `${path} ${answer.text}`);
    assertEquals(answer.body.errors[0].name, name);
  }
  assertEquals((await ask("ada", "GET", `tasks/${waiting}`)).etag, etag);
  const bad: [path: string, body: unknown][] = [
    [`series/${series}`, { schedule: "every day", reason }],
    [`series/${series}`, { schedule: { kind: "weekly" }, reason }],
    [`tasks/${waiting}`, {}],
    [`tasks/${waiting}`, { at: "2030-01-01T00:00:00Z", delayMs: 1 }],
  ];
  for (const [path, body] of bad) {
    const id = path.split("/")[1];
    const { etag } = await ask("ada", "GET", `tasks/${id}`);
    const answer = await ask("ada", "PATCH", path, body, { "if-match": etag });
    assertEquals(answer.status, 400, `${path} ${answer.text}`);
  }
  assertEquals((await ask("ada", "POST", "bulk/cancel", { filter: {}, reason })).status, 400);
  assertEquals((await ask("ada", "POST", "queues/nowhere/pause", { reason })).status, 400);
});

Deno.test("editing a payload, alone or with a retry, requires the right to see payloads", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const path = `tasks/${store.tasks.apple.waiting}`;
  const { etag } = await ask("ada", "GET", path);
  const edit = (user: string) =>
    ask(user, "PATCH", path, { payload: { n: 2 } }, { "if-match": etag });
  assertEquals((await edit("operator")).status, 403);
  assertEquals((await edit("ada")).status, 200);
  assertEquals((await ask("ada", "GET", path)).body.payload.value, { n: 2 });
  const failed = store.tasks.apple.failed;
  const { etag: seen } = await ask("ada", "GET", `tasks/${failed}`);
  const retry = (user: string) =>
    ask(user, "POST", `tasks/${failed}/retry`, { payload: { n: 3 } }, { "if-match": seen });
  assertEquals((await retry("operator")).status, 403);
  assertEquals((await retry("ada")).status, 200);
  assertEquals((await ask("ada", "GET", `tasks/${failed}`)).body.payload.value, { n: 3 });
  const { body } = await ask("operator", "GET", "actions?verb=edit");
  assertEquals([body.items[0].before, body.items[0].after], [null, null]);
});

Deno.test("a user with a filter can neither move a task out of the filter nor choose a task key", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const path = `tasks/${store.tasks.apple.waiting}`;
  const { etag } = await ask("ada", "GET", path);
  const moved = await ask("by queue", "PATCH", path, { queue: "zebra" }, { "if-match": etag });
  assertEquals(moved.status, 403);
  const body = { filter: { type: ["apple-report"] }, edit: { queue: "zebra" }, reason };
  assertEquals((await ask("by queue", "POST", "bulk/edit", body)).status, 403);
  const key = { type: "apple-report", queue: "apple", key: "zebra:later", tags: ["tenant:apple"] };
  for (const user of ["by type", "by queue", "by key", "by tag"]) {
    assertEquals((await ask(user, "POST", "tasks", key)).status, 403, user);
  }
  const { key: _, ...unkeyed } = key;
  const own = await ask("by key", "POST", "tasks", unkeyed, { "idempotency-key": "1" });
  assertEquals(own.status, 201, own.text);
  const { body: task } = await ask("by key", "GET", `tasks/${own.body.id}`);
  assertEquals(task.taskKey, "apple:api:by key:1");
});

Deno.test("a bulk change has a dry run, and is applied in batches", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const ask = makeApi(everTask);
  const filter = { type: ["apple-report", "zebra-report"], recurring: false };
  const dry = await ask("ada", "POST", "bulk/cancel", { filter, reason, dryRun: true });
  assertEquals([dry.status, dry.body.changed, dry.body.actionId], [200, 2, null]);
  let after: string | null | undefined;
  let changed = 0;
  while (after !== null) {
    const body = { filter, reason, limit: 1, ...after === undefined ? {} : { after } };
    const batch = await ask("ada", "POST", "bulk/cancel", body);
    assertEquals(batch.status, 200, batch.text);
    changed += batch.body.changed;
    after = batch.body.next;
  }
  assertEquals(changed, 2);
  const { body } = await ask("ada", "GET", "actions?verb=cancel");
  assertEquals([body.items[0].changed, body.items[0].next], [2, null]);
  const hidden = { filter: { error: "s3cret" }, reason, dryRun: true };
  assertEquals((await ask("redacted", "POST", "bulk/retry", hidden)).status, 403);
});
