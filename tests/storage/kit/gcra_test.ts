// Tests the rate limit's arithmetic with tables of instants.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type RateBudget, type SlotWish, takeSlot } from "../../../src/storage/kit/gcra.ts";
import { parseRateLimit } from "../../../src/task/rate_limit_options.ts";
import { slotWish } from "../../support/slot_wish.ts";

const now = 1_767_225_600_000;

/**
 * Requests slots at instants (milliseconds after `now`), and returns the instant of each slot, or
 * null for a rejected request.
 */
function slotsFor(limit: Partial<SlotWish>, instants: number[]): (number | null)[] {
  let budget: RateBudget | null = null;
  return instants.map((instant) => {
    const taken = takeSlot(budget, now + instant, slotWish(limit));
    budget = taken.budget;
    return taken.granted ? taken.slotAt - now : null;
  });
}

const tables: [
  sentence: string,
  limit: Partial<SlotWish>,
  asked: number[],
  slots: (number | null)[],
][] = [
  ["one at a time, an interval apart", {}, [0, 0, 0, 0], [0, 100, 200, 300]],
  ["runs an interval apart do not wait", {}, [0, 100, 200, 350, 450], [0, 100, 200, 350, 450]],
  ["a task that comes early waits for the rest of the interval", {}, [0, 60, 130], [0, 100, 200]],
  ["a burst passes at once", { burst: 3 }, [0, 0, 0, 0, 0], [0, 0, 0, 100, 200]],
  [
    "a used burst becomes available again one run at a time",
    { burst: 2 },
    [0, 0, 100, 100, 300, 300, 300],
    [0, 0, 100, 200, 300, 400, 500],
  ],
  ["a long pause earns at most the burst", { burst: 2 }, [0, 9999, 9999, 9999], [
    0,
    9999,
    9999,
    10_099,
  ]],
  [
    "with an empty budget, even the first burst waits for the interval",
    { burst: 3, startEmpty: true },
    [0, 0, 0],
    [0, 100, 200],
  ],
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
  ["a slot exactly at the horizon is granted", { horizonMs: 100 }, [0, 0, 0], [0, 100, null]],
  ["with a horizon of 0 only a slot now is granted", { horizonMs: 0, burst: 2 }, [
    0,
    0,
    0,
    100,
    100,
  ], [
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

Deno.test("a rejected request stores no budget for a new key", () => {
  const taken = takeSlot(null, now, slotWish({ horizonMs: -1 }));
  assertEquals(taken, { slotAt: now, granted: false, budget: null });
});

/**
 * A request: its instant, and the slot that it reserved before, or null; both in milliseconds after
 * `now`.
 */
type Ask = readonly [at: number, reservedAt: number | null];

/** Returns the slot of each request. */
function redeem(limit: Partial<SlotWish>, asks: readonly Ask[]): number[] {
  let budget: RateBudget | null = null;
  return asks.map(([at, reserved]) => {
    const reservedAt = reserved === null ? null : now + reserved;
    const taken = takeSlot(budget, now + at, slotWish({ ...limit, reservedAt }));
    budget = taken.budget;
    return taken.slotAt - now;
  });
}

const lines: [sentence: string, limit: Partial<SlotWish>, asks: Ask[], slots: number[]][] = [
  ["a slot is redeemed when it is reached", {}, [[0, null], [0, null], [100, 100]], [0, 100, 100]],
  ["a task that comes before its slot gets the same slot", {}, [[0, null], [0, null], [60, 100]], [
    0,
    100,
    100,
  ]],
  [
    "a task that is a little late does not delay later slots",
    { graceMs: 40 },
    [[0, null], [0, null], [0, null], [0, null], [140, 100], [210, 200], [330, 300]],
    [0, 100, 200, 300, 140, 210, 330],
  ],
  [
    "a late run takes an unused slot",
    { graceMs: 40 },
    [[0, null], [0, null], [170, 100]],
    [0, 100, 170],
  ],
  [
    "a task that is too late gets a new slot after the others have used theirs",
    { graceMs: 40 },
    [[0, null], [0, null], [0, null], [200, 200], [210, 100], [300, 300]],
    [0, 100, 200, 200, 300, 300],
  ],
  [
    "a run waits for the limit after late runs, even if it has a reservation",
    { graceMs: 40, burst: 2 },
    [[0, null], [0, null], [0, null], [0, null], [900, 100], [900, 200], [900, null], [960, 959]],
    [0, 0, 100, 200, 900, 900, 959, 960],
  ],
];

for (const [sentence, limit, asks, slots] of lines) {
  Deno.test(`rate limit: ${sentence}`, () => assertEquals(redeem(limit, asks), slots));
}

Deno.test("over any window the slots never exceed rate and burst, for requests at any time", () => {
  // A seeded random generator, so that failures are reproducible: Park and Miller's minimal
  // standard.
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

/** A task of the simulation: its next request, its slot, and its number of requests. */
interface Visitor {
  at: number;
  reservedAt: number | null;
  asked: number;
}

/** The instant at which a run may start, and the longest delay after it. */
interface AllowedStart {
  readonly at: number;
  readonly withinMs: number;
}

/**
 * Simulates tasks that may be late for their slots. Returns the allowed starts, and the number of
 * requests of each task.
 */
function simulate(
  rateLimit: { permits: number; burst: number; period: number },
  arrivals: readonly number[],
  comesAt: (slotAt: number, ask: number) => number,
  startWithinMs: (ask: number) => number = () => 0,
): { starts: AllowedStart[]; asks: number[] } {
  const { emissionIntervalMs, burst, startEmpty, graceMs } = parseRateLimit(rateLimit, "rateLimit");
  const wish = { emissionIntervalMs, burst, startEmpty, graceMs, horizonMs: 1e12 };
  const waiting: Visitor[] = arrivals.map((at) => ({ at: now + at, reservedAt: null, asked: 0 }));
  const starts: AllowedStart[] = [];
  const asks: number[] = [];
  let budget: RateBudget | null = null;
  for (let ask = 0; waiting.length > 0; ask++) {
    waiting.sort((a, b) => a.at - b.at);
    const visitor = waiting[0]!;
    visitor.asked++;
    const { at, reservedAt } = visitor;
    const withinMs = startWithinMs(ask);
    const taken = takeSlot(budget, at, { ...wish, reservedAt, startWithinMs: withinMs });
    budget = taken.budget;
    if (taken.slotAt === at) {
      waiting.shift();
      starts.push({ at, withinMs });
      asks.push(visitor.asked);
    } else {
      visitor.reservedAt = taken.slotAt;
      visitor.at = Math.floor(comesAt(taken.slotAt, ask));
    }
    assert(ask < 100 * arrivals.length, "a task is deferred forever");
  }
  return { starts, asks };
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const limits = fc.record({
  permits: whole(1, 40),
  burst: whole(1, 8),
  period: fc.oneof(whole(1, 50), whole(100, 3_000)),
});
const gaps = fc.array(fc.oneof(whole(0, 3), whole(0, 400)), { minLength: 20, maxLength: 80 });
const arrivalsOf = (gaps: readonly number[]): number[] => {
  let instant = 0;
  return gaps.map((gap) => instant += gap);
};

Deno.test("over any period a key starts at most permits + burst times, however late the workers and handlers are", () => {
  const lateness = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 5_000, noNaN: true }),
  );
  const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 7 });
  fc.assert(
    fc.property(
      limits,
      gaps,
      fc.array(lateness, { minLength: 7 }),
      parts,
      fc.oneof(fc.constant(null), whole(1, 5_000)),
      (limit, gaps, latenesses, parts, pollMs) => {
        // Workers are late at random, or poll for all due tasks at intervals.
        const { starts } = simulate(
          limit,
          arrivalsOf(gaps),
          (slotAt, ask) =>
            pollMs === null
              ? slotAt + latenesses[ask % latenesses.length]!
              : Math.ceil(slotAt / pollMs) * pollMs,
          (ask) => ask % 3 === 0 ? latenesses[ask % latenesses.length]! : 0,
        );
        const { graceMs } = parseRateLimit(limit, "rateLimit");
        // The handler begins within the requested time, or within the grace period without one.
        const begins = starts
          .map(({ at, withinMs }, n) => at + parts[n % parts.length]! * (withinMs || graceMs))
          .sort((a, b) => a - b);
        for (const [first, from] of begins.entries()) {
          const inWindow = begins.slice(first).filter((at) => at <= from + limit.period).length;
          assert(inWindow <= limit.permits + limit.burst, `${inWindow} from ${from} on`);
        }
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("a run that is in time for its slot is never deferred, and no run is deferred forever", () => {
  fc.assert(
    fc.property(limits, gaps, fc.double({ min: 0, max: 1, noNaN: true }), (limit, gaps, part) => {
      const { graceMs } = parseRateLimit(limit, "rateLimit");
      // Whole milliseconds, because adding a fraction just below 1 to an instant rounds it up.
      const lateMs = Math.floor(graceMs * part);
      const { asks } = simulate(limit, arrivalsOf(gaps), (slotAt) => slotAt + lateMs);
      assert(asks.every((asked) => asked <= 2), `${asks}`);
    }),
    { numRuns: 200 },
  );
});
