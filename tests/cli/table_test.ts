// Tests that tables fit the terminal, with any text in their cells.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Column, itemLine, placeColumns, titleLine } from "../../src/cli/text/table.ts";
import { cutToWidth, widthOf, wrapToWidth } from "../../src/cli/text/width.ts";
import { oneLine } from "../../src/cli/text/clean.ts";
import { sparkline } from "../../src/cli/text/spark.ts";
import { distanceWords, manyWords } from "../../src/cli/text/words.ts";

interface Item {
  readonly id: string;
  readonly type: string;
  readonly key: string;
}

const columns: Column<Item>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "TYPE", text: ({ type }) => type, canCut: true },
  { title: "KEY", text: ({ key }) => key, canCut: true, rank: 1 },
];

const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "請求書を送信する",
    "👨‍👩‍👧‍👦 family",
    "e\u0301",
    "\u001b[31mred",
    "a\tb\nc",
    "\u202eabc",
  ),
);

Deno.test("no line of a table is wider than the terminal, and cells begin at the same column", () => {
  const item = fc.record({ id: fc.constant("0123456789"), type: anyText, key: anyText });
  fc.assert(fc.property(fc.array(item, { minLength: 1 }), fc.integer({ min: 30, max: 200 }), (
    items,
    width,
  ) => {
    const placed = placeColumns(columns, items, width);
    assert(widthOf(titleLine(placed, false)) <= width);
    for (const each of items) assert(widthOf(itemLine(each, placed, false)) <= width);
  }));
});

Deno.test("a narrow terminal shows fewer columns, a wide one shows whole texts", () => {
  const items = [{ id: "1", type: "請求書を送信する", key: "mail-1" }];
  const lines = (width: number) => {
    const placed = placeColumns(columns, items, width);
    return [titleLine(placed, false), ...items.map((item) => itemLine(item, placed, false))];
  };
  assertEquals(lines(17), ["ID  TYPE", "1   請求書を送信…"]);
  assertEquals(lines(80), ["ID  TYPE              KEY", "1   請求書を送信する  mail-1"]);
});

Deno.test("a text is cut at a width, but never within a character", () => {
  fc.assert(fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, width) => {
    const line = oneLine(text);
    const cut = cutToWidth(line, width);
    assert(widthOf(cut) <= width);
    assert(cut === line || cut.endsWith("…") && line.startsWith(cut.slice(0, -1)));
  }));
});

Deno.test("a wrapped text keeps its words, and its lines fit", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 4, max: 20 }), (text, width) => {
      const line = oneLine(text);
      const lines = wrapToWidth(line, width);
      for (const each of lines) assert(widthOf(each) <= width, JSON.stringify(lines));
      assertEquals(lines.join("").replaceAll(" ", ""), line.replaceAll(" ", ""));
    }),
    { numRuns: 1_000, examples: [["!⺀!!A\u0300", 5]] },
  );
  assertEquals(wrapToWidth("  at x (file)", 80), ["  at x (file)"]);
});

Deno.test("no text can write control characters", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assertEquals(/[\p{Cc}\p{Bidi_Control}]/u.test(oneLine(text)), false);
  }));
  assertEquals(oneLine("\u001b[31mred\n"), "\\u001b[31mred\\n");
});

Deno.test("the distance of an instant is shown in words", () => {
  const at = (ms: number) => distanceWords(new Date(1e12 + ms), 1e12);
  assertEquals([at(0), at(-999), at(-61_000), at(7_200_000), at(-86_400_000), at(2 * 86_400_000)], [
    "now",
    "now",
    "1 min ago",
    "in 2 h",
    "1 day ago",
    "in 2 days",
  ]);
  assertEquals([distanceWords(null, 0), distanceWords(new Date(NaN), 0)], ["", "unknown"]);
});

Deno.test("a count that may be larger has a plus sign", () => {
  assertEquals(
    [manyWords(1, "task"), manyWords(5_000, "task"), manyWords(5_000, "task", false)],
    ["1 task", "5,000 tasks", "5,000+ tasks"],
  );
});

Deno.test("a sparkline has a bar for each number, and none for 0", () => {
  assertEquals(sparkline([0, 1, 4, 8, 2]), " ▁▄█▂");
  assertEquals(sparkline([0, 0]), "  ");
  assertEquals(sparkline([1, 1_000_000]), "▁█");
});
