// From events to alerts, with a fake clock and a channel that records alerts.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import type { AlertOptions } from "../../../src/monitor/alerts/mod.ts";
import { KeepingChannel, startAlerts as start } from "../support/alert_pipeline.ts";

Deno.test("only errors are sent by default", async () => {
  const { events, channel, alerts } = start();
  for (const kind of ["completed", "timeout", "failed", "rateLimitRejected"] as const) {
    events.emit(kind);
  }
  await alerts.flush();
  assertEquals(channel.summary, [["failed", 1, 0], ["rateLimitRejected", 1, 0]]);
  await alerts.close();
});

Deno.test("requested kinds are sent, with any severity", async () => {
  const { events, channel, alerts } = start({ kinds: ["missed", "completed"] });
  events.emit("missed", { count: 2 });
  events.emit("completed");
  events.emit("failed");
  await alerts.flush();
  assertEquals(channel.summary.map(([kind]) => kind), ["missed", "completed"]);
  await alerts.close();
});

Deno.test("alerts are filtered by severity, type, kind and a function", async () => {
  const { events, channel, alerts } = start({
    severity: "Warning",
    types: ["charge-card", "send-email"],
    kinds: ["timeout", "failed", "completed"],
    filter: ({ queue }) => queue === "default",
  });
  events.emit("timeout", { taskType: "charge-card" });
  events.emit("completed", { taskType: "charge-card" });
  events.emit("retrying", { taskType: "charge-card" });
  events.emit("failed", { taskType: "clean-up" });
  events.emit("failed", { queue: "email" });
  events.emit("failed");
  await alerts.flush();
  assertEquals(channel.summary, [["timeout", 1, 0], ["failed", 1, 0]]);
  await alerts.close();
});

Deno.test("events of the same key are sent once, and summed up at the end of the window", async () => {
  const { events, channel, alerts, clock } = start({ repeatAfter: { minutes: 5 } });
  for (let order = 1; order <= 40; order++) {
    events.emit("failed", { exception: `Error: order ${order} not found`, attempt: order });
  }
  events.emit("failed", { exception: "Error: card declined" });
  await alerts.flush();
  assertEquals(channel.summary, [["failed", 1, 0], ["failed", 1, 0]]);
  await clock.advance(5 * 60_000);
  assertEquals(channel.summary.slice(2), [["failed", 39, 0]]);
  assertEquals(channel.arrived[2]?.event.attempt, 40);

  await clock.advance(4 * 60_000);
  events.emit("failed", { exception: "Error: order 99 not found" });
  await alerts.flush();
  assertEquals(channel.arrived.length, 3);
  await clock.advance(60_000);
  assertEquals(channel.summary.slice(3), [["failed", 1, 0]]);
  await clock.advance(10 * 60_000);
  assertEquals(channel.arrived.length, 4);
  assertEquals(clock.timerCount, 0);
  await alerts.close();
});

Deno.test("the key of events can be set", async () => {
  const { events, channel, alerts } = start({ keyOf: ({ taskKey }) => taskKey ?? "" });
  for (const taskKey of ["a", "a", "b"]) events.emit("failed", { taskKey });
  await alerts.flush();
  assertEquals(channel.arrived.map(({ event }) => event.taskKey), ["a", "b"]);
  await alerts.close();
});

Deno.test("by default, the key ignores numbers, and the window is five minutes", async () => {
  const { events, channel, alerts, clock } = start();
  const exception = `Error: ${"x".repeat(500)}`;
  events.emit("failed", { exception });
  for (
    const [fields, isTold] of [
      [{ exception: `${exception} and so on` }, false],
      [{ exception, taskId: "another" }, false],
      [{ exception, taskType: "another" }, true],
      [{ exception, queue: "another" }, true],
      [{ exception: "Error: another" }, true],
    ] as const
  ) {
    const before = channel.arrived.length;
    events.emit("failed", fields);
    await alerts.flush();
    const told = channel.arrived.slice(before === 0 ? 1 : before);
    assertEquals(told.length, isTold ? 1 : 0, Object.keys(fields).join());
  }
  const { length } = channel.arrived;
  await clock.advance(5 * 60_000 - 1);
  assertEquals(channel.arrived.length, length);
  await clock.advance(1);
  assertEquals(channel.summary.slice(length), [["failed", 2, 0]]);
  await alerts.close();
});

Deno.test("suppressed events are counted, and only the next alert has their number", async () => {
  const { events, channel, alerts, clock } = start({ maxPerMinute: 1 });
  for (let times = 0; times < 10; times++) events.emit("failed");
  await alerts.flush();
  await clock.advance(5 * 60_000 - 1);
  events.emit("failed", { taskType: "another" });
  await clock.advance(1); // the limit suppresses the sum of the nine others
  assertEquals(alerts.counts.suppressed, 9);
  for (const taskType of ["third", "fourth"]) {
    await clock.advance(60_000);
    events.emit("failed", { taskType });
    await alerts.flush();
  }
  assertEquals(channel.summary.map(([, , suppressed]) => suppressed), [0, 0, 9, 0]);
  await alerts.close();
});

Deno.test("an unlimited number of keys does not fill the memory", async () => {
  const { events, channel, alerts, clock } = start({
    keyOf: ({ attempt }) => String(attempt),
    maxPerMinute: Infinity,
    maxQueue: 10_000,
  });
  for (let attempt = 0; attempt < 3_000; attempt++) events.emit("failed", { attempt });
  await alerts.flush();
  assertEquals(channel.arrived.length, 3_000);
  assertEquals(clock.timerCount, 1_000, "one timer for each stored key");
  for (const attempt of [2_999, 1_999]) events.emit("failed", { attempt });
  await alerts.flush();
  assertEquals(channel.arrived.length, 3_001, "the oldest keys are forgotten, and sent again");
  assertEquals(clock.timerCount, 1_000);
  await alerts.close();
  assertEquals(clock.timerCount, 0);
});

Deno.test("the number of alerts in a minute is limited, and the next alert has the number of omitted events", async () => {
  const { events, channel, alerts, clock, warnings } = start({ repeatAfter: 0, maxPerMinute: 3 });
  for (let index = 0; index < 10; index++) events.emit("failed");
  await alerts.flush();
  assertEquals(channel.arrived.length, 3);
  await clock.advance(20_000);
  events.emit("failed");
  await alerts.flush();
  assertEquals(channel.summary[3], ["failed", 1, 7]);
  assertEquals(alerts.counts, { delivered: 4, dropped: 0, suppressed: 7 });
  assertEquals(warnings, ["Alerts for {channel} are left out: there are too many"]);
  await alerts.close();
});

Deno.test("closing delivers sums of suppressed events, and stops listening", async () => {
  const { events, channel, alerts, clock } = start();
  for (const _ of "abc") events.emit("failed");
  await alerts.close();
  assertEquals(channel.summary, [["failed", 1, 0], ["failed", 2, 0]]);
  assertEquals(events.subscriberCount, 0);
  assertEquals(clock.timerCount, 0);
});

Deno.test("options override a channel's defaults", async () => {
  class Chatty extends KeepingChannel {
    readonly defaults: AlertOptions = { severity: "Information", repeatAfter: 0 };
  }
  const { events, channel, alerts } = start({ severity: "Warning" }, new Chatty());
  for (const kind of ["completed", "timeout", "timeout"] as const) events.emit(kind);
  await alerts.flush();
  assertEquals(channel.summary, [["timeout", 1, 0], ["timeout", 1, 0]]);
  await alerts.close();
});

Deno.test("invalid options are rejected at once", () => {
  for (
    const options of [{ maxPerMinute: 0 }, { maxQueue: 0 }, { attempts: 1.5 }, { timeout: -1 }]
  ) {
    const error = assertThrows(() => start(options), InvalidArgumentError);
    assertStringIncludes(error.message, Object.keys(options)[0]!);
  }
});
