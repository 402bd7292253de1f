// Requests that no client library sends, to a hub behind Deno's own server.

import { assert, assertEquals } from "@std/assert";
import { serveHub } from "../support/serve_hub.ts";
import {
  badHosts,
  badMethods,
  badTargets,
  hijacks,
  hubPath,
  plain,
  statusOf,
  webSocket,
} from "../support/raw_requests.ts";

for (const [how, request] of Object.entries(hijacks)) {
  Deno.test(`a page of another origin gets no WebSocket by ${how}`, async () => {
    await using served = serveHub();
    const status = await statusOf(served.port, request);
    assert(status !== null && status >= 400 && status < 500, `the answer was ${status}`);
  });
}

Deno.test("a hub behind Deno's server answers 400 when the Host header is not a host", async () => {
  await using served = serveHub();
  const answers = await Promise.all(
    badHosts.flatMap((host) => [plain(hubPath, { host }), webSocket(hubPath, { host })])
      .map((request) => statusOf(served.port, request)),
  );
  assertEquals(answers, badHosts.flatMap(() => [400, 400]));
});

Deno.test("a hub behind Deno's server refuses an invalid request, and continues", async () => {
  await using served = serveHub();
  const odd = [
    ...badTargets.flatMap((target) => [plain(target), webSocket(target)]),
    ...badMethods.flatMap((method) => [plain(hubPath, { method }), webSocket(hubPath, { method })]),
  ];
  for (const request of odd) {
    const status = await statusOf(served.port, request);
    assert(status !== null && status >= 400 && status < 500, `${request} was answered ${status}`);
  }
  assertEquals(await statusOf(served.port, plain(hubPath)), 400); // lacks an id
  assertEquals(await statusOf(served.port, webSocket(hubPath)), 101);
});

for (
  const [what, from, to] of [
    ["the key", /Sec-WebSocket-Key.*\r\n/, ""],
    ["a valid key", "dGhlIHNhbXBsZSBub25jZQ==", "short"],
    ["the version", /Sec-WebSocket-Version.*\r\n/, ""],
    ["a known version", "Version: 13", "Version: 12"],
    ["the connection's upgrade", "Connection: Upgrade", "Connection: close"],
  ] as const
) {
  Deno.test(`a WebSocket handshake without ${what} is answered 400`, async () => {
    await using served = serveHub();
    const request = webSocket(hubPath).replace(from, to);
    assertEquals(await statusOf(served.port, request), 400);
  });
}
