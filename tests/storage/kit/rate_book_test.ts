// Tests budgets in memory: when there are many, exactly the full ones are dropped.

import { assertEquals } from "@std/assert";
import type { SlotWish } from "../../../src/storage/kit/gcra.ts";
import { RateBook } from "../../../src/storage/kit/rate_book.ts";

const wish: SlotWish = {
  emissionIntervalMs: 1_000,
  burst: 1,
  startEmpty: false,
  horizonMs: 60_000,
  reservedAt: null,
  graceMs: 0,
  startWithinMs: 0,
};

/** Takes slots of enough keys to cause a cleanup. */
function crowd(book: RateBook, now: number): void {
  for (let n = 0; n < 10_000; n++) book.take(`key ${n}`, now, wish);
}

/** The delay until the next slot of a key, from `now`. */
function waitFor(book: RateBook, key: string, now: number): number {
  return book.take(key, now, wish).slotAt - now;
}

Deno.test("a key with a late run keeps its budget among 10,000 others", () => {
  const book = new RateBook();
  book.take("late", 0, wish);
  assertEquals(book.take("late", 0, wish), { slotAt: 1_000, granted: true });
  // The second run starts 990 ms late, so the key stays in use after its reservations have ended.
  assertEquals(book.take("late", 1_990, { ...wish, reservedAt: 1_000 }).slotAt, 1_990);
  crowd(book, 2_500);
  assertEquals(waitFor(book, "late", 2_500), 489);
});

Deno.test("a key with reservations keeps them among 10,000 others", () => {
  const book = new RateBook();
  for (let n = 0; n < 5; n++) book.take("busy", 0, wish);
  crowd(book, 2_500);
  assertEquals(waitFor(book, "busy", 2_500), 2_500);
});

Deno.test("keys with full budgets are dropped at 10,000 keys, with their returned slots", () => {
  const book = new RateBook();
  book.take("first", 0, wish);
  book.take("first", 0, wish);
  book.giveBack("first", 1_000);
  crowd(book, 5_000);
  assertEquals(waitFor(book, "first", 5_000), 0);
});
