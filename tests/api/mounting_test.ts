// Tests the API in several servers, under a path, and behind a proxy that removes the path.

import { assert, assertEquals } from "@std/assert";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { authorizePeople, createApi } from "../../src/api/mod.ts";
import { mounts } from "./mounts.ts";

const token = "0123456789abcdef0123456789abcdef";
const mail = defineTask<unknown>({ type: "mail", handle() {} });

for (const [name, [path, mount]] of Object.entries(mounts)) {
  Deno.test(`${name} serves the API: reads, changes, sessions and events`, async () => {
    await using everTask = createEverTask({
      storage: memoryStorage(),
      tasks: [mail],
      logger: silentLogger,
    });
    const authorize = authorizePeople([{ user: "ada", token, can: ["view", "operate"] }]);
    const api = createApi(everTask, { authorize, path, logger: silentLogger });
    await using mounted = await mount(api);
    const { url } = mounted;
    const bearer = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${url}/api/v1/${path}`, { headers: bearer, ...init });
      return { response, body: await response.json() };
    };
    assertEquals((await ask("me")).body.user, "ada");
    assertEquals((await ask("me", { headers: {} })).response.status, 401);
    assertEquals((await ask("other")).response.status, 404);
    const stored = await ask("tasks", {
      method: "POST",
      body: JSON.stringify({ type: "mail", payload: "é".repeat(50_000), delayMs: 60_000 }),
    });
    assertEquals(stored.response.status, 201);
    await ask("tasks", { method: "POST", body: JSON.stringify({ type: "mail", delayMs: 60_000 }) });

    // Relative URLs lead from a page to the next one, and from the description to the API.
    const { response: page } = await ask("tasks?limit=1");
    const [, next] = /^<([^>]+)>/.exec(page.headers.get("link")!)!;
    const second = await fetch(new URL(next!, page.url), { headers: bearer });
    assertEquals((await second.json()).items.length, 1);
    const { body: document, response: described } = await ask("openapi.json");
    const server = new URL(document.servers[0].url, described.url).href.replace(/\/$/, "");
    assertEquals(server, url);

    // The cookie has no path, so browsers send it to the folder of the request's URL and below.
    const signedIn = await ask("session", { method: "POST", body: JSON.stringify({ token }) });
    const cookie = signedIn.response.headers.get("set-cookie")!;
    assert(!cookie.includes("Path="), cookie);
    const session = { cookie: cookie.split(";")[0]! };
    assertEquals((await ask("me", { headers: session })).body.user, "ada");

    const abort = new AbortController();
    const events = await fetch(`${url}/api/v1/events`, { headers: bearer, signal: abort.signal });
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, ":\n\n");
    await everTask.dispatch(mail, null, { delay: { hours: 1 } });
    assert((await reader.read()).value!.includes('"kind":"dispatched"'));
    abort.abort();
    await reader.read().catch(() => {});
  });
}

Deno.test("without authorize, each server admits requests from this machine", async () => {
  for (const [name, [path, mount]] of Object.entries(mounts)) {
    await using everTask = createEverTask({
      storage: memoryStorage(),
      tasks: [],
      logger: silentLogger,
    });
    await using mounted = await mount(createApi(everTask, { path, logger: silentLogger }));
    const response = await fetch(`${mounted.url}/api/v1/me`);
    assertEquals(response.status, name.includes("proxy") ? 403 : 200, name);
    await response.body?.cancel();
  }
});

Deno.test("an API with a path responds 404 to requests outside of it", async () => {
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [],
    logger: silentLogger,
  });
  const user = { user: "ada", can: ["view"] } as const;
  const api = createApi(everTask, { path: "/ops/", authorize: () => user, logger: silentLogger });
  const status = async (path: string) =>
    (await api.fetch(new Request(`http://localhost${path}`))).status;
  assertEquals(await status("/ops/api/v1/me"), 200);
  for (const path of ["/api/v1/me", "/opsapi/v1/me", "/ops", "/other/ops/api/v1/me"]) {
    assertEquals(await status(path), 404, path);
  }
});
