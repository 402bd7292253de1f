// Tests access to the API, and which data users can see.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { createEverTask, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { type AuthorizedUser, createApi } from "../../src/api/mod.ts";
import { email, ServedApi } from "./served_api.ts";

const users: Readonly<Record<string, AuthorizedUser>> = {
  ada: { user: "ada", can: ["view", "payloads"] },
  bob: { user: "bob", can: ["view"] },
  eve: { user: "eve", can: [] },
};
const authorize = (request: Request) => users[request.headers.get("x-user") ?? ""] ?? null;
const as = (user: string) => ({ headers: { "x-user": user } });

Deno.test("authorize decides about access on every route", async () => {
  await using served = new ServedApi({ authorize });
  const { id } = await served.everTask.dispatch(email, null);
  const paths = ["tasks", "tasks/count", `tasks/${id}`, `tasks/${id}/explain`, "queues", "workers"];
  for (const path of [...paths, "openapi.json", "other"]) {
    const ask = (user: string) => served.ask(`/api/v1/${path}`, as(user));
    const found = path === "other" ? 404 : 200;
    assertEquals([(await ask("ada")).status, (await ask("bob")).status], [found, found], path);
    const [nobody, eve] = [await ask("nobody"), await ask("eve")];
    assertEquals(nobody.headers.get("www-authenticate"), "Bearer");
    assertEquals([nobody.status, nobody.body.type], [
      401,
      "urn:evertask:problem:not-authenticated",
    ]);
    assertEquals([eve.status, eve.body.type], [403, "urn:evertask:problem:not-allowed"]);
  }
});

Deno.test("payloads are returned only to users with the right to see them", async () => {
  await using served = new ServedApi({ authorize });
  const { id } = await served.everTask.dispatch(email, "a secret of the tenant");
  for (const path of [`/api/v1/tasks/${id}`, "/api/v1/tasks", `/api/v1/tasks/${id}/explain`]) {
    const { body } = await served.ask(path, as("bob"));
    assertEquals(JSON.stringify(body).includes("a secret"), false, path);
  }
  const { body } = await served.ask(`/api/v1/tasks/${id}`, as("ada"));
  assertEquals(body.payload, {
    text: '"a secret of the tenant"',
    value: "a secret of the tenant",
  });
});

Deno.test("if authorize fails or returns an invalid value, the response is 500", async () => {
  for (
    const authorize of [
      () => Promise.reject(new Error("secret")),
      () => ({ user: "ada" }) as never,
      () => true as never,
      () => undefined as never,
    ]
  ) {
    await using served = new ServedApi({ authorize });
    const { status, body } = await served.ask("/api/v1/tasks");
    assertEquals([status, body.type], [500, "urn:evertask:problem:internal-error"]);
    assertEquals(JSON.stringify(body).includes("secret"), false);
    assertEquals(served.log.length, 1);
  }
});

const local = { remoteAddr: { hostname: "127.0.0.1" } };
const ofNode = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });

const asked: [
  what: string,
  headers: Record<string, string>,
  connection: unknown,
  status: number,
][] = [
  ["this machine", { host: "localhost:8000" }, local, 200],
  ["this machine by its address", { host: "127.0.0.1" }, local, 200],
  ["this machine by IPv6", { host: "[::1]" }, { remoteAddr: { hostname: "::1" } }, 200],
  ["this machine, served by Node", { host: "localhost" }, ofNode("::ffff:127.0.0.1"), 200],
  ["another machine", { host: "localhost" }, { remoteAddr: { hostname: "192.0.2.1" } }, 403],
  ["another machine, served by Node", { host: "localhost" }, ofNode("192.0.2.1"), 403],
  ["a foreign name that resolves to this machine", { host: "rebound.example" }, local, 403],
  ["a name that begins with localhost", { host: "localhost.example" }, local, 403],
  ["a proxy", { host: "localhost", "x-forwarded-for": "192.0.2.1" }, local, 403],
  [
    "a proxy with the header Forwarded",
    { host: "localhost", forwarded: "for=192.0.2.1" },
    local,
    403,
  ],
  ["a server that does not pass the address", { host: "localhost" }, undefined, 403],
  ["an invalid host", { host: "a b" }, local, 403],
];

Deno.test("without authorize, only this machine has access", async () => {
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [],
    logger: silentLogger,
  });
  const { fetch } = createApi(everTask);
  for (const [what, headers, connection, status] of asked) {
    const request = new Request("http://localhost/api/v1/tasks", { headers });
    const answer = await fetch(request, connection);
    assertEquals(answer.status, status, what);
    const { detail = "" } = await answer.json();
    if (status === 403) assertStringIncludes(detail, "authorize");
  }
});
