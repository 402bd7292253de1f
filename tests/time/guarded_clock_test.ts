import { assert, assertEquals } from "@std/assert";
import { type Clock, systemClock } from "../../src/storage/mod.ts";
import { type Logger, silentLogger } from "../../mod.ts";
import { guardClock } from "../../src/time/guarded_clock.ts";

const refuse = () => {
  throw new Error("no time");
};

function noting(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  return { lines, logger: { ...silentLogger, error: (message) => void lines.push(message) } };
}

/** Clocks that fail to return a time. */
const broken: Record<string, () => unknown> = {
  throws: refuse,
  "gives NaN": () => NaN,
  "gives infinity": () => Infinity,
  "gives nothing": () => undefined,
  "gives a text": () => "12:00",
  "gives a promise": () => Promise.resolve(5),
  rejects: () => Promise.reject(new Error("no time")),
};

for (const [name, read] of Object.entries(broken)) {
  Deno.test(`if a clock ${name}, time still advances, and the failure is logged once`, async () => {
    const { lines, logger } = noting();
    const clock = guardClock({ now: read, monotonic: read, setTimer: read } as Clock, logger);
    const [from, to] = [systemClock.now() - 1000, systemClock.now() + 60_000];
    assert(clock.now() >= from && clock.now() <= to);
    const first = clock.monotonic();
    assert(clock.monotonic() >= first);
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.setTimer(resolve, 0);
    await promise;
    clock.setTimer(() => assert(false, "it was called off"), 5_000)();
    assertEquals(lines.length, 1);
  });
}

Deno.test("a clock that fails for a while continues from its last reading", async () => {
  let time = 1000;
  let works = true;
  const read = () => works ? time : refuse();
  const clock = guardClock({ ...systemClock, now: read, monotonic: read }, silentLogger);
  assertEquals([clock.now(), clock.monotonic()], [1000, 1000]);
  works = false;
  const since = systemClock.monotonic();
  await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 20));
  const passed = systemClock.monotonic() - since;
  for (const reading of [clock.now(), clock.monotonic()]) {
    assert(reading >= 1000 + passed && reading < 61_000, `${reading} after ${passed} ms`);
  }
  works = true;
  time = 90_000;
  assertEquals([clock.now(), clock.monotonic()], [90_000, 90_000]);
});

Deno.test("a timer calls back once, however often the clock does", () => {
  const armed: (() => void)[] = [];
  const setTimer = (callback: () => void) => {
    armed.push(callback);
    return refuse; // cancelling it fails, too
  };
  const { lines, logger } = noting();
  const clock = guardClock({ ...systemClock, setTimer }, logger);
  let calls = 0;
  const cancel = clock.setTimer(() => calls++, 5);
  for (const callback of [...armed, ...armed]) callback();
  cancel();
  assertEquals([calls, lines.length], [1, 1]);
});

Deno.test("the system's clock is used unchanged", () => {
  assertEquals(guardClock(systemClock, silentLogger) === systemClock, true);
});
