// Who may connect to the hub, and which options it refuses.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../../src/errors.ts";
import { makeHub } from "../support/asked_hub.ts";

Deno.test("pages of other sites may not connect unless they are allowed", async () => {
  const { ask } = makeHub({ allowedOrigins: ["https://admin.example.com"] });
  const negotiate = (origin: string, method = "POST") =>
    ask("/negotiate", { method, headers: { origin } });

  assertEquals((await negotiate("https://evil.example.com")).status, 403);
  assertEquals((await negotiate("null")).status, 403);
  const own = await negotiate("http://app.test");
  assertEquals(own.status, 200);
  assertEquals(own.headers.get("access-control-allow-origin"), null);
  const allowed = await negotiate("https://admin.example.com");
  assertEquals(allowed.headers.get("access-control-allow-origin"), "https://admin.example.com");
  assertEquals(allowed.headers.get("access-control-allow-credentials"), "true");
  const preflight = await negotiate("https://admin.example.com", "OPTIONS");
  assertEquals(preflight.status, 204);
  assertEquals(preflight.headers.get("access-control-allow-methods"), "GET, POST, DELETE");
  const any = await makeHub({ allowedOrigins: "*" }).ask("/negotiate", {
    method: "POST",
    headers: { origin: "https://anywhere.example" },
  });
  assertEquals(any.headers.get("access-control-allow-origin"), "*");
  assertEquals(any.headers.get("access-control-allow-credentials"), null);
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

Deno.test("the token is taken from the header or the query, or judged by a function", async () => {
  const token = "0123456789abcdef";
  const { ask } = makeHub({ accessToken: token });
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
  assertEquals(asked, ["t"]);
});

Deno.test("options that cannot be used are refused at once", () => {
  for (
    const options of [
      { accessToken: "short" },
      { path: "monitoring" },
      { allowedOrigins: ["https://admin.example.com/"] },
      { maxBacklog: 0 },
      { maxClients: 1.5 },
      { clientTimeout: -1 },
    ]
  ) {
    assertThrows(() => makeHub(options), InvalidArgumentError);
  }
  const error = assertThrows(() => makeHub({ accessToken: "secret" }), InvalidArgumentError);
  assert(!error.message.includes("secret"));
});
