// The conversion of request lines and Host headers by the adapter for Node. tests/monitor/node/
// tests the adapter with real servers.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { toRequest } from "../../../src/monitor/adapters/node_request.ts";
import type { NodeRequest } from "../../../src/monitor/adapters/node_types.ts";
import { badHosts, badMethods, badTargets } from "../support/raw_requests.ts";

type Fields = Partial<NodeRequest> & { readonly originalUrl?: unknown };

/** A request as Node passes it. */
function nodeRequest(fields: Fields): NodeRequest {
  return {
    method: "GET",
    url: "/",
    headers: { host: "127.0.0.1:8080" },
    socket: {},
    async *[Symbol.asyncIterator]() {},
    ...fields,
  };
}

const made = (fields: Fields) => toRequest(nodeRequest(fields), new AbortController());
const urlOf = (fields: Fields) => made(fields)?.url ?? null;

for (
  const [fields, url] of [
    [{ url: "/a?b=c" }, "http://127.0.0.1:8080/a?b=c"],
    [{ url: "//evil.example/a" }, "http://127.0.0.1:8080//evil.example/a"],
    [{ url: "/\\evil.example/a" }, "http://127.0.0.1:8080//evil.example/a"],
    [{ url: "//" }, "http://127.0.0.1:8080//"],
    [{ url: "//x:99999/" }, "http://127.0.0.1:8080//x:99999/"],
    [{ url: "/@evil.example" }, "http://127.0.0.1:8080/@evil.example"],
    [{ url: "http://127.0.0.1:8080/a" }, "http://127.0.0.1:8080/a"],
    [{ url: "HTTP://127.0.0.1:8080?b" }, "http://127.0.0.1:8080/?b"],
    [{ url: "http://127.0.0.1:8080" }, "http://127.0.0.1:8080/"],
    [{ url: "http://evil.example/a" }, null],
    [{ url: "@evil.example/a" }, null],
    [{ url: "/a", originalUrl: "/mounted/a" }, "http://127.0.0.1:8080/mounted/a"],
    [{ url: "/a", originalUrl: "//evil.example/a" }, "http://127.0.0.1:8080//evil.example/a"],
    [{ url: "/a", originalUrl: undefined }, "http://127.0.0.1:8080/a"],
    [{ socket: { encrypted: true }, headers: { host: "a.example:443" } }, "https://a.example/"],
    [{ headers: { host: "A.example:80" } }, "http://a.example/"],
    [{ headers: { host: "[::1]:8080" } }, "http://[::1]:8080/"],
    [
      { headers: { ":authority": "a.example", ":path": "/", ":scheme": "http" } },
      "http://a.example/",
    ],
    [{ headers: { ":authority": "a.example", host: "a.example" } }, "http://a.example/"],
    [{ headers: { ":authority": "a.example", host: "evil.example" } }, null],
    [{ headers: {} }, "http://localhost/"], // HTTP/1.0
    [{ rawHeaders: ["Host", "127.0.0.1:8080", "HOST", "evil.example"] }, null],
    [
      { rawHeaders: ["x", "host", "y", "host", "Host", "127.0.0.1:8080"] },
      "http://127.0.0.1:8080/",
    ],
    [{ headers: { host: "127.0.0.1:8080", "bad name": "x" } }, null],
  ] satisfies [Fields, string | null][]
) {
  Deno.test(`${JSON.stringify(fields)} is a request for ${url ?? "nothing: it is refused"}`, () => {
    assertEquals(urlOf(fields), url);
  });
}

Deno.test("each value of a header is kept, and a missing one is omitted", () => {
  const headers = { host: "a.example", "set-cookie": ["a=1", "b=2"], "x-missing": undefined };
  const request = made({ headers });
  assertEquals(request?.headers.getSetCookie(), ["a=1", "b=2"]);
  assertEquals([...request!.headers.keys()], ["host", "set-cookie", "set-cookie"]);
});

Deno.test("a HEAD request has no body, and a POST request has its body", async () => {
  assertEquals(made({ method: "HEAD" })?.body, null);
  const body = new TextEncoder().encode("€");
  const posted = made({
    method: "POST",
    async *[Symbol.asyncIterator]() {
      yield body.slice(0, 1);
      yield body.slice(1);
    },
  });
  assertEquals(await posted?.text(), "€");
});

Deno.test("an invalid request is converted to null", () => {
  const refused = [
    ...badHosts.map((host) => ({ headers: { host } })),
    ...badTargets.map((url) => ({ url })),
    ...badMethods.map((method) => ({ method })),
  ];
  assertEquals(refused.filter((fields) => made(fields) !== null), []);
});

Deno.test("the request line never determines the host", () => {
  const piece = fc.constantFrom(
    "/",
    "\\",
    ":",
    "@",
    "//",
    "evil.example",
    "..",
    "%2f",
    "?",
    "#",
    "http:",
    "[",
    "\t",
    " ",
    "a",
  );
  const path = fc.array(piece).map((pieces) => `/${pieces.join("")}`);
  const host = fc.constantFrom("victim.example", "victim.example:8080", "127.0.0.1", "[::1]:1");
  fc.assert(fc.property(path, host, (url, host) => {
    const request = made({ url, headers: { host } });
    assert(request !== null);
    assertEquals(new URL(request.url).host, host);
  }));
});

Deno.test("toRequest() throws for no request, and the host of its result is that of the Host header", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.webUrl(), fc.domain());
  fc.assert(
    fc.property(text, text, text, fc.option(text), (method, url, host, originalUrl) => {
      const request = made({ method, url, headers: { host }, originalUrl });
      if (request === null) return;
      assertEquals(new URL(request.url).host, new URL(`http://${host}`).host);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a body that ends early aborts the request", async () => {
  const abort = new AbortController();
  const request = toRequest(
    nodeRequest({
      method: "POST",
      async *[Symbol.asyncIterator]() {
        yield new TextEncoder().encode("half");
        throw new Error("aborted");
      },
    }),
    abort,
  );
  const isRead = await request!.text().then(() => true, () => false);
  assertEquals({ isRead, isAborted: abort.signal.aborted }, { isRead: false, isAborted: true });
});
