// Tests the literal meaning of schedules, with cases that some schedulers get wrong.

import { assertEquals } from "@std/assert";
import { runs } from "./support.ts";

Deno.test("a daily time that is still to come runs today", () => {
  assertEquals(runs((r) => r.everyDay().atTime("14:30"), "2026-03-10 12:00", 2), [
    "2026-03-10 14:30",
    "2026-03-11 14:30",
  ]);
});

Deno.test("a day of the month that is still to come runs this month", () => {
  assertEquals(runs((r) => r.everyMonth().onDay(15), "2026-03-10 12:00", 2), [
    "2026-03-15 00:00",
    "2026-04-15 00:00",
  ]);
});

Deno.test("a weekday that is still to come runs this week", () => {
  assertEquals(runs((r) => r.everyWeek().onDay("Friday"), "2026-03-10 12:00", 1), [
    "2026-03-13 00:00",
  ]);
});

Deno.test("each of several times of day is a run", () => {
  assertEquals(runs((r) => r.everyDay().atTimes("09:00", "14:00"), "2026-03-10", 4), [
    "2026-03-10 09:00",
    "2026-03-10 14:00",
    "2026-03-11 09:00",
    "2026-03-11 14:00",
  ]);
});

Deno.test("a list of month days runs on each of them", () => {
  assertEquals(runs((r) => r.everyMonth().onDays(1, 15, 28), "2026-03-10", 4), [
    "2026-03-15 00:00",
    "2026-03-28 00:00",
    "2026-04-01 00:00",
    "2026-04-15 00:00",
  ]);
});

Deno.test("listed months recur every year", () => {
  assertEquals(runs((r) => r.onMonths(2, 8), "2026-03-10", 4), [
    "2026-08-01 00:00",
    "2027-02-01 00:00",
    "2027-08-01 00:00",
    "2028-02-01 00:00",
  ]);
});

Deno.test("a monthly schedule from the 31st returns to the 31st after shorter months", () => {
  const expected = [
    "2026-02-28 10:00",
    "2026-03-31 10:00",
    "2026-04-30 10:00",
    "2026-05-31 10:00",
  ];
  assertEquals(runs((r) => r.everyMonth(), "2026-01-31 10:00", 4), expected);
  assertEquals(runs((r) => r.everyMonth().onDay(31).atTime("10:00"), "2026-02-01", 4), expected);
});

Deno.test("days 29 to 31 give one run in a short month", () => {
  assertEquals(runs((r) => r.everyMonth().onDays(28, 29, 30, 31), "2026-02-01", 2), [
    "2026-02-28 00:00",
    "2026-03-28 00:00",
  ]);
  assertEquals(runs((r) => r.everyMonth().onDays(29, 31), "2028-02-01", 2), [
    "2028-02-29 00:00",
    "2028-03-29 00:00",
  ]);
});

Deno.test("second 0 is pinned like any other", () => {
  assertEquals(runs((r) => r.every(10).minutes().atSecond(0), "2026-03-10 12:00:37", 2), [
    "2026-03-10 12:01",
    "2026-03-10 12:11",
  ]);
});

Deno.test("an occurrence less than a second ahead is the next one", () => {
  assertEquals(runs((r) => r.everyDay().atTime("12:00"), "2026-03-10 11:59:59.999", 2), [
    "2026-03-10 12:00",
    "2026-03-11 12:00",
  ]);
  assertEquals(runs((r) => r.everySecond(), "2026-03-10 11:59:59.999", 1), ["2026-03-10 12:00"]);
});

Deno.test("the grid begins at the anchor if the anchor matches all pinned fields", () => {
  assertEquals(runs((r) => r.every(2).days().atTime("09:00"), "2026-03-10 09:00", 2), [
    "2026-03-12 09:00",
    "2026-03-14 09:00",
  ]);
});

Deno.test("a schedule every n periods counts from the first occurrence of its pinned fields", () => {
  const registered = "2026-01-10 10:00";
  assertEquals(runs((r) => r.every(3).months().onDay(1), registered, 3), [
    "2026-02-01 00:00",
    "2026-05-01 00:00",
    "2026-08-01 00:00",
  ]);
  assertEquals(runs((r) => r.every(3).months().onDay(15), registered, 2), [
    "2026-01-15 00:00",
    "2026-04-15 00:00",
  ]);
  assertEquals(runs((r) => r.every(3).months(), registered, 2), [
    "2026-04-10 10:00",
    "2026-07-10 10:00",
  ]);
  assertEquals(runs((r) => r.every(2).weeks().onDays("Monday", "Friday"), registered, 3), [
    "2026-01-12 00:00",
    "2026-01-16 00:00",
    "2026-01-26 00:00",
  ]);
  assertEquals(runs((r) => r.onMonths(1, 4, 7, 10), registered, 2), [
    "2026-04-01 00:00",
    "2026-07-01 00:00",
  ]);
});

Deno.test("29 February occurs every leap year, and the end of February every year", () => {
  assertEquals(runs("0 0 29 2 *", "2026-03-10", 3), [
    "2028-02-29 00:00",
    "2032-02-29 00:00",
    "2036-02-29 00:00",
  ]);
  assertEquals(runs((r) => r.onMonths(2).onDay(29), "2026-03-10", 2), [
    "2027-02-28 00:00",
    "2028-02-29 00:00",
  ]);
  assertEquals(runs((r) => r.every(12).months().onDay(29), "2096-02-01", 3), [
    "2096-02-29 00:00",
    "2097-02-28 00:00",
    "2098-02-28 00:00",
  ]);
});

Deno.test("a schedule whose interval exceeds the range of dates ends without an error", () => {
  assertEquals(runs((r) => r.every(100_000_000).months(), "2026-03-10", 1), []);
  assertEquals(runs((r) => r.every(100_000_000).weeks(), "2026-03-10", 1), []);
  assertEquals(runs((r) => r.every(100_000_000).days(), "2026-03-10", 1), []);
  assertEquals(runs((r) => r.every(100_000_000).hours(), "+275760-09-12", 1), []);
});
