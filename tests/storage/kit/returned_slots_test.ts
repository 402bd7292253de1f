// Tests returned slots without a store: the result is as if they had never been reserved.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { SlotWish } from "../../../src/storage/kit/gcra.ts";
import { RateBook } from "../../../src/storage/kit/rate_book.ts";
import { ReturnedSlotList } from "../../../src/storage/kit/returned_slots.ts";
import { slotWish } from "../../support/slot_wish.ts";

const now = 1_767_225_600_000;

/** Requests a slot of a limit whose slots are a second apart. */
function wish(overrides: Partial<SlotWish> = {}): SlotWish {
  return slotWish({ emissionIntervalMs: 1_000, ...overrides });
}

function reserve(book: RateBook, count: number, one: SlotWish, at = now): number[] {
  return Array.from({ length: count }, () => book.take("key", at, one).slotAt - now);
}

const intervals = fc.oneof(
  fc.integer({ min: 3, max: 100_000 }),
  fc.double({ min: 3, max: 100_000, noNaN: true }),
);

Deno.test("the next runs get the returned slots first, in order, and then new slots after all others", () => {
  fc.assert(
    fc.property(
      intervals,
      fc.integer({ min: 1, max: 5 }),
      fc.shuffledSubarray(Array.from({ length: 40 }, (_, n) => n)),
      (emissionIntervalMs, burst, givenBack) => {
        const one = wish({ emissionIntervalMs, burst });
        const book = new RateBook();
        const line = reserve(book, 60, one).slice(0, burst + 40);
        const rest = reserve(new RateBook(), 120, one).slice(60);
        const waiting = line.slice(burst);
        for (const n of givenBack) book.giveBack("key", now + waiting[n]!);
        const expected = [...givenBack.map((n) => waiting[n]!).sort((a, b) => a - b), ...rest];
        assertEquals(
          reserve(book, givenBack.length + 20, one),
          expected.slice(
            0,
            givenBack.length + 20,
          ),
        );
      },
    ),
  );
});

Deno.test("when all of the last slots are returned, it is as if they had never been reserved", () => {
  fc.assert(
    fc.property(
      intervals,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 60 }),
      fc.boolean(),
      (emissionIntervalMs, burst, kept, later, isReversed) => {
        const one = wish({ emissionIntervalMs, burst });
        const [book, other] = [new RateBook(), new RateBook()];
        const line = reserve(book, burst + 41, one);
        reserve(other, burst + kept, one);
        const end = line.slice(burst + kept);
        for (const slot of isReversed ? end.reverse() : end) book.giveBack("key", now + slot);
        const at = now + Math.round(later * emissionIntervalMs);
        const [found, expected] = [book, other].map((each) => reserve(each, 10, one, at));
        for (const [n, slot] of found!.entries()) {
          // Slots are whole milliseconds, rounded up.
          assertEquals(Math.abs(slot - expected![n]!) <= 1, true, `${found} is not ${expected}`);
        }
      },
    ),
  );
});

Deno.test("a slot before the last start is not reused", () => {
  const book = new RateBook();
  const one = wish({ burst: 2 });
  const line = reserve(book, 6, one);
  assertEquals(line, [0, 0, 1_000, 2_000, 3_000, 4_000]);
  book.giveBack("key", now + 3_000);
  // Two late tasks use earlier slots and start at once, so the limit allows the next start in a
  // second.
  for (const reservedAt of [1_000, 2_000]) {
    book.take("key", now + 2_500, wish({ burst: 2, reservedAt: now + reservedAt }));
  }
  assertEquals(book.take("key", now + 2_500, one).slotAt - now, 5_000);
});

Deno.test("past slots are dropped, and future ones stay", () => {
  const list = new ReturnedSlotList();
  for (const slot of [30, 10, 20, 10]) list.add(slot);
  assertEquals(list.takeFirst(10, 15), null);
  assertEquals(list.takeFirst(5, 100), 20);
  assertEquals(list.takeLine(40, 10), 30);
  assertEquals(list.takeLine(40, 10), null);
  assertEquals(list.takeFirst(0, 100), null);
});

Deno.test("a slot that is returned twice, as by a repeated write, counts once", () => {
  const slots = new ReturnedSlotList();
  for (const slotAt of [300, 100, 300, 200, 100]) slots.add(slotAt);
  const found = Array.from({ length: 4 }, () => slots.takeFirst(0, 1_000));
  assertEquals(found, [100, 200, 300, null]);
});
