// Tests that deferrals are reported with their number, at once and then once a second.

import { assertEquals } from "@std/assert";
import { EventBus } from "../../src/events/event_bus.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { DeferralEvents } from "../../src/rate_limit/deferral_events.ts";
import { FakeClock } from "../../src/testing/mod.ts";
import { StorageClock } from "../../src/time/storage_clock.ts";

function scene() {
  const clock = new FakeClock();
  const events = new EventBus(silentLogger);
  const told: [type: string, count: number][] = [];
  events.subscribe(({ taskType, count }) => void told.push([taskType, count]));
  const parts = { events, clock, storageClock: new StorageClock(clock), definitions: new Map() };
  return { clock, events, told, deferrals: new DeferralEvents(parts) };
}

Deno.test("deferrals are reported at most once per type and second, and all of them are counted", async () => {
  const { clock, told, deferrals } = scene();
  for (let n = 0; n < 3; n++) deferrals.deferred("mail", "default");
  deferrals.deferred("other", "default");
  await clock.advance(1_000);
  assertEquals(told, [["mail", 1], ["other", 1], ["mail", 2]]);
  deferrals.deferred("mail", "default"); // within a second of the previous event
  await clock.advance(999);
  assertEquals(told.length, 3);
  await clock.advance(1);
  assertEquals(told.slice(3), [["mail", 1]]);
  await clock.advance(5_000);
  assertEquals([told.length, clock.timerCount], [4, 0]);
  deferrals.deferred("mail", "default");
  await clock.advance(0);
  assertEquals(told.slice(4), [["mail", 1]]);
});

Deno.test("a stop reports the remaining deferrals, and nothing afterwards", async () => {
  const { clock, told, deferrals, events } = scene();
  for (const type of ["mail", "mail", "mail", "other"]) deferrals.deferred(type, "default");
  deferrals.stop();
  await events.idle();
  assertEquals(told, [["mail", 1], ["other", 1], ["mail", 2]]);
  assertEquals(clock.timerCount, 0);
});
