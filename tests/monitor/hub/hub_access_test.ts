// Access to the hub, and its invalid options.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { formatMessage, type Logger, silentLogger } from "../../../src/log/logger.ts";
import type { MonitorHubOptions } from "../../../src/monitor/mod.ts";
import { makeHub, webSocketHeaders } from "../support/asked_hub.ts";

Deno.test("pages of other sites may not connect unless they are allowed", async () => {
  const { ask } = makeHub({ allowedOrigins: ["https://admin.example.com"] });
  const negotiate = (origin: string, method = "POST") =>
    ask("/negotiate", { method, headers: { origin } });

  assertEquals((await negotiate("https://evil.example.com")).status, 403);
  assertEquals((await negotiate("null")).status, 403);
  assertEquals((await negotiate("https://admin.example.com.evil.example")).status, 403);
  const own = await negotiate("http://localhost");
  assertEquals(own.status, 200);
  assertEquals(own.headers.get("access-control-allow-origin"), null);
  const allowed = await negotiate("https://admin.example.com");
  assertEquals(allowed.headers.get("access-control-allow-origin"), "https://admin.example.com");
  assertEquals(allowed.headers.get("access-control-allow-credentials"), "true");
  const wanted = { "access-control-request-headers": "x-requested-with" };
  const asks = await ask("/negotiate", {
    method: "OPTIONS",
    headers: { origin: "https://admin.example.com", ...wanted },
  });
  assertEquals(asks.headers.get("access-control-allow-headers"), "x-requested-with");
  const preflight = await negotiate("https://admin.example.com", "OPTIONS");
  assertEquals(preflight.headers.has("access-control-allow-headers"), false);
  assertEquals(preflight.status, 204);
  assertEquals(preflight.headers.get("access-control-allow-methods"), "GET, POST, DELETE");
  const any = await makeHub({ allowedOrigins: "*" }).ask("/negotiate", {
    method: "POST",
    headers: { origin: "https://anywhere.example" },
  });
  assertEquals(any.headers.get("access-control-allow-origin"), "*");
  assertEquals(any.headers.get("access-control-allow-credentials"), null);
});

Deno.test("a page of the same host is its own only under the same port", async () => {
  const { hub } = makeHub();
  const ask = (origin: string, host: string, init: RequestInit = { method: "POST" }) =>
    hub.fetch(
      new Request(`http://${host}${hub.path}/negotiate`, { ...init, headers: { origin, host } }),
    );
  for (
    const [origin, host, status] of [
      ["http://localhost:8080", "localhost:8080", 200],
      ["http://localhost:8081", "localhost:8080", 403],
      ["http://localhost", "localhost:8080", 403],
      ["http://localhost:8080", "localhost", 403],
      ["http://localhost:80", "localhost", 200],
      ["https://localhost:443", "localhost", 200],
      ["http://127.0.0.1:8080", "localhost:8080", 403],
      ["tauri://localhost", "localhost", 403],
      ["capacitor://localhost:8080", "localhost:8080", 403],
      ["ws://localhost", "localhost", 403],
    ] as const
  ) {
    assertEquals((await ask(origin, host)).status, status, `${origin} asks ${host}`);
    if (status === 403) assertEquals((await ask(origin, host, { method: "OPTIONS" })).status, 403);
  }
});

Deno.test("responses that differ by origin have the Vary header, for caches", async () => {
  const origin = "https://admin.example.com";
  for (const allowedOrigins of [[origin], "*"] as const) {
    const { ask } = makeHub({ allowedOrigins });
    for (const method of ["POST", "OPTIONS"]) {
      const { headers } = await ask("/negotiate", { method, headers: { origin } });
      assertEquals(headers.get("vary"), "origin", method);
    }
  }
});

Deno.test("a WebSocket of another site's page is refused, which CORS alone would not do", async () => {
  const { ask } = makeHub({
    upgrade: () => {
      throw new Error("must not be reached");
    },
  });
  const headers = { upgrade: "websocket", origin: "https://evil.example.com" };
  assertEquals((await ask("", { headers })).status, 403);
});

Deno.test("the token is read from the header or the query, or checked by a function", async () => {
  const { ask } = makeHub({ accessToken: token });
  const { headers } = await ask("/negotiate", { method: "POST" });
  assertEquals(headers.get("www-authenticate"), "Bearer");
  const post = (path: string, headers: HeadersInit = {}) =>
    ask(path, { method: "POST", headers }).then(({ status }) => status);
  assertEquals(await post("/negotiate"), 401);
  assertEquals(await post("/negotiate", { authorization: `Bearer ${token}` }), 200);
  assertEquals(await post("/negotiate", { authorization: `Basic ${token}` }), 401);
  assertEquals(await post(`/negotiate?access_token=${token}`), 200);
  assertEquals(await post("/negotiate?access_token=0123456789abcdeF"), 401);
  assertEquals(await post("?id=guessed"), 401);

  const asked: (string | null)[] = [];
  const judged = makeHub({
    accessToken: (presented, request) => {
      asked.push(presented);
      return Promise.resolve(request.headers.get("cookie") === "session=1");
    },
  });
  const answer = await judged.ask("/negotiate?access_token=t", {
    method: "POST",
    headers: { cookie: "session=1" },
  });
  assertEquals(answer.status, 200);
  assertEquals((await judged.ask("/negotiate", { method: "POST" })).status, 401);
  assertEquals(asked, ["t", null]);
});

/** Returns the status of a negotiation with a hub at `host`. A page adds its origin as a header. */
async function negotiateUnder(
  options: MonitorHubOptions,
  host: string,
  headers: HeadersInit = {},
): Promise<number> {
  const { hub } = makeHub(options);
  const url = `http://${host}${hub.path}/negotiate`;
  const { status } = await hub.fetch(new Request(url, { method: "POST", headers }));
  hub.close();
  return status;
}

const loopbackHosts = ["localhost", "localhost:8080", "app.localhost", "LOCALHOST.", "127.0.0.1"];
const addresses = [
  "127.1.2.3:80",
  "[::1]:8080",
  "[::ffff:127.0.0.1]",
  "10.1.2.3:8080",
  "[fd00::1]",
];
const names = ["rebound.example", "localhost.example", "127.0.0.1.example", "notlocalhost"];
const token = "0123456789abcdef";

Deno.test("without a token the hub answers only for loopback names and IP addresses", async () => {
  for (const host of [...loopbackHosts, ...addresses]) {
    assertEquals(await negotiateUnder({}, host), 200, host);
    assertEquals(await negotiateUnder({}, host, { origin: `http://${host}` }), 200, host);
  }
  for (const host of names) {
    assertEquals(await negotiateUnder({}, host), 403, host);
    assertEquals(await negotiateUnder({}, host, { origin: `http://${host}` }), 403, host);
  }
});

Deno.test("with a token the hub answers for any host", async () => {
  const headers = { authorization: `Bearer ${token}` };
  for (const host of [...loopbackHosts, ...addresses, ...names]) {
    assertEquals(await negotiateUnder({ accessToken: token }, host, headers), 200, host);
    assertEquals(await negotiateUnder({ accessToken: () => true }, host), 200, host);
  }
});

Deno.test("allowedHosts is the exact list of hosts for which the hub answers", async () => {
  for (const options of [{}, { accessToken: () => true }]) {
    const some = { ...options, allowedHosts: ["Tasks.example", "10.0.0.1", "[::1]"] };
    for (const host of ["tasks.example", "TASKS.example.:8080", "10.0.0.1:1", "[::1]:1"]) {
      assertEquals(await negotiateUnder(some, host), 200, host);
    }
    for (const host of ["localhost", "sub.tasks.example", "10.0.0.2", "rebound.example"]) {
      assertEquals(await negotiateUnder(some, host), 403, host);
    }
    assertEquals(await negotiateUnder({ ...options, allowedHosts: [] }, "localhost"), 403);
    assertEquals(await negotiateUnder({ ...options, allowedHosts: "*" }, "rebound.example"), 200);
  }
});

Deno.test("the Host header decides which host is asked, whatever the URL of the request", async () => {
  const headers = (host: string, origin: string) => ({ host, origin: `http://${origin}` });
  assertEquals(await negotiateUnder({}, "localhost", headers("rebound.example", "localhost")), 403);
  assertEquals(await negotiateUnder({}, "evil.example", headers("localhost", "evil.example")), 403);
  assertEquals(await negotiateUnder({}, "localhost", { host: "rebound.example" }), 403);
  assertEquals(await negotiateUnder({}, "evil.example", { host: "localhost" }), 200);
  assertEquals(await negotiateUnder({}, "localhost", { host: "a b%%" }), 400);
  // A proxy ended TLS, so the hub sees another scheme, and another default port, than the page.
  const tls = { host: "localhost:443", origin: "https://localhost" };
  assertEquals(await negotiateUnder({}, "localhost", tls), 200);
});

Deno.test("a WebSocket request without an Origin header is not refused for its host", async () => {
  const { hub } = makeHub();
  const ask = async (headers: HeadersInit) => {
    const url = `http://tasks.example${hub.path}`;
    const request = new Request(url, { headers: { upgrade: "websocket", ...headers } });
    return (await hub.fetch(request)).status;
  };
  assertEquals(await ask({}), 400); // the hub was set up without WebSockets
  assertEquals(await ask({ origin: "http://tasks.example" }), 403);
});

for (
  const [what, options, host, warnings] of [
    ["reached at an address without a token", {}, "10.1.2.3:8080", ["is reached at 10.1.2.3:"]],
    ["reached at a name without a token", { allowedHosts: "*" }, "a.example", [
      "reached at a.example",
    ]],
    ["asked under a host that is not allowed", {}, "a.example", [
      "a request for the host a.example:",
    ]],
    ["reached at loopback without a token", {}, "127.0.0.1:8080", []],
    ["reached at an address with a token", { accessToken: token }, "10.1.2.3", []],
    ["open to everybody on purpose", { accessToken: () => true }, "10.1.2.3", []],
  ] satisfies [string, MonitorHubOptions, string, string[]][]
) {
  Deno.test(`a hub that is ${what} warns ${warnings.length === 0 ? "of nothing" : "once"}`, async () => {
    const told: string[] = [];
    const warn: Logger["warn"] = (message, properties) =>
      told.push(formatMessage(message, properties));
    const { hub } = makeHub({ ...options, logger: { ...silentLogger, warn } });
    for (const path of ["/negotiate", "/negotiate", ""]) {
      await hub.fetch(
        new Request(`http://${host}${hub.path}${path}?access_token=${token}`, { method: "POST" }),
      );
    }
    hub.close();
    assertEquals(told.length, warnings.length, told.join());
    told.forEach((line, index) => assertStringIncludes(line, warnings[index]!));
  });
}

Deno.test("an error of an application's function is logged, and admits no client", async () => {
  const told: unknown[] = [];
  const error: Logger["error"] = (_, properties) => told.push(properties?.error);
  const failure = new Error("the database is down");
  const throws = () => {
    throw failure;
  };
  const logger = { ...silentLogger, error };
  const options: [MonitorHubOptions, string, RequestInit][] = [
    [{ accessToken: throws }, "/negotiate", { method: "POST" }],
    [{ accessToken: () => Promise.reject(failure) }, "/negotiate", { method: "POST" }],
    [{ upgrade: throws }, "", { headers: webSocketHeaders }],
  ];
  for (const [each, path, init] of options) {
    const { ask } = makeHub({ ...each, logger });
    assertEquals((await ask(path, init)).status, 500);
    assertEquals(told.pop(), failure);
  }
});

Deno.test("invalid options are rejected at once", () => {
  for (
    const options of [
      { accessToken: "short" },
      { accessToken: token.slice(1) },
      { path: "monitoring" },
      { allowedHosts: "tasks.example" },
      { allowedHosts: ["tasks.example:8080"] },
      { allowedHosts: ["http://tasks.example"] },
      { allowedHosts: ["::1"] },
      { allowedHosts: [5] },
      { maxPendingConnections: 0 },
      { allowedOrigins: ["https://admin.example.com/"] },
      { maxBacklog: 0 },
      { maxClients: 1.5 },
      { clientTimeout: -1 },
    ]
  ) {
    assertThrows(() => makeHub(options as MonitorHubOptions), InvalidArgumentError);
  }
  const error = assertThrows(() => makeHub({ accessToken: "secret" }), InvalidArgumentError);
  assert(!error.message.includes("secret"));
});
