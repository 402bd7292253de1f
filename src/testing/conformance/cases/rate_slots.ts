// Rate limit slots: the generic cell rate algorithm by the storage's clock, shared by all
// processes.

import { RateBook } from "../../../storage/kit/rate_book.ts";
import type { RateSlotRequest } from "../../../storage/requests.ts";
import type { Storage } from "../../../storage/storage.ts";
import { expectNear, expectSame, expectThat, expectValue } from "../expect.ts";
import { allPages, day, hour, type Scene, slotRequest, topic } from "../scene.ts";

// The interval is long compared with the duration of a case, and its multiples are exact in binary.
// It is not a whole number of milliseconds, but four intervals are.
const emissionIntervalMs = hour + 0.25;

function wish(overrides: Partial<RateSlotRequest> = {}): RateSlotRequest {
  return slotRequest({ emissionIntervalMs, horizonMs: 1000 * hour, ...overrides });
}

/** Reserves slots and returns their distances from now, in intervals; `-` for a rejected slot. */
async function reserve(
  s: Scene,
  wishes: RateSlotRequest[],
  storage: Storage = s.storage,
): Promise<string> {
  const { now, slots } = await storage.takeRateSlots(wishes);
  expectThat(slots.every((slot) => Number.isInteger(slot.slotAt)), "slots are whole milliseconds");
  expectThat(slots.every((slot) => slot.slotAt >= now), "no slot is in the past");
  return slots.map(({ slotAt, granted }) =>
    granted ? String(Math.round(10 * (slotAt - now) / emissionIntervalMs) / 10) : "-"
  ).join(" ");
}

/**
 * Advances the time, and returns a function that converts a slot's instant from before to its
 * present value: a harness that cannot set its database's clock forward shifts all stored instants
 * back.
 */
async function passTime(s: Scene, ms: number): Promise<(slotAt: number) => number> {
  const before = await s.now();
  await s.unit.passTime(ms);
  const setBack = ms - (await s.now() - before);
  return (slotAt) => setBack > ms / 2 ? slotAt - ms : slotAt;
}

/** Reserves slots and returns their instants. */
async function reserveMany(s: Scene, count: number, one: RateSlotRequest): Promise<number[]> {
  const { slots } = await s.storage.takeRateSlots(Array.from({ length: count }, () => one));
  expectThat(slots.every(({ granted }) => granted), "all are granted");
  return slots.map(({ slotAt }) => slotAt);
}

/** Gives slots of a key back, one call each. */
async function giveBack(s: Scene, key: string, slots: readonly (number | undefined)[]) {
  for (const slotAt of slots) {
    await s.storage.returnRateSlots([{ key, slotAt: expectValue(slotAt, "a slot") }]);
  }
}

export const rateSlots = topic("rate slots", {
  "slots that are given back at the end of the reservations are free, whatever the order": async (
    s,
  ) => {
    const orders = [[2, 3, 4], [4, 3, 2], [3, 2, 4]];
    for (const order of orders) {
      const one = wish({ key: order.join() });
      const slots = await reserveMany(s, 5, one);
      await giveBack(s, one.key, order.map((n) => slots[n]));
      expectSame(await reserve(s, [one, one, one, one]), "2 3 4 5", `given back: ${one.key}`);
    }
    const many = wish({ key: "one call" });
    const slots = (await reserveMany(s, 5, many)).slice(2);
    await s.storage.returnRateSlots(slots.map((slotAt) => ({ key: many.key, slotAt })));
    expectSame(await reserve(s, [many, many]), "2 3", "given back in one call");
  },

  "a slot that is given back before others is taken by the next task that has to wait": async (
    s,
  ) => {
    const one = wish();
    const slots = await reserveMany(s, 6, one);
    await giveBack(s, one.key, [slots[3], slots[1]]);
    expectSame(await reserve(s, [one, one, one]), "1 3 6", "the first ones first, then the end");
  },

  "slots that were given back refill the burst as well": async (s) => {
    const one = wish({ burst: 3 });
    const slots = await reserveMany(s, 9, one);
    await giveBack(s, one.key, slots.slice(3));
    await s.unit.passTime(4 * emissionIntervalMs);
    expectSame(await reserve(s, [one, one, one, one]), "0 0 0 1", "as if it were new");
  },

  "slots that were given back never cause a rejection": async (s) => {
    const near = wish({ horizonMs: 3.5 * emissionIntervalMs });
    const slots = await reserveMany(s, 4, near);
    expectSame(await reserve(s, [near]), "-", "all slots up to the horizon are reserved");
    await giveBack(s, near.key, [slots[2]]);
    expectSame(await reserve(s, [near, near]), "2 -", "one in the middle");
    await giveBack(s, near.key, [slots[1], slots[3]]);
    expectSame(await reserve(s, [near, near, near]), "1 3 -", "two more, one of them the last");
    await giveBack(s, near.key, [slots[2]]);
    const now = { ...near, horizonMs: 0 };
    expectSame(await reserve(s, [now, near]), "- 2", "a request for now alone leaves it to others");
  },

  "slots that were given back expire when their instant has passed": async (s) => {
    const one = wish();
    const slots = await reserveMany(s, 7, one);
    await giveBack(s, one.key, [slots[1], slots[2]]);
    await s.unit.passTime(4 * emissionIntervalMs);
    expectSame(await reserve(s, [one, one]), "3 4", "expired ones are not taken");
  },

  "slots that are given back keep their positions among fractional intervals": async (s) => {
    const one = wish({ emissionIntervalMs: 60_000 / 7, burst: 3 });
    const slots = await reserveMany(s, 64, one);
    await giveBack(s, one.key, slots.slice(20));
    const again = await reserveMany(s, 44, one);
    for (const [n, slotAt] of again.entries()) {
      const before = expectValue(slots[20 + n], "a slot");
      expectThat(Math.abs(slotAt - before) <= 1, `slot ${n} is ${slotAt}; it was ${before}`);
    }
  },

  "any mix of reservations and returned slots has the same result as in memory": async (s) => {
    const memory = new RateBook();
    const taken: number[] = [];
    let random = 42;
    const upTo = (limit: number) => (random = random * 48_271 % 2_147_483_647) % limit;
    for (let step = 0; step < 120; step++) {
      const key = "mixed";
      if (upTo(5) < 2 && taken.length > 0) {
        const [slotAt] = taken.splice(upTo(taken.length), 1);
        await giveBack(s, key, [slotAt]);
        memory.giveBack(key, slotAt!);
        continue;
      }
      const one = wish({ key, burst: 3, horizonMs: (5 + upTo(10)) * emissionIntervalMs });
      const { now, slots } = await s.storage.takeRateSlots([one]);
      const slot = expectValue(slots[0], "a slot");
      const expected = memory.take(key, now, one);
      expectSame(slot.granted, expected.granted, `step ${step}: granted`);
      const differenceMs = Math.abs(slot.slotAt - expected.slotAt);
      expectThat(differenceMs <= 1, `step ${step}: ${slot.slotAt}, not ${expected.slotAt}`);
      if (slot.granted && slot.slotAt > now) taken.push(slot.slotAt);
    }
  },

  "giving back unknown slots, a slot twice or no slots has no effect": async (s) => {
    const one = wish();
    await s.storage.returnRateSlots([]);
    await giveBack(s, "nobody", [await s.now() + hour]);
    const slots = await reserveMany(s, 3, one);
    await giveBack(s, one.key, [slots[1], slots[1], slots[1]]);
    expectSame(await reserve(s, [one, one]), "1 3", "it is granted once");
    expectSame(await reserve(s, [wish({ key: "nobody" })]), "0", "an unknown key is a new one");
  },

  "slots that are given back belong to their own key": async (s) => {
    const keys = ["a", "b"].map((key) => wish({ key }));
    const [slots] = [await reserveMany(s, 4, keys[0]!), await reserveMany(s, 4, keys[1]!)];
    await s.storage.returnRateSlots([{ key: "a", slotAt: slots[2]! }]);
    expectSame(await reserve(s, keys), "2 4", "the reservations of the other key are unchanged");
  },

  "a slot that is given back before a key's first slot is ignored": async (s) => {
    const one = wish();
    const slotAt = await s.now() + Math.round(1.5 * emissionIntervalMs);
    await giveBack(s, one.key, [slotAt]);
    expectSame(await reserve(s, [one, one, one]), "0 1 2", "the key is new");
  },

  "without a burst, each slot is an interval after the previous one": async (s) => {
    expectSame(await reserve(s, [wish(), wish(), wish(), wish()]), "0 1 2 3", "one call");
    expectSame(
      await reserve(s, [wish()], await s.unit.another()),
      "4",
      "another process continues",
    );
  },

  "a burst starts at once, further runs at the interval": async (s) => {
    const wishes = Array.from({ length: 6 }, () => wish({ burst: 3 }));
    expectSame(await reserve(s, wishes), "0 0 0 1 2 3", "three at once");
  },

  "a budget that starts empty grows at the interval": async (s) => {
    const wishes = Array.from({ length: 4 }, () => wish({ burst: 3, startEmpty: true }));
    expectSame(await reserve(s, wishes), "0 1 2 3", "one at once");
    await s.unit.passTime(8 * emissionIntervalMs);
    expectSame(await reserve(s, wishes), "0 0 0 1", "later the burst is there");
  },

  "a budget recovers with time, up to the burst": async (s) => {
    const wishes = Array.from({ length: 4 }, () => wish({ burst: 2 }));
    expectSame(await reserve(s, wishes), "0 0 1 2", "used up");
    expectSame(await reserve(s, [wish({ burst: 2 })]), "3", "five slots are taken");
    await s.unit.passTime(4 * emissionIntervalMs);
    expectSame(await reserve(s, [wish({ burst: 2 })]), "0", "one slot has come back");
    expectSame(await reserve(s, [wish({ burst: 2 })]), "1", "and no more");
    await s.unit.passTime(60 * emissionIntervalMs);
    expectSame(await reserve(s, wishes), "0 0 1 2", "a long pause earns no more than the burst");
  },

  "a slot beyond the horizon is rejected and reserves nothing": async (s) => {
    const near = wish({ horizonMs: 1.5 * emissionIntervalMs });
    expectSame(await reserve(s, [near, near, near, near]), "0 1 - -", "two lie within");
    expectSame(await reserve(s, [wish()]), "2", "the rejected ones hold nothing");
    const { now, slots } = await s.storage.takeRateSlots([near]);
    const soon = 3 * emissionIntervalMs;
    expectThat(!slots[0]!.granted, "still refused");
    expectNear(slots[0]!.slotAt, Math.ceil(now + soon), "the answer has the instant of the slot");
  },

  "a horizon of 0 grants only a slot right now": async (s) => {
    const now = wish({ horizonMs: 0, burst: 2 });
    expectSame(await reserve(s, [now, now, now]), "0 0 -", "the burst and no more");
  },

  "keys are independent of each other": async (s) => {
    const other = wish({ key: "customer-2" });
    const third = wish({ key: "Customer-1" });
    expectSame(
      await reserve(s, [wish(), other, wish(), third, other]),
      "0 0 1 0 1",
      "each has its budget",
    );
  },

  "fractional intervals add up": async (s) => {
    const wishes = Array.from({ length: 61 }, () => wish({ emissionIntervalMs: 60_000 / 7 }));
    const { now, slots } = await s.storage.takeRateSlots(wishes);
    for (const [n, { slotAt }] of slots.entries()) {
      const exact = n * 60_000 / 7;
      const isNear = slotAt - now >= exact - 0.01 && slotAt - now <= exact + 1.01;
      expectThat(isNear, `slot ${n} is ${slotAt - now} ms away; expected ${exact}, rounded up`);
    }
  },

  "a run starts at its slot": async (s) => {
    const { now, slots } = await s.storage.takeRateSlots([wish(), wish(), wish()]);
    const [first, second, third] = slots.map((slot) => slot.slotAt);
    expectNear(first!, now, "the first starts at once");
    const redeem = async (reservedAt: number) => {
      const graceMs = emissionIntervalMs / 4;
      const answer = await s.storage.takeRateSlots([wish({ reservedAt, graceMs })]);
      const { slotAt, granted } = answer.slots[0]!;
      expectThat(granted, "a task that has a slot is not rejected");
      return slotAt <= answer.now ? "go" : slotAt;
    };
    expectSame(await redeem(second!), second, "a task that comes early gets the same slot");
    const onceThen = await passTime(s, Math.ceil(1.1 * emissionIntervalMs));
    expectSame(await redeem(onceThen(second!)), "go", "a little late");
    const twiceThen = await passTime(s, Math.ceil(emissionIntervalMs));
    expectSame(
      await redeem(twiceThen(onceThen(third!))),
      "go",
      "later reservations are not delayed",
    );
  },

  "late runs take only unused slots": async (s) => {
    const burst = 2;
    const { slots } = await s.storage.takeRateSlots(
      Array.from({ length: 5 }, () => wish({ burst })),
    );
    const then = await passTime(s, 12 * emissionIntervalMs);
    const late = slots.slice(2).map(({ slotAt }) => wish({ burst, reservedAt: then(slotAt) }));
    expectSame(await reserve(s, late), "0 0 1", "a burst of them, the others in turn");
    expectSame(await reserve(s, [wish({ burst })]), "2", "none of it is available again");
  },

  "a run that may start later is charged as if it started later": async (s) => {
    const soon = wish({ burst: 3, startWithinMs: 1.5 * emissionIntervalMs });
    const exact = wish({ burst: 3 });
    expectSame(await reserve(s, [soon, exact, exact]), "0 0.5 1.5", "the burst is smaller by that");
  },

  "the slot after a run that may start later is early by the grace period and a millisecond":
    async (
      s,
    ) => {
      const one = wish({ emissionIntervalMs: hour, graceMs: 10 });
      const { now, slots } = await s.storage.takeRateSlots([{ ...one, startWithinMs: 1000 }, one]);
      expectSame(slots.map(({ slotAt }) => slotAt - now), [0, hour + 1000 - 11], "from now");
    },

  "a new key stays new after a rejection": async (s) => {
    const empty = wish({ startEmpty: true, burst: 3 });
    expectSame(await reserve(s, []), "", "an empty list is fine");
    expectSame(await reserve(s, [{ ...empty, horizonMs: 0 }]), "0", "the first one passes");
    expectSame(await reserve(s, [{ ...empty, horizonMs: 0 }]), "-", "the second has to be earned");
  },

  "processes that reserve concurrently get different slots": async (s) => {
    const storages = [s.storage, ...await Promise.all([1, 2, 3].map(() => s.unit.another()))];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => storages[n % 4]!.takeRateSlots([wish()])),
    );
    const slots = answers.flatMap((answer) => answer.slots.map((slot) => slot.slotAt));
    const sorted = slots.sort((a, b) => a - b);
    for (const [n, slotAt] of sorted.entries()) {
      expectNear(slotAt, Math.ceil(sorted[0]! + n * emissionIntervalMs), `slot ${n}`);
    }
  },

  "keys in use are listed, with the instants up to which they are reserved and used": async (s) => {
    const keys = ["O'Neill\0", "b ", "a", "😀"];
    for (const key of keys) {
      const wish = { emissionIntervalMs: hour, horizonMs: day };
      await s.storage.takeRateSlots([slotRequest({ key, ...wish }), slotRequest({ key, ...wish })]);
    }
    const { items } = await allPages((page) => s.storage.rateLimits(page), 3);
    expectSame(items.map(({ key }) => key).sort(), [...keys].sort(), "each once");
    const now = await s.now();
    for (const { reservedUntilAt, startedUntilAt } of items) {
      expectNear(reservedUntilAt, now + 2 * hour, "two slots are reserved");
      expectNear(startedUntilAt, now + hour, "one run has started");
    }
  },

  "a key in use is listed with its interval, burst and returned slots": async (s) => {
    const one = slotRequest({ key: "a", emissionIntervalMs: hour + 0.25, horizonMs: day });
    await s.storage.takeRateSlots([{ ...one, burst: 2 }]);
    const listed = async (): Promise<unknown> => {
      const [limit] = (await s.storage.rateLimits()).items;
      const { emissionIntervalMs, burst, returnedSlots, firstReturnedAt } = limit!;
      return [emissionIntervalMs, burst, returnedSlots, firstReturnedAt];
    };
    expectSame(await listed(), [hour + 0.25, 2, 0, null], "of the first request");
    const slots = await reserveMany(s, 4, one);
    expectSame(await listed(), [hour + 0.25, 1, 0, null], "of the last request");
    await giveBack(s, "a", [slots[2], slots[1]]);
    expectSame(await listed(), [hour + 0.25, 1, 2, slots[1]], "two slots are free");
    await s.storage.takeRateSlots([one]);
    expectSame(await listed(), [hour + 0.25, 1, 1, slots[2]], "one is taken again");
  },
});
