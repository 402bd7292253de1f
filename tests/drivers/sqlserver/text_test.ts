// The stored forms of strings and instants.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { toIso, toWholeMs } from "../../../drivers/sqlserver/instants.ts";
import {
  fromStored,
  fromStoredName,
  toStored,
  toStoredName,
} from "../../../drivers/sqlserver/text.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";

const texts = [
  ...["", " ", "a", "a ", "a  ", " a", "\u0000", "\u0000\u0000", "a\u0000", "\u0010", "\u0010@"],
  ...["\u0010P", "\u0010\u0000", "a\u0010", "a \u0010", "\u0010P@\u0000", "äöü ✓ 😀", "a\r\n\tb"],
];

Deno.test("any string is returned unchanged, and stored without U+0000", () => {
  for (const text of texts) {
    assert(!toStored(text).includes("\u0000"));
    assertEquals(fromStored(toStored(text)), text);
  }
});

Deno.test("different names have stored forms that differ even without trailing spaces", () => {
  const compared = texts.map((text) => toStoredName(text, "name", 100).trimEnd());
  assertEquals(new Set(compared).size, texts.length);
  for (const text of texts) assertEquals(fromStoredName(toStoredName(text, "name", 100)), text);
});

Deno.test("a lone surrogate becomes U+FFFD", () => {
  assertEquals(toStored("a\ud800b"), "a\ufffdb");
});

Deno.test("upstream's texts are read unchanged", () => {
  for (const text of ["plain", "trailing ", ""]) assertEquals(fromStoredName(text), text);
  assertEquals([fromStored(null), fromStoredName(null)], [null, null]);
});

Deno.test("a name whose stored form is too long is refused", () => {
  assertEquals(toStoredName("x".repeat(10), "key", 10).length, 10);
  for (const name of ["x".repeat(11), `${"x".repeat(9)} `, `${"x".repeat(9)}\u0000`]) {
    assertThrows(() => toStoredName(name, "key", 10), InvalidArgumentError, "key");
  }
});

Deno.test("instants beyond the range of the database are limited to it", () => {
  assertEquals(toIso(0), "1970-01-01T00:00:00.000Z");
  assertEquals(toIso(8.64e15), "9999-12-31T23:59:59.999Z");
  assertEquals(toIso(-8.64e15), "0001-01-01T00:00:00.000Z");
  assertEquals(toIso(null), null);
  assertEquals([toWholeMs(1.6), toWholeMs(Infinity)], [2, 200_000_000_000_000]);
});
