import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { FakeClock } from "../../src/testing/mod.ts";

const start = Date.UTC(2026, 0, 1);

Deno.test("a fake clock does not advance by itself", async () => {
  const clock = new FakeClock();
  assertEquals([clock.now(), clock.monotonic()], [start, 0]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([clock.now(), clock.monotonic()], [start, 0]);
});

Deno.test("a fake clock starts at the given instant", () => {
  assertEquals(new FakeClock("2026-12-25T10:00:00Z").now(), Date.UTC(2026, 11, 25, 10));
  assertEquals(new FakeClock(5).now(), 5);
  assertThrows(() => new FakeClock("soon"), InvalidArgumentError, 'start is "soon"');
});

Deno.test("now() and monotonic() both advance", async () => {
  const clock = new FakeClock();
  await clock.advance(1500);
  assertEquals([clock.now(), clock.monotonic()], [start + 1500, 1500]);
});

Deno.test("a fake clock cannot advance by a negative or infinite time", async () => {
  const clock = new FakeClock();
  for (const ms of [-1, NaN, Infinity]) {
    await assertRejects(() => clock.advance(ms), InvalidArgumentError, "ms is ");
  }
  assertEquals(clock.monotonic(), 0);
});

Deno.test("timers fire in order, each at its instant", async () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  const mark = (name: string) => () => fired.push(`${name} at ${clock.monotonic()}`);
  clock.setTimer(mark("c"), 30);
  clock.setTimer(mark("a"), 10);
  clock.setTimer(mark("b"), 20);
  clock.setTimer(mark("b, set later"), 20);
  clock.setTimer(mark("too late"), 41);
  clock.setTimer(mark("never"), Infinity);
  clock.setTimer(mark("at once"), -5);
  await clock.advance(40);
  assertEquals(fired, ["at once at 0", "a at 10", "b at 20", "b, set later at 20", "c at 30"]);
  assertEquals([clock.monotonic(), clock.timerCount], [40, 1]);
});

Deno.test("a timer that is set by a timer can fire in the same advance", async () => {
  const clock = new FakeClock();
  const ticks: number[] = [];
  const tick = () => {
    ticks.push(clock.now() - start);
    clock.setTimer(tick, 10);
  };
  clock.setTimer(tick, 10);
  await clock.advance(35);
  assertEquals(ticks, [10, 20, 30]);
});

Deno.test("work that waits only for promises finishes before the next timer fires", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const work = async (name: string) => {
    for (let n = 0; n < 100; n++) await Promise.resolve();
    seen.push(`${name} at ${clock.monotonic()}`);
  };
  clock.setTimer(() => void work("first"), 10);
  clock.setTimer(() => void work("second"), 20);
  void Promise.resolve().then(() => clock.setTimer(() => seen.push("set meanwhile"), 5));
  await clock.advance(100);
  assertEquals(seen, ["set meanwhile", "first at 10", "second at 20"]);
});

Deno.test("a cancelled timer does not fire", async () => {
  const clock = new FakeClock();
  let fired = 0;
  const callOff = clock.setTimer(() => fired++, 10);
  clock.setTimer(() => callOff(), 5);
  await clock.advance(20);
  callOff();
  assertEquals([fired, clock.timerCount], [0, 0]);
});

Deno.test("setting the time changes only the wall clock", async () => {
  const clock = new FakeClock();
  let firedAt = 0;
  clock.setTimer(() => firedAt = clock.monotonic(), 1000);
  clock.setTime("2020-01-01T00:00:00Z");
  assertEquals([clock.now(), clock.monotonic(), firedAt], [Date.UTC(2020, 0, 1), 0, 0]);
  await clock.advance(1000);
  assertEquals([clock.now(), firedAt], [Date.UTC(2020, 0, 1) + 1000, 1000]);
  assertThrows(() => clock.setTime(NaN), InvalidArgumentError, "instant is NaN");
});
