// All channels that send HTTP requests: a redirect is a failure, only the beginning of an answer is
// read, and errors show no secret.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { describeError } from "../../../src/thrown/describe_error.ts";
import { maskSecrets } from "../../../src/monitor/alerts/masked_text.ts";
import {
  AlertDeliveryError,
  slackChannel,
  webhookChannel,
} from "../../../src/monitor/alerts/mod.ts";
import { httpChannels, secrets } from "../support/channels.ts";
import { taskEvent } from "../support/event_source.ts";
import { startReceivingServer } from "../support/receiving_server.ts";
import { selfSigned } from "../support/self_signed.ts";

const alert = {
  id: "3f0f7c1e-5a3c-4c0e-9d53-1b2a1c9d8e7f",
  event: taskEvent("failed", { recurring: true }),
  count: 1,
  suppressed: 0,
};
const { signal } = new AbortController();

/** Everything that a log could show of an error. */
function everythingOf(error: unknown): string {
  return [describeError(error), Deno.inspect(error, { depth: 10, showHidden: true })].join("\n");
}

for (const status of [300, 301, 302, 303, 304, 307, 308]) {
  Deno.test(`a redirect is not followed, and is a failed delivery: ${status}`, async () => {
    await using elsewhere = startReceivingServer();
    await using server = startReceivingServer();
    for (const channel of httpChannels(server.url)) {
      server.answers.push(
        new Response(null, { status, headers: { location: `${elsewhere.url}/stolen` } }),
      );
      const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
      assertStringIncludes(error.message, `redirects (${status})`);
      assert(error.permanent);
      assert(!everythingOf(error).includes("stolen"), "the new address may be secret, too");
    }
    assertEquals(elsewhere.requests, []);
  });
}

Deno.test("a lone surrogate, which strict receivers refuse, is not posted", async () => {
  await using server = startReceivingServer();
  const halved = "😀".repeat(2_000).slice(1, -1);
  const event = {
    ...alert.event,
    message: halved,
    taskType: halved,
    exception: `Error: ${halved}`,
  };
  for (const channel of httpChannels(server.url)) await channel.send([{ ...alert, event }], signal);
  for (const { body } of server.requests) {
    assert(!/(?<!\\)\\ud[89a-f]/.test(body), `${body.slice(0, 200)} …`);
  }
  assertEquals(server.requests.length, httpChannels(server.url).length);
});

Deno.test("a redirect that a custom fetch has followed is a failed delivery, too", async () => {
  await using elsewhere = startReceivingServer();
  await using server = startReceivingServer();
  const follow = (url: string, init: RequestInit) => fetch(url, { ...init, redirect: "follow" });
  for (const channel of httpChannels(server.url, follow)) {
    server.answers.push(Response.redirect(elsewhere.url, 307));
    const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
    assertStringIncludes(error.message, "redirects");
  }
});

Deno.test("only the beginning of an endless answer is read", async () => {
  const chunk = new TextEncoder().encode("no ".repeat(1_000));
  for (const status of [200, 206, 400, 503]) {
    let [read, cancelled] = [0, 0];
    const endless = () => {
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          read += chunk.byteLength;
          controller.enqueue(chunk);
          if (read > 10_000_000) controller.close(); // a test has to end
        },
        cancel: () => void cancelled++,
      });
      return Promise.resolve(new Response(body, { status }));
    };
    const channels = httpChannels("https://receiver.example", endless);
    for (const channel of channels) {
      const sent = channel.send([alert], signal).then(() => "", (error: Error) => error.message);
      assert((await sent).length < 300);
    }
    assert(read < channels.length * 100_000, `${read} bytes were read`);
    assertEquals(cancelled, channels.length);
  }
});

Deno.test("an error masks the secrets that a receiver repeats", async () => {
  const repeat = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`);
    const { pathname, search } = new URL(request.url);
    const texts = [`Cannot POST ${pathname}${search}`, ...headers, await request.text()];
    return new Response(texts.join("; ").toUpperCase(), { status: 403 });
  });
  for (const channel of httpChannels(`http://127.0.0.1:${repeat.addr.port}`)) {
    const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
    const told = everythingOf(error).toLowerCase();
    for (const secret of secrets) assert(!told.includes(secret.toLowerCase()), told);
    assert(!told.includes("s3cret"), told);
    assertStringIncludes(error.message, "answered 403");
  }
  await repeat.shutdown();
});

Deno.test("a key in the host name of an address is not shown, either", async () => {
  const url = "https://host-S3CRET.hooks.example/";
  const fetch = () => Promise.resolve(new Response(`no such host: ${url}`, { status: 404 }));
  for (
    const channel of [slackChannel({ webhookUrl: url, fetch }), webhookChannel({ url, fetch })]
  ) {
    const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
    assert(!everythingOf(error).includes("S3CRET"), everythingOf(error));
    assertStringIncludes(error.message, "answered 404: no such ");
  }
});

Deno.test("a receiver's answer is shown on one line", async () => {
  await using server = startReceivingServer();
  const channel = slackChannel({ webhookUrl: `${server.url}/services/S3CRET` });
  const answers = [["no\r\n[INFO]\u001b[2J all is well\n", ": no [INFO] [2J all is well"], [
    " \n",
    "",
  ]];
  for (const [body = "", told] of answers) {
    server.answers.push(new Response(body, { status: 400 }));
    const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
    assertEquals(error.message, `Slack answered 400${told}`);
  }
});

const unreachable: [what: string, error: () => unknown, reason: string][] = [
  [
    "Deno's fetch, refused",
    () => new TypeError("error sending request for url (URL): Connection refused (os error 111)"),
    "the connection is refused",
  ],
  [
    "Node's fetch, refused at every address",
    () =>
      new TypeError("fetch failed", {
        cause: new AggregateError([
          Object.assign(new Error("connect ECONNREFUSED ::1:443"), { code: "ECONNREFUSED" }),
        ]),
      }),
    "the connection is refused",
  ],
  [
    "a name that is not known",
    () => new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND URL") }),
    "the host name cannot be resolved",
  ],
  ["a proxy's error", () => new Error("URL: 407"), "an error of an unknown kind (Error)"],
  ["no error at all", () => "URL", "an error of an unknown kind (string)"],
  ["nothing", () => undefined, "an error of an unknown kind (undefined)"],
  [
    "an expired certificate",
    () => Object.assign(new Error("certificate has expired"), { code: "CERT_HAS_EXPIRED" }),
    "its certificate is rejected: it has expired",
  ],
];
for (const [what, makeError, reason] of unreachable) {
  Deno.test(`an unreachable receiver is reported without its address: ${what}`, async () => {
    const failing = (url: string) => {
      const error = makeError();
      const withUrl = (text: string) => text.replace("URL", url);
      if (error instanceof Error) error.message = withUrl(error.message);
      return Promise.reject(typeof error === "string" ? withUrl(error) : error);
    };
    for (const channel of httpChannels("https://receiver.example", failing)) {
      const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
      assertStringIncludes(error.message, `is out of reach: ${reason}`);
      assertEquals(error.permanent, false);
      assert(!everythingOf(error).includes("S3CRET"), everythingOf(error));
    }
  });
}

Deno.test("the error says that a receiver's certificate is rejected", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, ...selfSigned },
    () => new Response(),
  );
  const channel = slackChannel({ webhookUrl: `https://127.0.0.1:${server.addr.port}/S3CRET` });
  const error = await assertRejects(() => channel.send([alert], signal), AlertDeliveryError);
  assertStringIncludes(error.message, "its certificate is rejected: no trusted authority");
  assertEquals(error.permanent, false);
  await server.shutdown();
});

Deno.test("a masked text has no four characters in a row from a secret", () => {
  const letters = fc.constantFrom(..."abcABC0129%/=-é😀");
  const word = fc.string({ unit: letters, minLength: 4, maxLength: 20 });
  fc.assert(fc.property(word, word, word, (secret, before, after) => {
    const masked = maskSecrets(`${before}${secret}${after}`, [secret]).toLowerCase();
    for (let at = 0; at + 4 <= secret.length; at++) {
      assert(!masked.includes(secret.slice(at, at + 4).toLowerCase()), `${masked} shows ${secret}`);
    }
  }));
});

Deno.test("a text without parts of a secret stays unchanged", () => {
  assertEquals(
    maskSecrets("no_service: İstanbul", ["T0S3CRET", "", "abc"]),
    "no_service: İstanbul",
  );
  assertEquals(maskSecrets("POST /hooks/abcd%20ef?x", ["/hooks/abcd ef"]), "POST …%20ef?x");
  assertEquals(maskSecrets("POST /hooks/abcd ef?x", ["/hooks/abcd%20ef"]), "POST …?x");
  assertEquals(maskSecrets("user ada:pass-word", [`Basic ${btoa("ada:pass-word")}`]), "user …");
});
