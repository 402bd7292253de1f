// Tests the machine's time with fractions.

import { assert } from "@std/assert";
import { wallClock } from "./wall_clock.ts";

/** A machine whose clock is corrected by `stepMs` every `everyMs`. */
function machine(stepMs: number, everyMs: number) {
  const startsAt = 1_700_000_000_000.4;
  let elapsed = 0;
  const wall = () => startsAt + elapsed + stepMs * Math.floor(elapsed / everyMs);
  return {
    wall,
    read: wallClock({ wall: () => Math.floor(wall()), monotonic: () => elapsed }),
    pass: (ms: number) => void (elapsed += ms),
  };
}

Deno.test("the clock agrees with a machine that corrects its time, and never goes back", () => {
  for (const stepMs of [-20, -6, 0, 6, 20]) {
    const { wall, read, pass } = machine(stepMs, 1_000);
    let last = 0;
    for (let i = 0; i < 10_000; i++) {
      pass(0.7);
      const at = read();
      const ahead = at - wall();
      assert(ahead >= -1 && ahead <= 1 + Math.max(0, -stepMs), `${ahead} ms, steps of ${stepMs}`);
      assert(at > last, `${at} after ${last}`);
      last = at;
    }
  }
});

Deno.test("the clock tells instants of one millisecond apart", () => {
  const { read, pass } = machine(0, Infinity);
  for (let i = 0; i < 100; i++) { // from here on, the fraction is known
    pass(0.37);
    read();
  }
  for (let i = 0; i < 100; i++) {
    const before = read();
    pass(0.05);
    assert(Math.abs(read() - before - 0.05) < 0.002); // a double has a third of a microsecond
  }
});
