// Tests a process's estimate of the storage's clock: its last reading plus the monotonic time
// since, with answers of any delay.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FakeClock } from "../../src/testing/mod.ts";
import { systemClock } from "../../src/time/clock.ts";
import { readingErrorMs, StorageClock } from "../../src/time/storage_clock.ts";

Deno.test("the storage's clock advances from storage's reading, regardless of the clock of the process", async () => {
  const clock = new FakeClock(1_000_000);
  const storageClock = new StorageClock(clock);
  assertEquals(storageClock.now(), 1_000_000);
  storageClock.sync(5_000, clock.monotonic());
  await clock.advance(700);
  clock.setTime(9_999_999);
  assertEquals([storageClock.now(), storageClock.at(clock.monotonic() - 200)], [5_700, 5_500]);
  storageClock.sync(4_000, clock.monotonic());
  assertEquals(storageClock.now(), 4_000);
});

Deno.test("an answer that a frozen process reads late does not set the estimate back", async () => {
  const clock = new FakeClock(1_000_000);
  const storageClock = new StorageClock(clock);
  const difference = () => storageClock.now() - clock.now();
  storageClock.sync(clock.now(), clock.monotonic());
  const [askedAt, reading] = [clock.monotonic(), clock.now() + 300];
  await clock.advance(8_000);
  storageClock.sync(reading, askedAt);
  assertEquals(difference(), 0);
  storageClock.sync(reading + 60_000, askedAt); // the storage's clock was set forward
  assertEquals(difference(), 52_300);
  storageClock.sync(reading - 60_000, askedAt); // and back
  assertEquals(difference(), -59_700);
});

Deno.test("the estimates are whole milliseconds", async () => {
  const clock = new FakeClock(0);
  const storageClock = new StorageClock(clock);
  await clock.advance(0.7);
  assertEquals([storageClock.now(), storageClock.at(2.4), storageClock.at(2.5)], [1, 2, 3]);
});

/** A reading: the delays of the request and the answer, and the change of the clock before it. */
interface Reading {
  readonly pauseMs: number;
  readonly askMs: number;
  readonly answerMs: number;
  readonly setByMs: number;
}

const ms = fc.integer({ min: 0, max: 30_000 });
const readings = (setByMs: fc.Arbitrary<number>) =>
  fc.array(fc.record<Reading>({ pauseMs: ms, askMs: ms, answerMs: ms, setByMs }), { minLength: 1 });

/** Takes the readings in order, and returns those that detected a clock set back. */
function play(readings: readonly Reading[]): boolean[] {
  let now = 0;
  let aheadMs = 0;
  const storageClock = new StorageClock({ ...systemClock, monotonic: () => now });
  return readings.map(({ pauseMs, askMs, answerMs, setByMs }) => {
    aheadMs += setByMs;
    const askedAt = now += pauseMs;
    const storageNow = (now += askMs) + aheadMs;
    now += answerMs;
    return storageClock.syncAndCompare(storageNow, askedAt) > 0;
  });
}

Deno.test("a clock that advances, or is set forward, never counts as set back", () => {
  fc.assert(fc.property(readings(ms), (taken) => {
    assertEquals(play(taken).includes(true), false);
  }));
});

Deno.test("a clock that is set back is detected once, however long answers take", () => {
  const notSet = fc.constant(0);
  fc.assert(fc.property(readings(notSet), readings(notSet), (before, after) => {
    const slowest = Math.max(...[...before, ...after].map((each) => each.askMs + each.answerMs));
    const [first, ...others] = after;
    const setByMs = -(2 * slowest + readingErrorMs + 1);
    const seen = play([...before, { ...first!, setByMs }, ...others]);
    assertEquals(seen, [...before.map(() => false), true, ...others.map(() => false)]);
  }));
});

Deno.test("a clock that is set back by at most the error of a reading is not detected", () => {
  const atOnce = { pauseMs: 1, askMs: 0, answerMs: 0 };
  const setBy = (setByMs: number) => play([{ ...atOnce, setByMs: 0 }, { ...atOnce, setByMs }])[1];
  assertEquals([setBy(-readingErrorMs), setBy(-readingErrorMs - 1)], [false, true]);
});

Deno.test("a clock that is set back by milliseconds again and again is not reported", () => {
  const reading = { pauseMs: 10_000, askMs: 1, answerMs: 1, setByMs: -60 };
  assertEquals(play(Array.from({ length: 1_000 }, () => reading)).includes(true), false);
});

Deno.test("a slow reading hides no correction from the next one", () => {
  const reading = { pauseMs: 10_000, askMs: 0, answerMs: 0, setByMs: 0 };
  const slow = { ...reading, askMs: 2_000, setByMs: -readingErrorMs - 500 };
  assertEquals(play([reading, slow, reading]), [false, false, true]);
});
