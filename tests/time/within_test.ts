// Tests waiting with a time limit.

import { assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "../../src/testing/mod.ts";
import { within } from "../../src/time/within.ts";

Deno.test("within() resolves with its promise or after its limit, and leaves no timer behind", async () => {
  const clock = new FakeClock();
  await within(clock, 1_000, Promise.resolve());
  assertEquals(clock.timerCount, 0);
  let ended = false;
  const waiting = within(clock, 1_000, new Promise(() => {})).then(() => ended = true);
  await clock.advance(999);
  assertEquals(ended, false);
  await clock.advance(1);
  assertEquals(ended, true);
  await waiting;
});

Deno.test("within() rejects with its promise, but ignores a rejection after its limit", async () => {
  const clock = new FakeClock();
  const failed = () => Promise.reject(new Error("failed"));
  await assertRejects(() => within(clock, 1_000, failed()), Error, "failed");
  const late = Promise.withResolvers<void>();
  const waiting = within(clock, 1_000, late.promise);
  await clock.advance(1_000);
  await waiting;
  late.reject(new Error("an unhandled rejection would end the process"));
  await clock.advance(0);
});
