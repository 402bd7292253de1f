import { assert, assertEquals } from "@std/assert";
import { parseException, parseStack } from "../../../src/monitor/alerts/exception_text.ts";
import { describeError } from "../../../src/thrown/describe_error.ts";

Deno.test("a description is parsed into its errors", () => {
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

Deno.test("a first line that looks like a line of a stack is the message", () => {
  const text = "    at noon (a.ts:1:2)\n    at run (b.ts:3:4)";
  const [{ message, stack } = { message: "", stack: "" }] = parseException(text);
  assertEquals([message, stack], ["    at noon (a.ts:1:2)", "    at run (b.ts:3:4)"]);
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
