import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { describeValue } from "../../src/thrown/describe_value.ts";
import { hostileValues } from "../support/hostile_values.ts";

const values: [unknown, string][] = [
  ["text", '"text"'],
  ['with "quotes"\nand lines', '"with \\"quotes\\"\\nand lines"'],
  ["x".repeat(81), `"${"x".repeat(77)}..."`],
  ["x".repeat(80), `"${"x".repeat(80)}"`],
  [`${"x".repeat(76)}😀${"x".repeat(9)}`, `"${"x".repeat(76)}..."`],
  [5n, "5n"],
  [-0.5, "-0.5"],
  [NaN, "NaN"],
  [null, "null"],
  [undefined, "undefined"],
  [true, "true"],
  [Symbol("s"), "Symbol(s)"],
  [new Date("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00.000Z"],
  [new Date(NaN), "an invalid Date"],
  [function named() {}, "the function named"],
  [() => {}, "the function (anonymous)"],
  [{ a: 1 }, '{"a":1}'],
  [[1, 2], "[1,2]"],
  [{ long: "x".repeat(100) }, `{"long":"${"x".repeat(68)}...`],
  [new Uint8Array(1e7), '"[object Uint8Array]"'],
];

for (const [value, expected] of values) {
  Deno.test(`a value is shown on one line: ${expected.slice(0, 30)}`, () => {
    assertEquals(describeValue(value), expected);
  });
}

Deno.test("only the shown part of a large value is read", () => {
  let reads = 0;
  const part = {
    get read() {
      return ++reads;
    },
  };
  const value = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => part));
  assertEquals(describeValue(value).length, 80);
  assert(reads <= 80, `${reads} parts were read`);
});

Deno.test("an object that is empty as JSON, but not plain, is shown by its kind", () => {
  const found = [new Map([[1, 2]]), new Set([1]), /x/, {}, Object.create(null)].map((value) =>
    describeValue(value)
  );
  assertEquals(found, ["[object Map]", "[object Set]", "[object RegExp]", "{}", "{}"]);
});

Deno.test("values that cannot be written as JSON are shown by their kind", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assertEquals(describeValue(circular), "[object Object]");
  assertEquals(describeValue({ toJSON: () => undefined }), "[object Object]");
  assertEquals(describeValue([1n]), "[object Array]");
  assertEquals(describeValue(Object.create(Date.prototype)), "[object Object]");
});

for (const [name, make] of Object.entries(hostileValues)) {
  Deno.test(`showing a value never throws and is short: ${name}`, () => {
    const text = describeValue(make());
    assert(text.length <= 82 && !text.includes("\n"), text);
  });
}

Deno.test("the text of any value is short, on one line, and deterministic", () => {
  fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true }), (value) => {
    const text = describeValue(value);
    // A string is cut before its quotes and line ends are escaped.
    assert(text.length <= (typeof value === "string" ? 6 * 82 : 82));
    assert(!text.includes("\n"));
    assertEquals(describeValue(value), text);
  }));
});
