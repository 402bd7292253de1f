// The storage's clock as a process knows it: it goes on by the monotonic clock from what storage said last.

import { assertEquals } from "@std/assert";
import { FakeClock } from "../../src/testing/mod.ts";
import { StorageClock } from "../../src/time/storage_clock.ts";

Deno.test("the storage's clock goes on from what storage said, however the clock of the process is set", async () => {
  const clock = new FakeClock(1_000_000);
  const storageClock = new StorageClock(clock);
  assertEquals(storageClock.now(), 1_000_000);
  storageClock.sync(5_000);
  await clock.advance(700);
  clock.setTime(9_999_999);
  assertEquals([storageClock.now(), storageClock.at(clock.monotonic() - 200)], [5_700, 5_500]);
  storageClock.sync(4_000);
  assertEquals(storageClock.now(), 4_000);
});

Deno.test("its readings are whole milliseconds", async () => {
  const clock = new FakeClock(0);
  const storageClock = new StorageClock(clock);
  await clock.advance(0.7);
  assertEquals([storageClock.now(), storageClock.at(2.4), storageClock.at(2.5)], [1, 2, 3]);
});
