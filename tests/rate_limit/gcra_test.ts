// The rate limit's arithmetic, by tables of instants.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type RateLimit, reserveSlot } from "../../src/rate_limit/gcra.ts";

const now = 1_767_225_600_000;

/** Asks at instants (milliseconds after `now`) and tells when each slot is; null for one that was refused. */
function slotsFor(limit: Partial<RateLimit>, instants: number[]): (number | null)[] {
  const full = { emissionIntervalMs: 100, burst: 1, startEmpty: false, horizonMs: 1e9, ...limit };
  let tat: number | null = null;
  return instants.map((instant) => {
    const reservation = reserveSlot(tat, now + instant, full);
    tat = reservation.tat;
    return reservation.granted ? reservation.slotAt - now : null;
  });
}

const tables: [
  sentence: string,
  limit: Partial<RateLimit>,
  asked: number[],
  slots: (number | null)[],
][] = [
  ["one at a time, an interval apart", {}, [0, 0, 0, 0], [0, 100, 200, 300]],
  ["at the right rhythm nobody waits", {}, [0, 100, 200, 350, 450], [0, 100, 200, 350, 450]],
  ["who comes early waits for the rest of the interval", {}, [0, 60, 130], [0, 100, 200]],
  ["a burst passes at once", { burst: 3 }, [0, 0, 0, 0, 0], [0, 0, 0, 100, 200]],
  [
    "a burst comes back one by one",
    { burst: 2 },
    [0, 0, 100, 100, 300, 300, 300],
    [0, 0, 100, 200, 300, 400, 500],
  ],
  ["a long pause earns no more than the burst", { burst: 2 }, [0, 9999, 9999, 9999], [
    0,
    9999,
    9999,
    10_099,
  ]],
  ["an empty budget is earned", { burst: 3, startEmpty: true }, [0, 0, 0], [0, 100, 200]],
  [
    "an empty budget fills with time",
    { burst: 3, startEmpty: true },
    [0, 300, 300, 300],
    [0, 300, 300, 300],
  ],
  ["beyond the horizon nothing is reserved", { horizonMs: 150 }, [0, 0, 0, 0, 60], [
    0,
    100,
    null,
    null,
    200,
  ]],
  ["the horizon itself is within", { horizonMs: 100 }, [0, 0, 0], [0, 100, null]],
  ["without a horizon only now will do", { horizonMs: 0, burst: 2 }, [0, 0, 0, 100, 100], [
    0,
    0,
    null,
    100,
    null,
  ]],
  ["fractions add up and are rounded up", { emissionIntervalMs: 100 / 3 }, [0, 0, 0, 0, 0], [
    0,
    34,
    67,
    100,
    134,
  ]],
  ["an interval of less than a millisecond", { emissionIntervalMs: 0.25 }, [0, 0, 0, 0, 0, 0], [
    0,
    1,
    1,
    1,
    1,
    2,
  ]],
];

for (const [sentence, limit, asked, slots] of tables) {
  Deno.test(`rate limit: ${sentence}`, () => assertEquals(slotsFor(limit, asked), slots));
}

Deno.test("a refused new key stays new", () => {
  const limit = { emissionIntervalMs: 100, burst: 1, startEmpty: false, horizonMs: -1 };
  assertEquals(reserveSlot(null, now, limit), { slotAt: now, granted: false, tat: null });
});

Deno.test("over any window the slots never exceed rate and burst, whenever they are asked for", () => {
  // A small generator of its own, so that a failure can be repeated: Park and Miller's minimal standard.
  let seed = 42;
  const random = () => (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 50; round++) {
    const burst = 1 + Math.floor(random() * 5);
    const emissionIntervalMs = 1 + random() * 50;
    const startEmpty = random() < 0.5;
    let instant = 0;
    const asked = Array.from({ length: 200 }, () => instant += Math.floor(random() ** 3 * 200));
    const slots = slotsFor({ burst, emissionIntervalMs, startEmpty }, asked) as number[];
    for (let first = 0; first + burst < slots.length; first++) {
      const window = slots[first + burst]! - slots[first]!;
      assert(window >= emissionIntervalMs - 1.01, `${burst + 1} slots within ${window} ms`);
    }
    for (const [n, slot] of slots.entries()) assert(slot >= asked[n]!, "no slot is in the past");
  }
});

Deno.test("over any period a key runs permits + burst times, and what workers are late by adds no more than the slots of that time", () => {
  const whole = (min: number, max: number) => fc.integer({ min, max });
  const gap = fc.oneof(whole(0, 3), whole(0, 400));
  const asks = fc.array(fc.record({ gap, lateness: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    minLength: 30,
    maxLength: 120,
  });
  fc.assert(
    fc.property(whole(1, 8), whole(1, 8), whole(1, 40), whole(0, 6), asks, (
      permits,
      burst,
      emissionIntervalMs,
      lateSlots,
      asks,
    ) => {
      let instant = 0;
      const asked = asks.map(({ gap }) => instant += gap);
      const slots = slotsFor({ burst, emissionIntervalMs }, asked) as number[];
      const latestMs = (1 + lateSlots) * emissionIntervalMs;
      const runs = slots.map((slot, n) => slot + Math.floor(asks[n]!.lateness * latestMs))
        .sort((a, b) => a - b);
      for (const [first, from] of runs.entries()) {
        const until = from + permits * emissionIntervalMs;
        const inWindow = runs.slice(first).filter((at) => at < until).length;
        assert(inWindow <= permits + burst + lateSlots, `${inWindow} runs from ${from} on`);
      }
    }),
    { numRuns: 300 },
  );
});
