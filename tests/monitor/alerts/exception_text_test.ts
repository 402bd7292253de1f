import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseException, parseStack } from "../../../src/monitor/alerts/exception_text.ts";
import { describeError } from "../../../src/thrown/describe_error.ts";

Deno.test("a description is taken apart into the errors that it was made of", () => {
  const parts = [new Error("refused a:1"), new Error("refused b:1", { cause: "why" })];
  const error = new TypeError("no mailbox\nat all", { cause: new AggregateError(parts) });
  const taken = parseException(describeError(error));
  assertEquals(taken.map(({ type, message }) => [type, message]), [
    ["TypeError", "no mailbox\nat all"],
    ["AggregateError", ""],
    ["Error", "refused a:1"],
    ["Error", "refused b:1"],
    ["Error", '"why"'],
  ]);
  const [top] = parseStack(taken[0]!.stack);
  assert(top!.file.endsWith("exception_text_test.ts") && top!.line > 0 && top!.column > 0);
});

Deno.test("a text without a name or a stack is a message", () => {
  const expected = { type: "Error", message: "It broke.", stack: "" };
  assertEquals(parseException("It broke."), [expected]);
  assertEquals(parseException(""), [{ type: "Error", message: "", stack: "" }]);
});

const frames: [line: string, expected: unknown[]][] = [
  ["    at run (file:///a.ts:1:2)", ["run", "file:///a.ts", 1, 2]],
  ["    at async Promise.all (index 0)", []],
  ["    at async run (file:///a.ts:1:2)", ["async run", "file:///a.ts", 1, 2]],
  ["    at async file:///a.ts:1:2", ["<anonymous>", "file:///a.ts", 1, 2]],
  ["    at new Queue (/srv/my app (1)/a.js:10:20)", ["new Queue", "/srv/my app (1)/a.js", 10, 20]],
  ["    at Object.<anonymous> (C:\\app\\a.js:3:4)", ["Object.<anonymous>", "C:\\app\\a.js", 3, 4]],
  ["at /srv/a.js:3:4", ["<anonymous>", "/srv/a.js", 3, 4]],
  ["    at <anonymous>", []],
  ["    at native", []],
  ["    at :1:2", []],
  ["  and so on: 1:2", []],
];

for (const [line, expected] of frames) {
  Deno.test(`a line of a stack is read, or left out: ${line.trim()}`, () => {
    const found = parseStack(line).flatMap((frame) => Object.values(frame));
    assertEquals(found, expected);
  });
}

/** What texts of exceptions are made of, and what patterns stumble over when it is repeated. */
const pieces = [
  "\n",
  " ",
  "\n    at ",
  "at ",
  " (",
  ")",
  ":",
  "1",
  ":1:1",
  "Caused by: ",
  "a",
  "async ",
];

Deno.test("taking a text apart takes time in proportion to its length, whatever it holds", () => {
  const texts = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(texts, (unit) => {
      const text = `    at ${unit.join("").repeat(Math.ceil(200_000 / unit.join("").length))}`;
      const start = performance.now();
      for (const { stack } of parseException(text)) parseStack(stack);
      parseStack(text);
      // Linear work takes some milliseconds; work in the square of the length would take a minute.
      assert(performance.now() - start < 3_000, `too long: ${JSON.stringify(unit)}`);
    }),
    { numRuns: 200 },
  );
});
