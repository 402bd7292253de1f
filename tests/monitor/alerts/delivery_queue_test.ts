// The queue of one channel: its pauses, and its reports of dropped alerts.

import { assertEquals } from "@std/assert";
import { type Alert, AlertDeliveryError } from "../../../src/monitor/alerts/mod.ts";
import { alertSettings } from "../../../src/monitor/alerts/alert_options.ts";
import { DeliveryQueue } from "../../../src/monitor/alerts/delivery_queue.ts";
import { type Logger, silentLogger } from "../../../src/log/logger.ts";
import { FakeClock } from "../../../src/testing/fake_clock.ts";
import { taskEvent } from "../support/event_source.ts";

let made = 0;

function newAlert(taskType = "send-email"): Alert {
  return { id: `${++made}`, event: taskEvent("failed", { taskType }), count: 1, suppressed: 0 };
}

/**
 * Creates a queue whose channel fails with each of `failures` in turn, and records its attempts in
 * `tried`.
 */
function makeQueue(options: Parameters<typeof alertSettings>[0] = {}, batchSize = 1) {
  const clock = new FakeClock();
  const start = clock.now();
  const said: string[] = [];
  const note: Logger["warn"] = (message) => said.push(message);
  const logger = { ...silentLogger, warn: note, error: note };
  const failures: (Error | null)[] = [];
  const tried: [seconds: number, taskTypes: string][] = [];
  const channel = {
    name: "test",
    batchSize,
    send(alerts: readonly Alert[]): Promise<void> {
      const taskTypes = alerts.map(({ event }) => event.taskType).join();
      tried.push([(clock.now() - start) / 1000, taskTypes]);
      const failure = failures.shift() ?? null;
      return failure === null ? Promise.resolve() : Promise.reject(failure);
    },
  };
  const settings = alertSettings({ clock, logger, backoff: { seconds: 1 }, ...options });
  return { clock, said, failures, tried, queue: new DeliveryQueue(channel, settings) };
}

const down = () => new Error("down");
const refused = () => new AlertDeliveryError("no", { permanent: true });

Deno.test("alerts are delivered one by one to a channel without a batch size", async () => {
  const { queue, tried } = makeQueue();
  for (const taskType of ["a", "b"]) queue.add(newAlert(taskType));
  await queue.idle();
  assertEquals(tried, [[0, "a"], [0, "b"]]);
});

for (
  const [what, end] of [["was delivered", null], ["was refused permanently", refused()]] as const
) {
  Deno.test(`pauses start from the shortest again after an alert ${what}`, async () => {
    const { queue, clock, failures, tried } = makeQueue();
    failures.push(down(), down(), end, down());
    for (const taskType of ["a", "b"]) queue.add(newAlert(taskType));
    await clock.advance(60_000);
    assertEquals(tried, [[0, "a"], [1, "a"], [3, "a"], [3, "b"], [4, "b"]]);
  });
}

Deno.test("the next alert follows at once if a failed delivery leaves no alert undelivered", async () => {
  const { queue, clock, failures, tried } = makeQueue();
  failures.push(new AlertDeliveryError("partly", { undelivered: [] }));
  for (const taskType of ["a", "b"]) queue.add(newAlert(taskType));
  await clock.advance(0);
  assertEquals(tried, [[0, "a"], [0, "b"]]);
  assertEquals(queue.counts, { delivered: 2, dropped: 0 });
});

Deno.test("of a batch, refused alerts are given up, and only the others are tried again", async () => {
  const { queue, clock, failures, tried, said } = makeQueue({}, 3);
  const [a, b, c] = ["a", "b", "c"].map(newAlert) as [Alert, Alert, Alert];
  failures.push(new AlertDeliveryError("partly", { undelivered: [a, c], refused: [a] }));
  for (const alert of [a, b, c]) queue.add(alert);
  await clock.advance(60_000);
  assertEquals(tried, [[0, "a,b,c"], [1, "c"]]);
  assertEquals(queue.counts, { delivered: 2, dropped: 1 });
  assertEquals(said.filter((text) => text.includes("are lost")).length, 1);
});

Deno.test("a new alert does not end a pause that the receiver has asked for", async () => {
  const { queue, clock, failures, tried } = makeQueue();
  const patience = [1, 2, 3, 4].map(down);
  failures.push(...patience, new AlertDeliveryError("slow down", { retryAfterMs: 600_000 }));
  queue.add(newAlert("a"));
  await clock.advance(60_000);
  assertEquals(tried.length, 5);
  queue.add(newAlert("b"));
  await clock.advance(500_000);
  assertEquals(tried.length, 5, "the pause is the receiver's");
  await clock.advance(60_000);
  assertEquals(tried.slice(5).map(([, taskType]) => taskType), ["b", "a"]);
});

Deno.test("a pause that the receiver has asked for is logged once", async () => {
  const { queue, clock, failures, said } = makeQueue();
  failures.push(new AlertDeliveryError("slow down", { retryAfterMs: 90_000 }));
  queue.add(newAlert());
  await clock.advance(100_000);
  assertEquals(said.length, 1);
  assertEquals(queue.counts.delivered, 1);
});

Deno.test("a full queue is logged once each time that it becomes full", async () => {
  const { queue, said } = makeQueue({ maxQueue: 2 });
  for (let times = 1; times <= 2; times++) {
    for (const _ of "abcd") queue.add(newAlert());
    assertEquals(said.length, times);
    await queue.idle();
  }
  assertEquals(queue.counts, { delivered: 4, dropped: 4 });
});

Deno.test("alerts after the close are dropped", async () => {
  const { queue, tried, clock } = makeQueue();
  await queue.close(1000);
  queue.add(newAlert());
  await queue.idle();
  assertEquals(tried, []);
  assertEquals(queue.counts, { delivered: 0, dropped: 1 });
  assertEquals(clock.timerCount, 0);
});
