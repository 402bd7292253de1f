// Single steps of the rate limit's arithmetic: the state of a key, the request, and the result.

import { assertEquals } from "@std/assert";
import { type RateBudget, type SlotWish, takeSlot } from "../../src/storage/kit/gcra.ts";
import { ReturnedSlotList } from "../../src/storage/kit/returned_slots.ts";
import { slotWish } from "../support/slot_wish.ts";

const now = 1_767_225_600_000;

interface Single {
  readonly what: string;
  readonly kept: RateBudget | null;
  readonly wish: Partial<SlotWish>;
  readonly returned?: readonly number[];
  readonly slotAt: number;
  readonly budget: RateBudget;
}

// All instants are milliseconds after `now`; slots are 100 ms apart.
const singles: readonly Single[] = [
  {
    what: "a start is charged to both budgets",
    kept: null,
    wish: {},
    slotAt: 0,
    budget: { reservedTat: 100, startedTat: 100 },
  },
  {
    what: "a start that may come a little later is charged as if it came then",
    kept: null,
    wish: { startWithinMs: 50 },
    slotAt: 0,
    budget: { reservedTat: 100, startedTat: 150 },
  },
  {
    what: "a reservation does not count as a start",
    kept: { reservedTat: 300, startedTat: 100 },
    wish: {},
    slotAt: 300,
    budget: { reservedTat: 400, startedTat: 100 },
  },
  {
    what: "a task that is in time for its slot may start a little before the limit allows it",
    kept: { reservedTat: 500, startedTat: 5 },
    wish: { reservedAt: -8, graceMs: 10 },
    slotAt: 0,
    budget: { reservedTat: 500, startedTat: 105 },
  },
  {
    what: "a task that is too late for its slot may not start before the limit allows it",
    kept: { reservedTat: 500, startedTat: 5 },
    wish: { reservedAt: -11, graceMs: 10 },
    slotAt: 500,
    budget: { reservedTat: 600, startedTat: 5 },
  },
  {
    what: "a task that is too late for its slot starts now if a slot is unused",
    kept: { reservedTat: 500, startedTat: 0 },
    wish: { reservedAt: -11, graceMs: 10 },
    slotAt: 0,
    budget: { reservedTat: 500, startedTat: 100 },
  },
  {
    what: "the next task that waits takes a slot that was given back",
    kept: { reservedTat: 1_000, startedTat: 100 },
    wish: {},
    returned: [200, 600],
    slotAt: 200,
    budget: { reservedTat: 1_000, startedTat: 100 },
  },
  {
    what: "a slot that was given back is not taken if it comes before the limit allows a start",
    kept: { reservedTat: 1_000, startedTat: 500 },
    wish: {},
    returned: [200, 600],
    slotAt: 600,
    budget: { reservedTat: 1_000, startedTat: 500 },
  },
  {
    what: "slots that were given back at the end of the reservations are no longer reserved",
    kept: { reservedTat: 1_000, startedTat: 100 },
    wish: {},
    returned: [800, 900],
    slotAt: 800,
    budget: { reservedTat: 900, startedTat: 100 },
  },
];
for (const { what, kept, wish, returned = [], slotAt, budget } of singles) {
  Deno.test(`takeSlot(): ${what}`, () => {
    const later = ({ reservedTat, startedTat }: RateBudget, ms: number): RateBudget => ({
      reservedTat: reservedTat + ms,
      startedTat: startedTat + ms,
    });
    const slots = new ReturnedSlotList();
    for (const slot of returned) slots.add(now + slot);
    const { reservedAt = null } = wish;
    const taken = takeSlot(
      kept && later(kept, now),
      now,
      slotWish({ ...wish, reservedAt: reservedAt === null ? null : now + reservedAt }),
      slots,
    );
    assertEquals(taken.granted, true);
    assertEquals([taken.slotAt - now, later(taken.budget!, -now)], [slotAt, budget]);
  });
}

Deno.test("takeSlot(): a returned slot beyond the horizon is not taken", () => {
  const slots = new ReturnedSlotList();
  slots.add(now + 500);
  const kept = { reservedTat: now + 1_000, startedTat: now };
  const ask = (horizonMs: number) => takeSlot(kept, now, slotWish({ horizonMs }), slots);
  assertEquals([ask(499).granted, ask(500).granted], [false, true]);
});
