// Texts that PostgreSQL cannot store unchanged.

import { assertEquals, assertRejects } from "@std/assert";
import { Functions } from "../../../drivers/postgres/functions.ts";
import { escapeText, fromJson, toJson, unescapeText } from "../../../drivers/postgres/json_text.ts";
import { StorageError } from "../../../src/storage/errors.ts";

const texts = [
  "",
  "plain",
  "\0",
  "a\0b\0",
  "\x1a",
  "\x1a0000",
  "\x1a\0\x1a\0",
  "\x1a001a",
  "\\u0000",
  "\\\\u0000 \\u001a",
  '{"json":"\\u0000"}',
  'quotes " and \\ backslashes',
  "𝄞 and é and \u2028",
];

for (const text of texts) {
  Deno.test(`${JSON.stringify(text)} is unchanged, alone and in JSON`, () => {
    assertEquals(escapeText(text).includes("\0"), false);
    assertEquals(unescapeText(escapeText(text)), text);
    assertEquals(fromJson(toJson([{ text }, text])), [{ text }, text]);
  });
}

Deno.test("a lone surrogate becomes U+FFFD", () => {
  assertEquals(escapeText("a\ud800b"), "a\ufffdb");
  assertEquals(fromJson(toJson(["\udc00", "\ud83d\ude00"])), ["\ufffd", "😀"]);
});

Deno.test("values that are too long for a string of the runtime are rejected with a StorageError", async () => {
  const functions = new Functions("evertask");
  const tooLong = {
    toJSON() {
      // The error of JSON.stringify for more than half a gigabyte.
      throw new RangeError("Invalid string length");
    },
  };
  const run = () => Promise.resolve([]);
  const error = await assertRejects(
    () => functions.call(run, "persist_tasks", [tooLong]),
    StorageError,
    "Invalid string length",
  );
  assertEquals(error.transient, false);
  assertEquals(error.cause instanceof RangeError, true);
});
