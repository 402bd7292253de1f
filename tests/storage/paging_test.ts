// Pages: what may be asked for, and how one leads to the next.

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../mod.ts";
import { pageLimit, pageStart, pageStartId, toPage } from "../../src/storage/paging.ts";

const id = "01a204c3-9e85-76f3-a637-c068a230efde";

Deno.test("a page holds 50 items unless told otherwise, from 1 to 1000", () => {
  assertEquals([undefined, {}, { limit: 1 }, { limit: 1000 }].map(pageLimit), [50, 50, 1, 1000]);
  for (const limit of [0, -1, 1001, 1.5, NaN, "5", null]) {
    assertThrows(() => pageLimit({ limit: limit as number }), InvalidArgumentError, "limit");
  }
});

Deno.test("a page begins where the one before it ended, and nowhere else", () => {
  assertEquals([undefined, {}, { after: "7" }].map(pageStart), [0, 0, 7]);
  assertEquals([undefined, {}, { after: id }].map(pageStartId), [undefined, undefined, id]);
  for (const after of ["", "x", "-1", "1.5", "9007199254740993", "12345678901234567", 7, null]) {
    assertThrows(() => pageStart({ after: after as string }), InvalidArgumentError, "after");
    assertThrows(() => pageStartId({ after: after as string }), InvalidArgumentError, "after");
  }
});

Deno.test("a page of which one row more was read has a next one, which begins after its last item", () => {
  const page = (rows: readonly number[]) => toPage(rows, 2, (row) => row * 10, (row) => `c${row}`);
  assertEquals(page([]), { items: [], next: null });
  assertEquals(page([1, 2]), { items: [10, 20], next: null });
  assertEquals(page([1, 2, 3]), { items: [10, 20], next: "c2" });
});
