// The requests of each HTTP channel, and the answers that it understands.

import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import { describeError } from "../../../src/thrown/describe_error.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import {
  type Alert,
  AlertDeliveryError,
  applicationInsightsChannel,
  sendAlerts,
  sentryChannel,
  slackChannel,
  webhookChannel,
} from "../../../src/monitor/alerts/mod.ts";
import type { TaskEvent, TaskEventKind } from "../../../src/events/task_event.ts";
import { EventSourceForTests, taskEvent } from "../support/event_source.ts";
import { startReceivingServer } from "../support/receiving_server.ts";

const { signal } = new AbortController();
const id = "3f0f7c1e-5a3c-4c0e-9d53-1b2a1c9d8e7f";

function alert(
  kind: TaskEventKind,
  fields: Partial<TaskEvent> = {},
  more: Partial<Alert> = {},
): Alert {
  return { id, event: taskEvent(kind, fields), count: 1, suppressed: 0, ...more };
}

Deno.test("Slack gets a message with upstream's fields, escaped and without parameters", async () => {
  await using server = startReceivingServer();
  const channel = slackChannel({ webhookUrl: `${server.url}/services/T0/B0/secret` });
  const exception = `Error: <b> & ${"x".repeat(5_000)}`;
  const longAndMarked = { exception, message: "a <b> & c" };
  await channel.send([alert("failed", longAndMarked, { count: 3, suppressed: 7 })], signal);
  const [{ path, body } = { path: "", body: "" }] = server.requests;
  assertEquals(path, "/services/T0/B0/secret");
  const message = JSON.parse(body);
  assertEquals(message.text, "❌ Task failed: send-email (3 times)");
  const [{ color, fallback, fields }] = message.attachments;
  assertEquals(fallback, "a &lt;b&gt; &amp; c");
  assertEquals(color, "danger");
  assertEquals(fields.map(({ title }: { title: string }) => title), [
    "Task ID",
    "Time",
    "Queue",
    "Attempt",
    "Message",
    "Exception",
    "Suppressed",
  ]);
  assertMatch(fields[5].value, /^Error: &lt;b&gt; &amp; x+…$/);
  assertEquals(body.includes("ada@example.com"), false);
});

Deno.test("a receiver's response determines whether and when to retry", async () => {
  await using server = startReceivingServer();
  const channel = slackChannel({ webhookUrl: `${server.url}/secret` });
  const problemAfter = async (answer: Response) => {
    server.answers.push(answer);
    const error = await assertRejects(
      () => channel.send([alert("failed")], signal),
      AlertDeliveryError,
    );
    assertEquals(describeError(error).includes("/secret"), false);
    return { permanent: error.permanent, retryAfterMs: error.retryAfterMs };
  };
  const headers = (values: Record<string, string>) => ({ headers: values });
  assertEquals(
    await problemAfter(
      new Response("rate_limited", { status: 429, ...headers({ "retry-after": "30" }) }),
    ),
    { permanent: false, retryAfterMs: 30_000 },
  );
  assertEquals(
    await problemAfter(
      new Response(null, {
        status: 503,
        headers: {
          date: "Fri, 02 Jan 2026 03:04:05 GMT",
          "retry-after": "Fri, 02 Jan 2026 03:05:05 GMT",
        },
      }),
    ),
    { permanent: false, retryAfterMs: 60_000 },
  );
  assertEquals(await problemAfter(new Response(null, { status: 500 })), {
    permanent: false,
    retryAfterMs: null,
  });
  assertEquals(
    await problemAfter(new Response(null, { status: 400, ...headers({ "retry-after": "" }) })),
    { permanent: true, retryAfterMs: null },
  );
  assertEquals(await problemAfter(new Response("invalid_token", { status: 403 })), {
    permanent: true,
    retryAfterMs: null,
  });
});

Deno.test("a delivery to an unreachable receiver is retried", async () => {
  const { url, [Symbol.asyncDispose]: stop } = startReceivingServer();
  await stop();
  const channel = slackChannel({ webhookUrl: url });
  const error = await assertRejects(
    () => channel.send([alert("failed")], signal),
    AlertDeliveryError,
  );
  assertEquals(error.permanent, false);
});

Deno.test("a webhook's own headers replace the default ones, whatever the case of their names", async () => {
  await using server = startReceivingServer();
  const channel = webhookChannel({
    url: server.url,
    secret: `whsec_${btoa("a key of some thirty-two bytes...")}`,
    headers: { "Content-Type": "application/cloudevents+json", "Webhook-Id": "no id" },
  });
  await channel.send([alert("failed")], signal);
  const headers = server.requests[0]!.headers;
  assertEquals(headers.get("content-type"), "application/cloudevents+json");
  assertEquals(headers.get("webhook-id"), id, "the signature covers this id");
});

Deno.test("a webhook gets the whole alert as JSON, with a signature that the standard's library accepts", async () => {
  await using server = startReceivingServer();
  const secret = `whsec_${btoa("a key of some thirty-two bytes...")}`;
  const channel = webhookChannel({
    url: `${server.url}/hooks/tasks`,
    secret,
    headers: { "x-team": "payments" },
  });
  const sent = alert("failed", { message: "naïve 日本語" });
  await channel.send([sent], signal);
  const [request] = server.requests;
  assertEquals(JSON.parse(request!.body), sent);
  assertEquals(request!.headers.get("x-team"), "payments");
  assertEquals(request!.headers.get("webhook-id"), id);
  const headers = Object.fromEntries(request!.headers);
  assertEquals(new Webhook(secret).verify(request!.body, headers), JSON.parse(request!.body));
  assertThrows(() => new Webhook(secret).verify(`${request!.body} `, headers));
});

Deno.test("a webhook's body can be customized, and is not signed without a secret", async () => {
  await using server = startReceivingServer();
  const channel = webhookChannel({
    url: server.url,
    body: ({ event }) => ({ type: event.taskType }),
  });
  await channel.send([alert("failed")], signal);
  assertEquals(server.requests[0]?.body, '{"type":"send-email"}');
  assertEquals(server.requests[0]?.headers.get("webhook-signature"), null);
});

Deno.test("a webhook whose body cannot be built is not retried", async () => {
  const fetch = () => Promise.reject(new Error("must not be reached"));
  for (const body of [() => undefined, () => 1n]) {
    const channel = webhookChannel({ url: "https://receiver.example", body, fetch });
    const sent = () => channel.send([alert("failed")], signal);
    assertEquals((await assertRejects(sent, AlertDeliveryError)).permanent, true);
  }
});

Deno.test("an error does not show the values of a webhook's headers, even if the receiver repeats them", async () => {
  const fetch = () => Promise.resolve(new Response("bad key: k-S3CRET-1", { status: 401 }));
  const headers = { "x-api-key": "k-S3CRET-1" };
  const channel = webhookChannel({ url: "https://receiver.example", headers, fetch });
  const error = await assertRejects(
    () => channel.send([alert("failed")], signal),
    AlertDeliveryError,
  );
  assertEquals(error.message.includes("S3CRET"), false, error.message);
});

Deno.test("Application Insights gets errors as exceptions and the rest as events, in one batch", async () => {
  await using server = startReceivingServer();
  const channel = applicationInsightsChannel({
    connectionString: `InstrumentationKey=key-1;IngestionEndpoint=${server.url}/`,
    roleName: "billing",
  });
  const events = new EventSourceForTests();
  const alerts = sendAlerts({ events }, channel, { logger: silentLogger });
  const exception =
    "TypeError: no mailbox\n    at send (mail.ts:1:2)\nCaused by: RangeError: too far";
  const traceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  events.emit("failed", { exception, traceContext });
  events.emit("timeout");
  events.emit("completed", { durationMs: 250 });
  await alerts.close();

  assertEquals(server.requests.length, 1);
  const [{ path, headers, body } = { path: "", headers: new Headers(), body: "" }] =
    server.requests;
  assertEquals(path, "/v2.1/track");
  assertEquals(headers.get("content-type"), "application/x-json-stream");
  const [failed, timeout, completed] = body.split("\n").map((line) => JSON.parse(line));
  assertEquals(failed.iKey, "key-1");
  assertEquals(failed.time, "2026-01-02T03:04:05.678Z");
  assertEquals(failed.tags["ai.cloud.role"], "billing");
  assertEquals(failed.tags["ai.operation.id"], "0af7651916cd43dd8448eb211c80319c");
  assertEquals(failed.data.baseType, "ExceptionData");
  assertEquals(failed.data.baseData.severityLevel, 3);
  assertEquals(failed.data.baseData.exceptions, [
    {
      id: 1,
      outerId: 0,
      typeName: "TypeError",
      message: "no mailbox",
      hasFullStack: true,
      stack: "    at send (mail.ts:1:2)",
    },
    {
      id: 2,
      outerId: 1,
      typeName: "RangeError",
      message: "too far",
      hasFullStack: false,
      stack: "",
    },
  ]);
  assertEquals(failed.data.baseData.properties.TaskHandlerType, "SendEmailHandler");
  assertEquals(timeout.data.baseType, "EventData");
  assertEquals(timeout.data.baseData.name, "EverTask.Warning");
  assertEquals(completed.data.baseData.name, "EverTask.Information");
  assertEquals(completed.data.baseData.measurements.durationMs, 250);
});

Deno.test("only items that Application Insights defers are sent again, and refused ones are named", async () => {
  await using server = startReceivingServer();
  const channel = applicationInsightsChannel({
    connectionString: `InstrumentationKey=key-1;IngestionEndpoint=${server.url}`,
  });
  const batch = ["a", "b", "c", "d"].map((taskType) => alert("completed", { taskType }));
  const problemAfter = async (errors: readonly object[]) => {
    server.answers.push(Response.json({ errors }, { status: 206 }));
    const error = await assertRejects(() => channel.send(batch, signal), AlertDeliveryError);
    const typesOf = (alerts: readonly Alert[]) => alerts.map(({ event }) => event.taskType).join();
    assertMatch(error.message, /refused 1: .*the name in … is too long/);
    return [error.permanent, typesOf(error.undelivered!), typesOf(error.refused)];
  };
  const refused = { index: 0, statusCode: 400, message: "the name in key-1 is too long" };
  const deferred = { index: 2, statusCode: 429, message: "throttled" };
  assertEquals(await problemAfter([refused, deferred]), [false, "c,a", "a"]);
  assertEquals(await problemAfter([refused]), [true, "a", "a"]);
});

Deno.test("items are not sent twice if Application Insights does not name the rejected ones", async () => {
  await using server = startReceivingServer();
  const channel = applicationInsightsChannel({
    connectionString: `InstrumentationKey=key-1;IngestionEndpoint=${server.url}`,
  });
  for (const body of ["", "<html>", "{}", "null", '{"errors":5}', '{"errors":[null]}']) {
    server.answers.push(new Response(body, { status: 206 }));
    const sent = channel.send([alert("completed")], signal);
    const error = await assertRejects(() => sent, AlertDeliveryError);
    assertEquals([error.permanent, error.undelivered], [true, null]);
  }
});

Deno.test("Sentry gets an event with the chain of exceptions and their frames", async () => {
  await using server = startReceivingServer();
  const dsn = `${server.url.replace("http://", "http://public-key@")}/base/42`;
  const channel = sentryChannel({ dsn, release: "1.2.3" });
  const error = new TypeError("no mailbox", { cause: new RangeError("too far") });
  const exception = describeError(error);
  await channel.send([alert("failed", { exception })], signal);

  const [{ path, headers, body } = { path: "", headers: new Headers(), body: "" }] =
    server.requests;
  assertEquals(path, "/base/api/42/envelope/");
  assertEquals(headers.get("content-type"), "application/x-sentry-envelope");
  assertMatch(headers.get("x-sentry-auth") ?? "", /sentry_version=7.*sentry_key=public-key$/);
  const [header, item, event] = body.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(header, { event_id: id.replaceAll("-", "") });
  assertEquals(item, { type: "event" });
  assertEquals(event.level, "error");
  assertEquals(event.environment, "production");
  assertEquals(event.release, "1.2.3");
  assertEquals(event.tags, { task_type: "send-email", queue: "default", kind: "failed" });
  const [inner, outer] = event.exception.values;
  assertEquals([inner.type, inner.value], ["RangeError", "too far"]);
  assertEquals([outer.type, outer.value], ["TypeError", "no mailbox"]);
  const top = outer.stacktrace.frames.at(-1);
  assertMatch(top.filename, /channels_test\.ts$/);
  assertEquals(top.in_app, true);
  assertEquals(typeof top.lineno, "number");
  assertEquals(body.includes("ada@example.com"), false);
});

Deno.test("Sentry groups events without an exception by kind and type", async () => {
  await using server = startReceivingServer();
  const dsn = `${server.url.replace("http://", "http://public-key@")}/42`;
  await sentryChannel({ dsn, environment: "test" }).send([alert("lost")], signal);
  const event = JSON.parse(server.requests[0]?.body.split("\n")[2] ?? "");
  assertEquals(event.level, "warning");
  assertEquals(event.fingerprint, ["lost", "send-email"]);
  assertEquals(event.exception, undefined);
});

Deno.test("invalid addresses are rejected at once, without being shown", () => {
  const attempts = [
    () => slackChannel({ webhookUrl: "hooks.slack.com/secret" }),
    () => webhookChannel({ url: "not an address" }),
    () => webhookChannel({ url: "https://secret@example.com" }),
    () => webhookChannel({ url: "https://:secret@example.com" }),
    () => webhookChannel({ url: "https://example.com", secret: "whsec_not*base64" }),
    () => applicationInsightsChannel({ connectionString: "IngestionEndpoint=https://secret" }),
    () => sentryChannel({ dsn: "https://sentry.io/secret" }),
  ];
  for (const attempt of attempts) {
    const error = assertThrows(attempt, InvalidArgumentError);
    assertEquals(error.message.includes("secret/") || error.message.includes("/secret"), false);
  }
});
