// Tests authorizePeople: bearer tokens, session cookies and sign-in links, and rejected requests.

import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import { createEverTask, InvalidArgumentError, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { type ApiOptions, authorizePeople, createApi, type Person } from "../../src/api/mod.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks: [], logger: silentLogger });
Deno.test.afterAll(() => everTask.stop());

const tokens = {
  ada: "ada-0123456789abcdef0123456789abcdef",
  bob: "bob-0123456789abcdef0123456789abcdef",
};
const people: readonly Person[] = [
  { user: "ada", token: tokens.ada, can: ["view", "payloads"] },
  { user: "bob : é", token: tokens.bob, can: ["view"], filter: { queues: ["bob"] } },
];
const local = { remoteAddr: { hostname: "127.0.0.1" } };

/** Creates an API with a fake clock, and returns functions that send requests to it. */
function makeApi(options: ApiOptions = {}) {
  const clock = new FakeClock();
  const authorize = authorizePeople(people, { clock });
  const api = createApi(everTask, { authorize, clock, logger: silentLogger, ...options });
  const ask = (path: string, init: RequestInit = {}, connection: unknown = local) =>
    api.fetch(new Request(`http://localhost:8000/api/v1/${path}`, init), connection);
  const post = (body: unknown, headers: Record<string, string> = {}, connection?: unknown) =>
    ask("session", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    }, connection);
  const me = async (headers: Record<string, string>) => {
    const response = await ask("me", { headers });
    return response.status === 200 ? (await response.json()).user : response.status;
  };
  return { clock, authorize, api, ask, post, me };
}

/** Returns the name and value of the response's cookie, as sent back by browsers. */
function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

Deno.test("a bearer token identifies its person", async () => {
  const { me } = makeApi();
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  assertEquals(await me(bearer(tokens.ada)), "ada");
  assertEquals(await me({ authorization: `bearer  ${tokens.bob} ` }), "bob : é");
  for (const wrong of [`${tokens.ada}x`, tokens.ada.slice(0, -1), tokens.ada.toUpperCase(), ""]) {
    assertEquals(await me(bearer(wrong)), 401);
  }
  assertEquals(await me({ authorization: tokens.ada }), 401);
  assertEquals(await me({}), 401);
});

Deno.test("people can be given as a string, such as the value of an environment variable", async () => {
  const authorize = authorizePeople(`ada:${tokens.ada}:view+operate\n  bob:${tokens.bob}:view`);
  const headers = { authorization: `Bearer ${tokens.ada}` };
  assertEquals(await authorize(new Request("http://localhost/", { headers })), {
    user: "ada",
    can: ["view", "operate"],
  });
});

const wrongPeople: [what: string, people: unknown][] = [
  ["none", []],
  ["an empty string", " "],
  ["an environment variable that is not set", undefined],
  ["a short token", [{ user: "ada", token: "s3cret".padEnd(31, "x"), can: ["view"] }]],
  ["a token with a space", [{ user: "ada", token: `s3cret ${tokens.ada}`, can: ["view"] }]],
  ["no token", [{ user: "ada", can: ["view"] }]],
  ["no name", [{ user: "", token: tokens.ada, can: ["view"] }]],
  ["an unknown right", [{ user: "ada", token: tokens.ada, can: ["see"] }]],
  ["an unknown property", [{ ...people[0], filters: {} }]],
  ["a name twice", [people[0], { ...people[1], user: "ada" }]],
  ["a token twice", [people[0], { ...people[1], token: tokens.ada }]],
  ["a token instead of a person", [tokens.ada]],
  ["a string with a short token", "ada:s3cret:view"],
  ["a string without rights", `ada:${tokens.ada}`],
  ["a string with an empty right", `ada:${tokens.ada}:`],
];

Deno.test("invalid people are rejected, and no message contains a token", () => {
  for (const [what, people] of wrongPeople) {
    const error = assertThrows(() => authorizePeople(people as string), InvalidArgumentError, "");
    assertFalse(/s3cret|0123456789/.test(error.message), `${what}: ${error.message}`);
  }
});

Deno.test("signing in sets a cookie with HttpOnly and SameSite=Strict", async () => {
  const { post, me } = makeApi();
  const response = await post({ token: tokens.bob });
  assertEquals([response.status, await response.json()], [200, { user: "bob : é" }]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  const [, ...flags] = response.headers.get("set-cookie")!.split("; ");
  assertEquals(flags, ["Max-Age=43200", "HttpOnly", "SameSite=Strict"]);
  const cookie = cookieOf(response);
  assertFalse(cookie.includes("0123456789"));
  assertEquals(await me({ cookie: `other=1; ${cookie}; more=2` }), "bob : é");
});

Deno.test("over TLS, the cookie is Secure", async () => {
  const { post, api } = makeApi();
  const secure = async (headers: Record<string, string>) =>
    (await post({ token: tokens.ada }, headers)).headers.get("set-cookie")!.includes("; Secure");
  assertFalse(await secure({}));
  assertFalse(await secure({ origin: "http://localhost:8000" }));
  assert(await secure({ "x-forwarded-proto": "https" }));
  assert(await secure({ "x-forwarded-proto": "https, http" }));
  assert(await secure({ origin: "https://localhost:8000" }));
  const request = new Request("https://localhost/api/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: tokens.ada }),
  });
  const response = await api.fetch(request, local);
  assert(response.headers.get("set-cookie")!.includes("; Secure"));
});

Deno.test("cookiePath sets the path of the cookie", async () => {
  const authorize = authorizePeople(people, { cookiePath: "/ops" });
  const { post } = makeApi({ authorize });
  const response = await post({ token: tokens.ada });
  assert(response.headers.get("set-cookie")!.includes("; Path=/ops;"));
  for (const cookiePath of ["ops", "/a;Domain=example.com", "/a b"]) {
    assertThrows(() => authorizePeople(people, { cookiePath }), InvalidArgumentError);
  }
});

Deno.test("a changed or expired cookie, or one of an old token, is rejected", async () => {
  const { post, me, clock } = makeApi();
  const cookie = cookieOf(await post({ token: tokens.ada }));
  const [name, value] = [
    cookie.slice(0, cookie.indexOf("=")),
    cookie.slice(cookie.indexOf("=") + 1),
  ];
  const decoded = decodeURIComponent(value);
  const changed = [
    decoded.replace("ada", "bob%20%3A%20%C3%A9"),
    decoded.replace(/:\d+/, ":999999999999999"),
    decoded.replace(/\..*/, ""),
    decoded.slice(0, -2) + "A=",
    `:${decoded}`,
    "%",
    "",
    "x".repeat(100_000),
  ];
  for (const text of changed) {
    assertEquals(await me({ cookie: `${name}=${encodeURIComponent(text)}` }), 401, text);
  }
  assertEquals(await me({ cookie: `${name}=%E0%A4%A` }), 401);
  const renewed = authorizePeople([{ ...people[0]!, token: `${tokens.ada}2` }], { clock });
  const request = new Request("http://localhost/", { headers: { cookie } });
  assertEquals(await renewed(request), null);
  await clock.advance(12 * 3_600_000 - 1);
  assertEquals(await me({ cookie }), "ada");
  await clock.advance(1);
  assertEquals(await me({ cookie }), 401);
});

Deno.test("a session is valid in every process with the same token", async () => {
  const cookie = cookieOf(await makeApi().post({ token: tokens.ada }));
  assertEquals(await makeApi().me({ cookie }), "ada");
});

Deno.test("signing out removes the cookie", async () => {
  const { ask } = makeApi();
  const response = await ask("session", { method: "DELETE" });
  assertEquals(response.status, 204);
  assertMatch(
    response.headers.get("set-cookie")!,
    /^evertask_session=; Max-Age=0;.* SameSite=Strict/,
  );
});

Deno.test("a sign-in link works once, within ten minutes, on this machine", async () => {
  const { authorize, ask, me, clock, api } = makeApi();
  const link = authorize.signInLink("http://localhost:8000/", "ada");
  const open = (url: string, connection: unknown = local, headers = {}) =>
    api.fetch(new Request(url, { headers }), connection);
  assertEquals((await open(link, { remoteAddr: { hostname: "192.0.2.1" } })).status, 403);
  assertEquals((await open(link, local, { "x-forwarded-for": "192.0.2.1" })).status, 403);
  assertEquals((await open(link, null)).status, 403);
  const response = await open(link);
  assertEquals([response.status, response.headers.get("location")], [303, "me"]);
  assertEquals(await me({ cookie: cookieOf(response) }), "ada");
  assertEquals((await open(link)).status, 401);
  assertEquals((await ask("sign-in?code=guess")).status, 401);
  const late = authorize.signInLink("http://localhost:8000", "ada");
  await clock.advance(600_000);
  assertEquals((await open(late)).status, 401);
  assertThrows(() => authorize.signInLink("http://localhost", "eve"), InvalidArgumentError);
  assertThrows(() => authorize.signInLink("localhost:8000", "ada"), InvalidArgumentError);
});

Deno.test("an API without authorizePeople has no routes for sessions", async () => {
  const { post, ask } = makeApi({ authorize: () => ({ user: "ada", can: ["view"] }) });
  assertEquals((await post({ token: tokens.ada })).status, 404);
  assertEquals((await ask("sign-in?code=x")).status, 404);
});

Deno.test("an address that fails ten times in a minute is blocked, and others are not", async () => {
  const { post, ask, clock } = makeApi();
  const from = (hostname: string) => ({ remoteAddr: { hostname } });
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const attempts: ((token: string, hostname: string) => Promise<Response>)[] = [
    (token, hostname) => post({ token }, {}, from(hostname)),
    (token, hostname) => ask("me", bearer(token), from(hostname)),
  ];
  for (const [index, attempt] of attempts.entries()) {
    const [bad, good] = [`192.0.2.${index}`, `198.51.100.${index}`];
    for (let failure = 0; failure < 10; failure++) {
      assertEquals((await attempt("wrong", bad)).status, 401);
      assertEquals((await attempt(tokens.ada, good)).status, 200);
    }
    for (const other of attempts) {
      const refused = await other(tokens.ada, bad);
      assertEquals([refused.status, refused.headers.get("retry-after")], [429, "60"]);
      assertEquals((await other(tokens.ada, good)).status, 200);
    }
    await clock.advance(60_000);
    assertEquals((await attempt(tokens.ada, bad)).status, 200);
  }
});

Deno.test("concurrent attempts to sign in are all counted", async () => {
  const { post } = makeApi();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post({ token: "wrong" }, {}, local)),
  );
  assertEquals(answers.filter(({ status }) => status === 401).length, 10);
});

Deno.test("a session remains valid at a blocked address", async () => {
  const { post, me } = makeApi();
  const cookie = cookieOf(await post({ token: tokens.ada }));
  for (let failure = 0; failure < 10; failure++) await post({ token: "wrong" });
  assertEquals((await post({ token: tokens.ada })).status, 429);
  assertEquals(await me({ cookie }), "ada");
});

Deno.test("clientAddress determines the address of clients behind a proxy", async () => {
  const { post } = makeApi({ clientAddress: ({ headers }) => headers.get("x-real-ip") ?? "none" });
  for (let failure = 0; failure < 10; failure++) {
    await post({ token: "wrong" }, { "x-real-ip": "192.0.2.1" });
  }
  const from = async (ip: string) =>
    (await post({ token: tokens.ada }, { "x-real-ip": ip })).status;
  assertEquals([await from("192.0.2.1"), await from("192.0.2.2")], [429, 200]);
});

const crossSite: [what: string, method: string, headers: Record<string, string>, status: number][] =
  [
    ["a page of another site", "POST", { origin: "https://evil.example" }, 403],
    ["a page without origin", "POST", { origin: "null" }, 403],
    ["a page of another port", "POST", { origin: "http://localhost:9000" }, 403],
    ["a page of another site that reads", "GET", { origin: "https://evil.example" }, 403],
    ["another site, by the header Sec-Fetch-Site", "POST", { "sec-fetch-site": "cross-site" }, 403],
    ["another site that signs out", "DELETE", { origin: "https://evil.example" }, 403],
    ["a form", "POST", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["plain text", "POST", { "content-type": "text/plain" }, 415],
    ["JSON as a parameter", "POST", { "content-type": "text/plain; a=application/json" }, 415],
    [
      "the same page",
      "POST",
      { origin: "http://localhost:8000", "sec-fetch-site": "same-origin" },
      200,
    ],
    ["no page", "POST", {}, 200],
  ];

Deno.test("requests from other origins and requests without JSON are rejected", async () => {
  const { ask } = makeApi();
  for (const [what, method, headers, status] of crossSite) {
    const response = await ask("session", {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...method === "POST" ? { body: JSON.stringify({ token: tokens.ada }) } : {},
    });
    assertEquals(
      [response.status, response.headers.has("set-cookie")],
      [status, status === 200],
      what,
    );
    assertFalse(response.headers.has("access-control-allow-origin"), what);
  }
});

Deno.test("a POST without a content type is rejected", async () => {
  const { ask } = makeApi();
  assertEquals((await ask("session", { method: "POST" })).status, 415);
});

Deno.test("a body that is too large, invalid JSON or against the schema gets a problem response", async () => {
  const { ask, post } = makeApi();
  const send = (body: string) =>
    ask("session", { method: "POST", headers: { "content-type": "application/json" }, body });
  assertEquals((await send("x".repeat(1_048_577))).status, 413);
  for (const body of ["", "{", "[]", "null", "1", '{"token":1}', '{"token":"x","more":1}']) {
    const response = await send(body);
    assertEquals(response.status, 400, body);
    assertEquals(response.headers.get("content-type"), "application/problem+json");
  }
  const { errors } = await (await post({ token: 1 })).json();
  assertEquals(errors[0].name, "token");
});

Deno.test("the headers of every response forbid caching, framing and scripts", async () => {
  const { ask, post } = makeApi();
  const bearer = { headers: { authorization: `Bearer ${tokens.ada}` } };
  const answers = [
    await ask("me", bearer),
    await ask("me"),
    await ask("other", bearer),
    await post({ token: tokens.ada }),
    await post({ token: "wrong" }),
    await ask("session", { method: "DELETE" }),
  ];
  for (const { headers } of answers) {
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("x-frame-options"), "DENY");
    assertMatch(headers.get("content-security-policy")!, /default-src 'none'/);
  }
});

Deno.test("an API without authorize logs at the start which requests it accepts", () => {
  const said: string[] = [];
  const info = (message: string) => void said.push(message);
  createApi(everTask, { logger: { ...silentLogger, info } });
  createApi(everTask, { authorize: () => null, logger: { ...silentLogger, info } });
  assertEquals(said.length, 1);
  assertMatch(said[0]!, /only requests from this machine, and changes nothing/);
});
