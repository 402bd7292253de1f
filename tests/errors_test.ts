import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import {
  describeError,
  describeValue,
  EverTaskError,
  InvalidArgumentError,
} from "../src/errors.ts";
import * as storageErrors from "../src/storage/errors.ts";

Deno.test("an invalid argument is named, with its value and the remedy", () => {
  const error = new InvalidArgumentError("delay", -5, "be at least 0");
  assertEquals(error.message, "delay is -5, but it must be at least 0.");
  assertEquals([error.name, error.argument, error.value], ["InvalidArgumentError", "delay", -5]);
  assertInstanceOf(error, EverTaskError);
});

const values: [unknown, string][] = [
  ["text", '"text"'],
  ['with "quotes"\nand lines', '"with \\"quotes\\"\\nand lines"'],
  ["x".repeat(81), `"${"x".repeat(77)}..."`],
  ["x".repeat(80), `"${"x".repeat(80)}"`],
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
];

for (const [value, expected] of values) {
  Deno.test(`a value is shown on one line: ${expected.slice(0, 30)}`, () => {
    assertEquals(describeValue(value), expected);
  });
}

Deno.test("values that cannot be written as JSON are shown by their kind", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  assertEquals(describeValue(circular), "[object Object]");
  assertEquals(describeValue({ toJSON: () => undefined }), "[object Object]");
  assertEquals(describeValue([1n]), "[object Array]");
});

Deno.test("an error is described with name, message, stack and causes", () => {
  const cause = new RangeError("too far");
  const text = describeError(new EverTaskError("it broke", { cause }));
  assertStringIncludes(text, "it broke");
  assertStringIncludes(text, "Caused by: RangeError: too far");
  assertStringIncludes(text, "errors_test.ts");
});

Deno.test("an error whose message was changed, or that has no stack, is described with its message", () => {
  const changed = new Error("first");
  assertStringIncludes(changed.stack!, "first");
  changed.message = "second";
  assertStringIncludes(describeError(changed), "Error: second\n");
  const bare = new Error("bare");
  delete bare.stack;
  assertEquals(describeError(bare), "Error: bare");
});

Deno.test("what is thrown and is no error is described by its value", () => {
  assertEquals(describeError("text"), 'Error: "text"');
  assertEquals(describeError(undefined), "Error: undefined");
  assertEquals(
    describeError(new Error("outer", { cause: 5 })).endsWith("Caused by: Error: 5"),
    true,
  );
});

Deno.test("causes that go in a circle come to an end", () => {
  const error = new Error("round");
  error.cause = error;
  assertStringIncludes(describeError(error), "round");
});

Deno.test("storage errors say by `transient` whether trying again can help", () => {
  const { SchemaVersionError, WorkerLostError } = storageErrors;
  const errors = [
    new storageErrors.StorageError("x"),
    new storageErrors.StorageUnavailableError("x"),
    new storageErrors.StorageFullError("x"),
    new storageErrors.StorageReadOnlyError("x"),
    new storageErrors.StorageFormatError("x"),
    new storageErrors.StorageClosedError("x"),
    new SchemaVersionError(3, 2, "x"),
    new WorkerLostError("w-1"),
  ];
  for (const error of errors) assertInstanceOf(error, storageErrors.StorageError);
  const transient = errors.filter((error) => error.transient).map((error) => error.name);
  assertEquals(transient, ["StorageUnavailableError", "StorageFullError"]);
  for (const error of errors) assertEquals(error.name, error.constructor.name);
});

Deno.test("errors of versions and workers carry their facts", () => {
  const cause = new Error("why");
  const version = new storageErrors.SchemaVersionError(3, 2, "too new", { cause });
  assertEquals([version.found, version.known, version.cause], [3, 2, cause]);
  const lost = new storageErrors.WorkerLostError("w-1");
  assertEquals(lost.workerId, "w-1");
  assertStringIncludes(lost.message, "w-1");
});
