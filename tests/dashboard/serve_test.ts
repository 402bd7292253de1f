// Tests serveDashboard, which serves the dashboard on a port of its own.

import { assertEquals, assertRejects } from "@std/assert";
import { createEverTask, EverTaskError, InvalidArgumentError, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { authorizePeople } from "../../src/api/mod.ts";
import { serveDashboard, type ServeDashboardOptions } from "../../src/dashboard/mod.ts";

function makeEverTask() {
  return createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });
}

/** Serves a dashboard, and returns the server with the lines that it logged. */
async function serve(
  everTask: ReturnType<typeof makeEverTask>,
  options: ServeDashboardOptions = {},
) {
  const lines: string[] = [];
  const info = (_: string, properties: Readonly<Record<string, unknown>> = {}) =>
    void lines.push(String(properties["url"]));
  const logger = { ...silentLogger, info };
  return { server: await serveDashboard(everTask, { port: 0, logger, ...options }), lines };
}

Deno.test("a server without authorize logs a link that signs in once, and leads to the start page", async () => {
  for (const path of ["/", "/ops"]) {
    await using everTask = makeEverTask();
    const { server, lines } = await serve(everTask, { path });
    await using _ = server;
    assertEquals(lines, [server.signInLink!]);
    const signedOut = await fetch(`${server.url}api/v1/me`);
    const signedIn = await fetch(lines[0]!, { redirect: "manual" });
    const again = await fetch(lines[0]!, { redirect: "manual" });
    for (const response of [signedOut, signedIn, again]) await response.body?.cancel();
    assertEquals([signedOut.status, signedIn.status, again.status], [401, 303, 401]);
    assertEquals(new URL(signedIn.headers.get("location")!, lines[0]).href, server.url);
    assertEquals(again.headers.get("set-cookie"), null);

    const cookie = signedIn.headers.get("set-cookie")!.split(";")[0]!;
    const me = await (await fetch(`${server.url}api/v1/me`, { headers: { cookie } })).json();
    assertEquals(me.can, ["view", "payloads", "operate", "admin"]);
  }
});

Deno.test("a server with authorize logs its URL", async () => {
  await using everTask = makeEverTask();
  const token = "0123456789abcdef0123456789abcdef";
  const authorize = authorizePeople([{ user: "ada", token, can: ["view"] }]);
  const { server, lines } = await serve(everTask, { authorize, hostname: "0.0.0.0" });
  await using _ = server;
  assertEquals([server.signInLink, lines], [null, [server.url]]);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}api/v1/me`, { headers });
  assertEquals((await response.json()).user, "ada");
});

Deno.test("a server without authorize listens on loopback only", async () => {
  await using everTask = makeEverTask();
  for (const hostname of ["0.0.0.0", "::", "example.org", "192.0.2.1"]) {
    await assertRejects(
      () => serveDashboard(everTask, { hostname, port: 0 }),
      InvalidArgumentError,
      "authorize",
    );
  }
  for (const hostname of ["localhost", "127.0.0.1"]) {
    const { server } = await serve(everTask, { hostname });
    await using _ = server;
    assertEquals(new URL(server.url).hostname, hostname);
  }
});

Deno.test("the error about an occupied port names the port", async () => {
  await using everTask = makeEverTask();
  const { server } = await serve(everTask);
  await using _ = server;
  const port = Number(new URL(server.url).port);
  await assertRejects(() => serveDashboard(everTask, { port }), EverTaskError, `port ${port}`);
});

Deno.test("stopping the server ends open streams, but not the EverTask instance", async () => {
  await using everTask = makeEverTask();
  const authorize = () => ({ user: "ada", can: ["view"] }) as const;
  const { server } = await serve(everTask, { authorize });
  const events = await fetch(`${server.url}api/v1/events`);
  const reader = events.body!.getReader();
  await reader.read();
  await server.stop();
  await assertRejects(() => reader.read());
  await assertRejects(() => fetch(server.url));
  assertEquals(await everTask.operate.workers(), []);
});
