// Tests valid page requests, and the cursors between pages.

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import {
  countStart,
  pageLimit,
  pageStart,
  taskPageStart,
  toPage,
  toPartialCount,
  toTaskPage,
} from "../../src/storage/paging.ts";
import { task } from "../operate/facts.ts";

const id = "01a204c3-9e85-76f3-a637-c068a230efde";

Deno.test("a page holds 50 items by default, and its limit is from 1 to 1000", () => {
  assertEquals([undefined, {}, { limit: 1 }, { limit: 1000 }].map(pageLimit), [50, 50, 1, 1000]);
  for (const limit of [0, -1, 1001, 1.5, NaN, "5", null]) {
    assertThrows(() => pageLimit({ limit: limit as number }), InvalidArgumentError, "limit");
  }
});

Deno.test("a page begins after its cursor, and an invalid cursor is refused", () => {
  assertEquals([undefined, {}, { after: "7" }].map(pageStart), [0, 0, 7]);
  assertEquals([undefined, {}, { after: id }].map((page) => taskPageStart(page).after), [
    undefined,
    undefined,
    id,
  ]);
  assertEquals(countStart({ cap: 5, after: id }), { cap: 5, after: id });
  for (const after of ["", "x", "-1", "1.5", "9007199254740993", "12345678901234567", 7, null]) {
    assertThrows(() => pageStart({ after: after as string }), InvalidArgumentError, "after");
    const wrong = { after: after as string };
    assertThrows(() => taskPageStart(wrong), InvalidArgumentError, "after");
    assertThrows(() => countStart({ cap: 5, ...wrong }), InvalidArgumentError, "after");
  }
});

Deno.test("if more rows than the limit were read, the next page begins after the last item", () => {
  const page = (rows: readonly number[]) => toPage(rows, 2, (row) => row * 10, (row) => `c${row}`);
  assertEquals(page([]), { items: [], next: null });
  assertEquals(page([1, 2]), { items: [10, 20], next: null });
  assertEquals(page([1, 2, 3]), { items: [10, 20], next: "c2" });
});

Deno.test("a page of tasks starts with the newest or the oldest ones", () => {
  const starts = [{}, { order: "newest" }, { order: "oldest" }] as const;
  assertEquals(starts.map((page) => taskPageStart(page).oldestFirst), [false, false, true]);
  for (const order of ["Newest", "", null, 1]) {
    assertThrows(() => taskPageStart({ order: order as "newest" }), InvalidArgumentError, "order");
  }
});

Deno.test("the cap of a count is from 1 to the most rows that one call reads", () => {
  assertEquals([1, 10_000].map((cap) => countStart({ cap }).cap), [1, 10_000]);
  for (const cap of [0, 10_001, 1.5, NaN, "5", undefined]) {
    assertThrows(() => countStart({ cap: cap as number }), InvalidArgumentError, "cap");
  }
});

Deno.test("after a page whose read stopped early, the next one starts after the last task read", () => {
  const tasks = ["3", "2", "1"].map((id) => task({ id }));
  const page = (rows: number, lastRead: string | null) =>
    toTaskPage(tasks.slice(0, rows), 2, (row) => row, lastRead);
  assertEquals(page(1, null), { items: [tasks[0]!], next: null });
  assertEquals(page(1, "0"), { items: [tasks[0]!], next: "0", incomplete: true });
  assertEquals(page(2, "0"), { items: tasks.slice(0, 2), next: "0", incomplete: true });
  assertEquals(page(3, "0"), { items: tasks.slice(0, 2), next: "2" });
});

Deno.test("a count ends at its cap, or where the read stopped", () => {
  const count = (rows: number, lastRead: string | null) =>
    toPartialCount(["9", "8", "7"].slice(0, rows), 2, (id) => id, lastRead);
  assertEquals(count(1, null), { count: 1, next: null });
  assertEquals(count(2, "0"), { count: 2, next: "0" });
  assertEquals(count(3, "0"), { count: 2, next: "8" });
});
