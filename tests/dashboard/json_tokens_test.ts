// Tests that the page shows every character of a payload.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonTokens } from "../../src/dashboard/ui/json_tokens.ts";

const textOf = (json: string) => jsonTokens(json).map(({ text }) => text).join("");

Deno.test("a payload is indented as by JSON.stringify", () => {
  fc.assert(fc.property(fc.json(), (json) => {
    const value = JSON.parse(json);
    const compact = JSON.stringify(value);
    assertEquals(textOf(compact), JSON.stringify(value, null, 2));
  }));
});

Deno.test("large numbers keep all digits, and invalid JSON keeps all characters", () => {
  const large = '{"id":12345678901234567890,"rate":1.10}';
  assertEquals(textOf(large), '{\n  "id": 12345678901234567890,\n  "rate": 1.10\n}');
  const compact = (text: string) => text.replaceAll(/\s/g, "");
  for (const damaged of ['{"a":', "]}", '"open', "<b>&", "{]}", '{"a" "b"}']) {
    assertEquals(compact(textOf(damaged)), compact(damaged));
  }
});

Deno.test("each token has its kind", () => {
  const kinds = jsonTokens('{"a":["b",1,true]}').filter(({ kind }) => kind !== "space")
    .map(({ kind, text }) => `${kind} ${text}`);
  assertEquals(kinds, [
    "punctuation {",
    'name "a"',
    "punctuation :",
    "punctuation [",
    'string "b"',
    "punctuation ,",
    "number 1",
    "punctuation ,",
    "word true",
    "punctuation ]",
    "punctuation }",
  ]);
});
