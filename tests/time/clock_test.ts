// Tests the real clock. A test that something does not happen waits for a later event.

import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../src/time/clock.ts";

/** Sets timers, and returns the order in which they fire, up to the last one set. */
function firing(set: (mark: (name: string) => () => void) => void): Promise<string[]> {
  const fired: string[] = [];
  set((name) => () => fired.push(name));
  return new Promise((resolve) => void systemClock.setTimer(() => resolve(fired), 30));
}

Deno.test("the clock reads the wall clock, and a monotonic one beside it", () => {
  const now = systemClock.now();
  assert(Math.abs(now - Date.now()) < 10_000, `${now}`); // a machine may correct its clock meanwhile
  const before = systemClock.monotonic();
  assert(systemClock.monotonic() >= before);
});

Deno.test("timers fire once, the shorter one first", async () => {
  const fired = await firing((mark) => {
    systemClock.setTimer(mark("second"), 15);
    systemClock.setTimer(mark("first"), 1);
  });
  assertEquals(fired, ["first", "second"]);
});

Deno.test("a negative delay counts as none", async () => {
  assertEquals(await firing((mark) => void systemClock.setTimer(mark("at once"), -5)), ["at once"]);
});

Deno.test("a cancelled timer does not fire", async () => {
  const fired = await firing((mark) => {
    const callOff = systemClock.setTimer(mark("called off"), 1);
    callOff();
    callOff();
  });
  assertEquals(fired, []);
});

Deno.test("delays beyond the limit of a runtime's timers do not fire at once", async () => {
  const callOffs: (() => void)[] = [];
  const fired = await firing((mark) => {
    for (const delayMs of [2 ** 31, 2 ** 40, Infinity]) {
      callOffs.push(systemClock.setTimer(mark(`${delayMs}`), delayMs));
    }
  });
  assertEquals(fired, []);
  for (const callOff of callOffs) callOff();
});

Deno.test("a timer never fires before its delay has passed", async () => {
  const start = systemClock.monotonic();
  await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 10.5));
  assert(systemClock.monotonic() - start >= 10);
});

Deno.test("a timer that is unref'd does not keep the process alive", async () => {
  const clock = JSON.stringify(import.meta.resolve("../../src/time/clock.ts"));
  const program = `import { systemClock } from ${clock};
    systemClock.setTimer(() => console.log("fired"), 600_000, { unref: true });`;
  const deno = new Deno.Command(Deno.execPath(), { args: ["eval", program] });
  const { code, stdout } = await deno.output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, ""]);
});
