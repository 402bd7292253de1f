// Tests users who may see only one tenant. On every route in the description, no response body,
// header or file contains data of the other tenant. New routes are tested automatically.

import { assert, assertEquals, assertFalse } from "@std/assert";
import { type AuthorizedUser, createApi } from "../../src/api/mod.ts";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { authorizeByName, makeTenantStore, scopesOf, secretOf } from "./tenants.ts";
import { type Call, callsOf } from "./walk.ts";

const all = ["view", "payloads", "operate", "admin"] as const;
const { types, queues, taskKeyPrefix, tags } = scopesOf("apple");
const users: Readonly<Record<string, AuthorizedUser>> = {
  everything: { user: "everything", can: all },
  "one by type": { user: "one", can: all, filter: { types } },
  "one by queue": { user: "one", can: all, filter: { queues } },
  "one by tag": { user: "one", can: all, filter: { tags } },
  "one by key": { user: "one", can: all, filter: { taskKeyPrefix } },
  redacted: {
    user: "redacted",
    can: all,
    redact: (text, { kind }) =>
      kind === "payload" ? '"hidden"' : text.replaceAll(/\w+-s3cret/g, "hidden"),
  },
  "no payloads": { user: "no payloads", can: ["view"] },
};
const ofOneTenant = Object.keys(users).filter((user) => users[user]!.filter !== undefined);

const store = await makeTenantStore();
Deno.test.afterAll(() => store.everTask.stop());
const { fetch } = createApi(store.everTask, {
  authorize: authorizeByName(users),
  logger: silentLogger,
});

/** Sends a request as a user, and reads the whole response. */
async function ask(user: string, { method, path }: Pick<Call, "method" | "path">) {
  const request = new Request(`http://localhost${path}`, { method, headers: { "x-user": user } });
  const response = await fetch(request);
  const headers = [...response.headers].map((header) => header.join(": "));
  const body = await response.text();
  return { status: response.status, body, text: [...headers, body].join("\n") };
}

const { body } = await ask("everything", { method: "GET", path: "/api/v1/openapi.json" });
const calls = [...callsOf(JSON.parse(body), store)];

Deno.test("every operation succeeds in at least one call for a user without a filter", async () => {
  const answered = new Set<string>();
  const shown = new Set<string>();
  for (const call of calls) {
    const { status, text } = await ask("everything", call);
    assert(status < 500, call.path);
    if (status < 300) answered.add(call.operation);
    if (text.includes("zebra")) shown.add(call.operation);
  }
  assertEquals([...answered], [...new Set(calls.map(({ operation }) => operation))]);
  // The calls can detect a leak only if they find the other tenant for users who may see it.
  assert(shown.size > 8, [...shown].join());
});

for (const user of ofOneTenant) {
  Deno.test(`filter ${user}: no response contains data of another tenant`, async () => {
    const own = new Set<string>();
    for (const call of calls) {
      const { status, text } = await ask(user, call);
      const what = `${call.operation} ${call.path} is answered ${status}: ${text}`;
      assert(status < 500, what);
      const isOfOther = Object.values(store.tasks.zebra).includes(call.id!);
      if (isOfOther) assertEquals(status, status === 400 ? 400 : 404, what);
      assertFalse(text.includes("zebra"), what);
      for (const id of Object.values(store.tasks.zebra)) {
        assertFalse(!call.path.includes(id) && text.includes(id), what);
      }
      if (text.includes("apple")) own.add(call.operation);
    }
    for (const operation of ["/tasks", "/tasks/{id}", "/tasks/{id}/logs", "/series", "/me"]) {
      assert(own.has(`GET /api/v1${operation}`), operation);
    }
  });
}

Deno.test("routes that summarize the whole store reject users with a filter", async () => {
  const paths = [
    "queues",
    "workers",
    "statistics",
    "audit/growth",
    "audit/preview",
    "activity",
    "failures",
    "limits",
  ];
  for (const path of paths) {
    const { status } = await ask("one by key", { method: "GET", path: `/api/v1/${path}` });
    assertEquals(status, 403, path);
  }
});

Deno.test("a user's filter restricts every search and count", async () => {
  const { apple, zebra } = store.tasks;
  const both = `id=${apple.failed}&id=${zebra.failed}`;
  const asked: [query: string, count: number][] = [
    ["", 3],
    [both, 1],
    ["type=apple-mail&type=zebra-mail", 1],
    ["queue=apple&queue=zebra", 3],
    ["queue=zebra", 0],
    ["tag=mail", 1],
    ["tag=tenant:zebra", 0],
    ["tag=tenant:apple&tag=mail", 1],
    ["keyPrefix=apple", 3],
    ["keyPrefix=apple:m", 1],
    ["keyPrefix=zebra", 0],
    ["key=zebra:mail", 0],
    ["key=apple:mail", 1],
  ];
  for (const user of ofOneTenant) {
    for (const [query, count] of asked) {
      const page = await ask(user, { method: "GET", path: `/api/v1/tasks?${query}` });
      assertEquals(JSON.parse(page.body).items.length, count, `${user}: ${query}`);
      const counted = await ask(user, { method: "GET", path: `/api/v1/tasks/count?${query}` });
      assertEquals(JSON.parse(counted.body), { count, exact: true }, `${user}: ${query}`);
    }
  }
});

Deno.test("redacted text is in no response, and cannot be searched for", async () => {
  const replaced = new Set<string>();
  for (const call of calls) {
    const { status, text } = await ask("redacted", call);
    assert(status < 500, call.path);
    assertFalse(/s3cret|s<n>cret/.test(text), `${call.path}: ${text}`);
    if (text.includes("hidden")) replaced.add(call.operation);
  }
  const expected = ["/tasks", "/tasks/{id}", "/tasks/{id}/explain", "/tasks/{id}/transitions"];
  for (const operation of [...expected, "/tasks/{id}/logs"]) {
    assert(replaced.has(`GET /api/v1${operation}`), operation);
  }
  for (const path of ["tasks", "tasks/count"]) {
    const { status } = await ask("redacted", { method: "GET", path: `/api/v1/${path}?error=s3` });
    assertEquals(status, 403);
  }
});

Deno.test("if redact fails, the request fails without returning the text", async () => {
  const failing: unknown[] = [
    () => {
      throw new Error(secretOf("apple"));
    },
    () => undefined,
    () => Promise.resolve("late"),
    () => 1,
  ];
  for (const redact of failing) {
    const user = { user: "ada", can: all, redact } as AuthorizedUser;
    const api = createApi(store.everTask, { authorize: () => user, logger: silentLogger });
    const id = store.tasks.apple.failed;
    const answer = await api.fetch(new Request(`http://localhost/api/v1/tasks/${id}`));
    assertEquals(answer.status, 500);
    assertFalse((await answer.text()).includes("s3cret"));
  }
});

Deno.test("without the right to see payloads, no response contains a payload", async () => {
  for (const call of calls) {
    const { text } = await ask("no payloads", call);
    assertFalse(text.includes('{"text"') || text.includes('{\\"text\\"'), call.path);
  }
});

Deno.test("if authorize returns an invalid user, the request is rejected", async () => {
  const wrong = [
    { user: "ada", can: ["view", "everything"] },
    { user: "ada", can: ["view"], filters: { queues: ["apple"] } },
    { user: "ada", can: ["view"], filter: { queue: ["apple"] } },
    { user: "ada", can: ["view"], filter: { queues: "apple" } },
    { user: "ada", can: ["view"], filter: { statuses: ["Failed"] } },
    { user: "ada", can: ["view"], filter: null },
    { user: "ada", can: ["view"], redact: "x" },
  ];
  for (const user of wrong) {
    const authorize = () => user as unknown as AuthorizedUser;
    const api = createApi(store.everTask, { authorize, logger: silentLogger });
    const { status } = await api.fetch(new Request("http://localhost/api/v1/tasks"));
    assertEquals(status, 500, JSON.stringify(user));
  }
});

Deno.test("only users who see payloads unchanged may search by them, among the tasks that they see", async () => {
  for (const path of ["tasks", "tasks/count"]) {
    for (const [user, status] of [["no payloads", 403], ["redacted", 403], ["everything", 200]]) {
      const call = { method: "GET", path: `/api/v1/${path}?payload=text%3Dzebra-s3cret` };
      assertEquals((await ask(String(user), call)).status, status, `${user} ${path}`);
    }
  }
  const found = async (user: string, condition: string) => {
    const path = `/api/v1/tasks?payload=${encodeURIComponent(condition)}`;
    const { status, body } = await ask(user, { method: "GET", path });
    return status === 200 ? JSON.parse(body).items.length : status;
  };
  assertEquals(await found("everything", "text=zebra-s3cret"), 3);
  assertEquals(await found("everything", 'text="zebra-s3cret"'), 3);
  assertEquals(await found("everything", "text=zebra"), 0);
  for (const user of ofOneTenant) assertEquals(await found(user, "text=zebra-s3cret"), 0, user);
  for (const wrong of ["text", "=x", "a..b=1"]) {
    assertEquals(await found("everything", wrong), 400, wrong);
  }
});

Deno.test("explain redacts the reason of a pause, and counts no tasks of others", async () => {
  const task = defineTask<null>({ type: "mail", handle() {} });
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks: [task], logger: silentLogger });
  const { id } = await everTask.dispatch(task, null, { taskKey: "apple:1" });
  for (const key of ["zebra:1", "zebra:2"]) await everTask.dispatch(task, null, { taskKey: key });
  const { fetch } = createApi(everTask, {
    authorize: authorizeByName(users),
    logger: silentLogger,
  });
  const explained = async (user: string) => {
    const url = `http://localhost/api/v1/tasks/${id}/explain`;
    return await (await fetch(new Request(url, { headers: { "x-user": user } }))).json();
  };
  await everTask.queues.pause("default", { by: "root", reason: "zebra-s3cret broke" });
  assertEquals((await explained("everything")).reasons[0].why, "zebra-s3cret broke");
  assertFalse(JSON.stringify(await explained("redacted")).includes("s3cret"));
  assertFalse(/zebra|root/.test(JSON.stringify(await explained("one by key"))));
  await everTask.queues.resume("default");
  await storage.registerWorker({
    id: "w",
    host: "h",
    serves: { queues: [{ name: "default", parallelism: 1 }], types: ["mail"] },
  });
  const { reasons: [reason] } = await explained("one by key");
  assertEquals([reason.kind, reason.due, reason.exact], ["inLine", 1, false]);
});
