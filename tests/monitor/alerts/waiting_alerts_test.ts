// Alerts that wait for delivery: their limits, and what closing does with them.

import { assert, assertEquals } from "@std/assert";
import { startAlerts as start } from "../support/alert_pipeline.ts";

Deno.test("while a channel hangs, at most maxQueue alerts wait, and no event is delayed", async () => {
  const { events, channel, alerts, clock } = start({
    repeatAfter: 0,
    maxQueue: 5,
    maxPerMinute: 100,
  });
  channel.send = () => new Promise(() => {});
  events.emit("failed");
  await clock.advance(0);
  for (let index = 0; index < 20; index++) events.emit("failed");
  await events.idle();
  assertEquals(alerts.counts.dropped, 15);
  const closing = alerts.close({ seconds: 2 });
  await clock.advance(2_000);
  await closing;
  assertEquals(alerts.counts, { delivered: 0, dropped: 21, suppressed: 0 });
  assertEquals(clock.timerCount, 0);
});

Deno.test("waiting alerts are also bounded by the length of their texts", async () => {
  const { events, channel, alerts, clock, warnings } = start({
    repeatAfter: 0,
    maxPerMinute: Infinity,
  });
  channel.send = () => new Promise(() => {});
  events.emit("failed");
  await clock.advance(0);
  const taskParameters = "x".repeat(1_000_000);
  for (let index = 0; index < 50; index++) events.emit("failed", { taskParameters });
  await events.idle();
  assertEquals(alerts.counts.dropped, 50 - 9);
  assertEquals(warnings, ["Alerts for {channel} are dropped: the queue is full, {waiting} wait"]);
  const closing = alerts.close({ seconds: 1 });
  await clock.advance(1_000);
  await closing;
});

Deno.test("suppressed events are also bounded by the length of their texts", async () => {
  const { events, channel, alerts } = start({ maxPerMinute: Infinity });
  const taskParameters = "x".repeat(3_000_000);
  for (const exception of ["a", "b", "c", "d", "e", "f"]) {
    for (const _ of "ab") events.emit("failed", { exception, taskParameters });
    await alerts.flush();
  }
  assertEquals(channel.arrived.length, 6 + 3, "the oldest are summed up before their window ends");
  await alerts.close();
});

Deno.test("a repeated event with a long text is summed up at once, with the earlier repetitions", async () => {
  const { events, channel, alerts } = start({ maxPerMinute: Infinity });
  for (const exception of ["a", "b", "a"]) events.emit("failed", { exception });
  await alerts.flush();
  assertEquals(channel.arrived.length, 2);
  events.emit("failed", { exception: "a", taskParameters: "x".repeat(10_000_001) });
  await alerts.flush();
  assertEquals(channel.summary.slice(2), [["failed", 2, 0]]);
  await alerts.close();
});

Deno.test("repetitions of one event are suppressed, however long its text is", async () => {
  const { events, channel, alerts } = start({ maxPerMinute: Infinity });
  const taskParameters = "x".repeat(10_000_001);
  for (const _ of "ab") {
    events.emit("failed", { taskParameters });
    await alerts.flush();
  }
  assertEquals(channel.arrived.length, 1);
  await alerts.close();
});

Deno.test("closing tries once more, at once, to deliver the alerts that wait for their next attempt", async () => {
  const { events, channel, alerts, clock } = start({ repeatAfter: 0 });
  for (let times = 0; times < 8; times++) channel.failures.push(new Error("down"));
  for (const _ of "abc") events.emit("failed");
  await clock.advance(60_000);
  assert(channel.arrived.length < 3);
  channel.failures.length = 0;
  await alerts.close();
  assertEquals(alerts.counts, { delivered: 3, dropped: 0, suppressed: 0 });
  assertEquals(clock.timerCount, 0);
});

Deno.test("closing logs the waiting alerts that it cannot deliver, all in one line", async () => {
  const { events, channel, alerts, clock, warnings } = start({
    repeatAfter: 0,
    maxPerMinute: Infinity,
  });
  channel.send = () => new Promise(() => {});
  for (let index = 0; index < 500; index++) events.emit("failed");
  await clock.advance(0);
  const closing = alerts.close({ seconds: 2 });
  await clock.advance(2_000);
  await closing;
  assertEquals(alerts.counts, { delivered: 0, dropped: 500, suppressed: 0 });
  assertEquals(warnings.length, 2, "one for the delivery under way, and one for the rest");
});
