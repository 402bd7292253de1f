// From alerts to deliveries: retries, their duration, and waiting alerts.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type AlertChannel,
  AlertDeliveryError,
  emailChannel,
  sendAlerts,
} from "../../../src/monitor/alerts/mod.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { KeepingChannel, startAlerts as start } from "../support/alert_pipeline.ts";
import { httpChannels } from "../support/channels.ts";
import { EventSourceForTests } from "../support/event_source.ts";

const minute = 60_000;
const hour = 60 * minute;

Deno.test("a failed delivery is retried after growing pauses", async () => {
  const { events, channel, alerts, clock } = start({ backoff: { seconds: 1 } });
  channel.failures.push(new Error("one"), new Error("two"), new Error("three"));
  events.emit("failed");
  await clock.advance(0);
  assertEquals(channel.attempts, 1);
  await clock.advance(1_000);
  assertEquals(channel.attempts, 2);
  await clock.advance(1_999);
  assertEquals(channel.attempts, 2);
  await clock.advance(1);
  assertEquals(channel.attempts, 3);
  await clock.advance(4_000);
  assertEquals(channel.summary, [["failed", 1, 0]]);
  assertEquals(alerts.counts.delivered, 1);
  await alerts.close();
});

Deno.test("a pause that the receiver asks for is kept if it is longer than the channel's pause", async () => {
  const { events, channel, alerts, clock } = start();
  channel.failures.push(new AlertDeliveryError("slow down", { retryAfterMs: 90_000 }));
  events.emit("failed");
  await clock.advance(89_999);
  assertEquals(channel.attempts, 1);
  await clock.advance(1);
  assertEquals(channel.arrived.length, 1);
  await alerts.close();
});

Deno.test("a pause that the receiver asks for is ignored if it is shorter than the channel's pause", async () => {
  const { events, channel, alerts, clock } = start({ backoff: { seconds: 1 } });
  const impatient = () => new AlertDeliveryError("slow down", { retryAfterMs: 500 });
  for (let times = 0; times < 4; times++) channel.failures.push(impatient());
  events.emit("failed");
  const triedAfter: number[] = [];
  for (let seconds = 0; channel.arrived.length === 0; seconds += 0.5) {
    const { attempts } = channel;
    await clock.advance(seconds === 0 ? 0 : 500);
    if (channel.attempts > attempts) triedAfter.push(seconds);
  }
  assertEquals(triedAfter, [0, 1, 3, 7, 15]);
  await alerts.close();
});

Deno.test("an alert is dropped after its last attempt, or at once if it is refused permanently", async () => {
  const { events, channel, alerts, clock, warnings } = start({ repeatAfter: 0, attempts: 3 });
  channel.failures.push(new Error("1"), new Error("2"), new Error("3"));
  channel.failures.push(new AlertDeliveryError("no such channel", { permanent: true }));
  for (const _ of "abc") events.emit("failed");
  await clock.advance(10_000);
  assertEquals(channel.attempts, 5);
  assertEquals(alerts.counts, { delivered: 1, dropped: 2, suppressed: 0 });
  const lost = "{count} alerts for {channel} are lost after {attempts} attempts: {error}";
  assertEquals(warnings.filter((message) => message === lost).length, 2);
  await alerts.close();
});

Deno.test("a delivery that takes too long is retried, even if the channel ignores its signal", async () => {
  const { events, channel, alerts, clock } = start({ timeout: { seconds: 10 } });
  const send = channel.send.bind(channel);
  let signal: AbortSignal | undefined;
  channel.send = (_, given) => {
    signal = given;
    channel.send = send;
    return new Promise(() => {});
  };
  events.emit("failed");
  await clock.advance(10_000);
  assertEquals(signal?.aborted, true);
  await clock.advance(1_000);
  assertEquals(channel.arrived.length, 1);
  await alerts.close();
});

Deno.test("only the undelivered alerts of a batch are sent again", async () => {
  const { events, channel, alerts, clock } = start({ repeatAfter: 0 }, new KeepingChannel(10));
  const sizes: number[] = [];
  const send = channel.send.bind(channel);
  channel.send = (batch, signal) => {
    sizes.push(batch.length);
    if (sizes.length > 1) return send(batch, signal);
    const undelivered = batch.slice(3);
    return Promise.reject(new AlertDeliveryError("partly", { undelivered }));
  };
  for (const _ of "abcde") events.emit("failed");
  await clock.advance(1_000);
  assertEquals(sizes, [5, 2]);
  assertEquals(alerts.counts.delivered, 5);
  await alerts.close();
});

/** Every channel, over a network with scripted answers or failures. */
function channelsOver(answer: () => Response): AlertChannel[] {
  const ask = () => Promise.resolve().then(answer);
  const transport = { sendMail: ask };
  return [
    ...httpChannels("https://receiver.example", ask),
    emailChannel({ transport, from: "tasks@example.com", to: "ops@example.com" }),
  ];
}

const networkNames = channelsOver(() => new Response()).map(({ name }) => name);

for (const [index, name] of networkNames.entries()) {
  Deno.test(`an alert is retried for hours with growing pauses: ${name}`, async () => {
    const clock = new FakeClock();
    const returnsAt = clock.now() + 8 * hour;
    const triedAt: number[] = [];
    const channel = channelsOver(() => {
      triedAt.push(clock.now());
      if (clock.now() < returnsAt) throw new TypeError("connect ECONNREFUSED");
      return new Response();
    })[index]!;
    const events = new EventSourceForTests();
    const alerts = sendAlerts({ events }, channel, { clock, logger: silentLogger });
    events.emit("failed", { recurring: true });
    for (let minutes = 0; minutes < 9 * 60; minutes += 15) await clock.advance(15 * minute);
    assertEquals(alerts.counts, { delivered: 1, dropped: 0, suppressed: 0 });
    const pauses = triedAt.slice(1).map((at, index) => at - triedAt[index]!);
    assertEquals(pauses.toSorted((a, b) => a - b), pauses);
    assert(triedAt.length < 50, `it was tried ${triedAt.length} times`);
    assertEquals(pauses.at(-1), 15 * minute);
    await alerts.close();
  });
}

const refusals: [what: string, answer: () => Response, delivered: boolean][] = [
  ["429 with Retry-After", () => new Response("", { status: 429, headers: retryAfter(60) }), true],
  ["429 without Retry-After", () => new Response("", { status: 429 }), true],
  ["503 with Retry-After", () => new Response("", { status: 503, headers: retryAfter(60) }), true],
  ["404 with Retry-After", () => new Response("", { status: 404, headers: retryAfter(60) }), true],
  ["408", () => new Response("", { status: 408 }), true],
  ["500", () => new Response("", { status: 500 }), true],
  ["404", () => new Response("", { status: 404 }), false],
  ["400", () => new Response("", { status: 400 }), false],
  ["a greylisting mail server", () => mailRefusal(450, "450 4.7.1 greylisted"), true],
  ["a mail server without room", () => mailRefusal(452, "452 4.2.2 mailbox full"), true],
  ["a mail server that shuts down", () => mailRefusal(421, "421 4.3.2 shutting down"), true],
  [
    "a mail server that does not know the user",
    () => mailRefusal(550, "550 5.1.1 no such user"),
    false,
  ],
];

function retryAfter(seconds: number) {
  return { "retry-after": String(seconds) };
}

function mailRefusal(responseCode: number, response: string): never {
  throw Object.assign(new Error(`Message failed: ${response}`), { responseCode, response });
}

for (const [what, refuse, isDelivered] of refusals) {
  Deno.test(`an answer determines whether the alert is retried: ${what}`, async () => {
    const isMail = what.includes("mail");
    for (const [index, name] of networkNames.entries()) {
      if (isMail !== (name === "e-mail")) continue;
      const clock = new FakeClock();
      const until = clock.now() + 2 * hour;
      const channel = channelsOver(() => clock.now() < until ? refuse() : new Response())[index]!;
      const events = new EventSourceForTests();
      const alerts = sendAlerts({ events }, channel, { clock, logger: silentLogger });
      events.emit("failed", { recurring: true });
      await clock.advance(3 * hour);
      assertEquals(alerts.counts.delivered, isDelivered ? 1 : 0, name);
      assertEquals(alerts.counts.dropped, isDelivered ? 0 : 1, name);
      await alerts.close();
    }
  });
}

Deno.test("an alert is dropped after 50 attempts by default, and the loss is logged", async () => {
  const { events, channel, alerts, clock, warnings, details } = start();
  channel.send = () => {
    channel.attempts++;
    return Promise.reject(new Error("no"));
  };
  events.emit("failed");
  await clock.advance(9 * hour);
  assertEquals(alerts.counts.dropped, 0);
  await clock.advance(2 * hour);
  assertEquals(alerts.counts.dropped, 1);
  assertEquals(channel.attempts, 50);
  assertStringIncludes(warnings.at(-1) ?? "", "are lost");
  assertEquals(details.at(-1)?.attempts, 50);
  assertEquals(clock.timerCount, 0);
  await alerts.close();
});

Deno.test("a pause that the receiver asks for is limited to an hour, and logged", async () => {
  for (const retryAfterMs of [31_536_000_000, Infinity, 2 * hour]) {
    const { events, channel, alerts, clock, warnings, details } = start({ repeatAfter: 0 });
    channel.failures.push(new AlertDeliveryError("slow down", { retryAfterMs }));
    for (const _ of "abc") events.emit("failed");
    await clock.advance(hour - 1);
    assertEquals(channel.attempts, 1);
    assertStringIncludes(warnings[0] ?? "", "cannot be delivered, {waiting} wait");
    assertStringIncludes(warnings[1] ?? "", "asked for a pause of {askedMs} ms");
    assertEquals(details[1], { channel: "test", askedMs: retryAfterMs, pauseMs: hour });
    await clock.advance(1);
    assertEquals(alerts.counts.delivered, 3);
    await alerts.close();
  }
});

Deno.test("an invalid pause of the receiver is ignored", async () => {
  for (const retryAfterMs of [NaN, -1, 0]) {
    const { events, channel, alerts, clock } = start({ backoff: { seconds: 1 } });
    channel.failures.push(new AlertDeliveryError("slow down", { retryAfterMs }));
    events.emit("failed");
    await clock.advance(1_000);
    assertEquals(channel.arrived.length, 1);
    await alerts.close();
  }
});

Deno.test("an alert that fails repeatedly does not block the others", async () => {
  const { events, channel, alerts, clock } = start({ repeatAfter: 0, maxPerMinute: Infinity });
  const send = channel.send.bind(channel);
  channel.send = (batch, signal) =>
    batch[0]?.event.taskType === "poison" ? Promise.reject(new Error("500")) : send(batch, signal);
  events.emit("failed", { taskType: "poison" });
  events.emit("failed", { taskType: "fine" });
  await clock.advance(minute);
  assertEquals(
    channel.arrived.length,
    1,
    "it has failed often enough to be tried after the others",
  );
  await clock.advance(3 * hour);
  events.emit("failed", { taskType: "later" });
  await clock.advance(0);
  assertEquals(channel.arrived.length, 2, "the later alert does not wait for the long pause");
  assertEquals(alerts.counts, { delivered: 2, dropped: 0, suppressed: 0 });
  await alerts.close();
});

Deno.test("if the order matters, a failing alert blocks later ones", async () => {
  const { events, channel, alerts, clock } = start({ repeatAfter: 0 }, new KeepingChannel(1, true));
  for (let times = 0; times < 20; times++) channel.failures.push(new Error("500"));
  const kinds = ["failed", "rateLimitRejected"] as const;
  for (const kind of kinds) events.emit(kind);
  await clock.advance(10 * hour);
  assertEquals(channel.summary.map(([kind]) => kind), [...kinds]);
  await alerts.close();
});

Deno.test("new alerts do not cause more attempts while a receiver is down", async () => {
  const { events, channel, alerts, clock } = start({ repeatAfter: 0, maxPerMinute: Infinity });
  channel.send = () => {
    channel.attempts++;
    return Promise.reject(new Error("down"));
  };
  for (let minutes = 0; minutes < 10 * 60; minutes++) {
    events.emit("failed");
    await clock.advance(minute);
  }
  assert(channel.attempts < 80, `it was asked ${channel.attempts} times`);
  assertEquals(alerts.counts.dropped, 0);
  await alerts.close();
});
