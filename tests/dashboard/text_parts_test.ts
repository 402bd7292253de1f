// Tests how characters without a shape are found in texts.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { textParts } from "../../src/dashboard/ui/text_parts.ts";

const shown = (text: string, kind: "text" | "name") =>
  textParts(text, kind).map(({ text, code }) => code === null ? text : `<${code}>`).join("");

Deno.test("characters without a shape are shown by their code, and all others as they are", () => {
  const cases: [text: string, expected: string][] = [
    ["a\0b", "a<U+0000>b"],
    ["\u001b[31mred\u007f\u009b", "<U+001B>[31mred<U+007F><U+009B>"],
    ["\u202egnp.exe\u2069", "<U+202E>gnp.exe<U+2069>"],
    ["a\u200bb\ufeff\u00ad", "a<U+200B>b<U+FEFF><U+00AD>"],
    ["\ud83d", "<U+D83D>"],
    ["line\r\u2028", "line<U+000D><U+2028>"],
    ["tab\tnew\nline", "tab\tnew\nline"],
    ["👩\u200d👩\u200d👧 ❤\ufe0f שלום", "👩\u200d👩\u200d👧 ❤\ufe0f שלום"],
    ["\u{e0041}", "<U+E0041>"],
    ["", ""],
  ];
  for (const [text, expected] of cases) assertEquals(shown(text, "text"), expected);
});

Deno.test("a space at an end of a name is shown by its code", () => {
  assertEquals(shown(" a b ", "name"), "<U+0020>a b<U+0020>");
  assertEquals(shown(" ", "name"), "<U+0020>");
  assertEquals(shown(" a b ", "text"), " a b ");
});

Deno.test("the parts of a text are the text", () => {
  fc.assert(fc.property(
    fc.string({ unit: "binary" }),
    fc.constantFrom("text", "name"),
    (text, kind) => {
      const parts = textParts(text, kind);
      assertEquals(parts.map(({ text }) => text).join(""), text);
      assert(parts.every(({ text }) => text !== ""));
    },
  ));
});
