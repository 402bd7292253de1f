// Timers of monitoring: only those of a delivery that is under way keep a process alive.

import { assertEquals } from "@std/assert";
import { silentLogger } from "../../src/log/logger.ts";
import { sendAlerts } from "../../src/monitor/alerts/mod.ts";
import { cached } from "../../src/monitor/cached.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import type { TimerOptions } from "../../src/time/clock.ts";
import { makeHub } from "./support/asked_hub.ts";
import { EventSourceForTests } from "./support/event_source.ts";
import { KeepingChannel } from "./support/alert_pipeline.ts";

/** A clock that records the delays of the timers that keep the process alive. */
class WatchedClock extends FakeClock {
  readonly keeping: number[] = [];

  override setTimer(callback: () => void, delayMs: number, options: TimerOptions = {}) {
    if (options.unref !== true) this.keeping.push(delayMs);
    return super.setTimer(callback, delayMs, options);
  }
}

Deno.test("clients of the hub keep no process alive", async () => {
  const clock = new WatchedClock();
  const { connect, poll, hub } = makeHub({ clock });
  const { id } = await connect();
  const waiting = poll(id);
  await clock.advance(60_000);
  await waiting;
  hub.close();
  assertEquals(clock.keeping, []);
});

Deno.test("only a delivery of alerts that is under way keeps a process alive", async () => {
  const clock = new WatchedClock();
  const events = new EventSourceForTests();
  const channel = new KeepingChannel();
  channel.failures.push(new Error("down"));
  const timeout = 7_000;
  const alerts = sendAlerts({ events }, channel, { clock, logger: silentLogger, timeout });
  for (const _ of "ab") events.emit("failed");
  await clock.advance(1_000);
  assertEquals(channel.attempts, 2);
  assertEquals(clock.keeping, [timeout, timeout]);
  await alerts.close();
});

Deno.test("a storage that does not answer keeps no process alive", async () => {
  const clock = new WatchedClock();
  const ask = cached(() => new Promise(() => {}), { ageMs: 1_000, timeoutMs: 5_000 }, clock);
  const asked = ask().catch(({ message }) => message);
  await clock.advance(5_000);
  assertEquals(await asked, "no answer within 5000 ms");
  assertEquals(clock.keeping, []);
});
