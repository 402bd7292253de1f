import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "node:net";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { EverTaskError } from "../../src/guards/errors.ts";
import {
  cutDescription,
  describeError,
  headlineOf,
  longestDescription,
  messageOf,
} from "../../src/thrown/describe_error.ts";
import { hostileValues } from "../support/hostile_values.ts";
import { reservePort } from "../support/reserved_port.ts";

/** The lines of a description that are not frames of a stack. */
function heads(thrown: unknown): string[] {
  return describeError(thrown).split("\n").filter((line) => !line.startsWith("    at "));
}

Deno.test("an error is described with name, message, stack and causes", () => {
  const cause = new RangeError("too far");
  const error = new EverTaskError("it broke", { cause });
  assertEquals(heads(error), ["EverTaskError: it broke", "Caused by: RangeError: too far"]);
  assertStringIncludes(describeError(error), "describe_error_test.ts");
});

Deno.test("an error whose message was changed, or that has no stack, is described with its message", () => {
  const changed = new Error("first");
  assertStringIncludes(changed.stack!, "first");
  changed.message = "second";
  assertStringIncludes(describeError(changed), "Error: second\n");
  changed.message = "t"; // the old message ends with the new one
  assertStringIncludes(describeError(changed), "Error: t\n");
  const bare = new Error("bare");
  delete bare.stack;
  assertEquals(describeError(bare), "Error: bare");
});

Deno.test("an error is described by its name, regardless of its stack", () => {
  class Late extends Error {
    override name = "Late";
  }
  assertEquals(heads(new Late("two hours")), ["Late: two hours"]);
  assertEquals(heads(new Late()), ["Late"]);
  const renamed = new Error("two hours");
  assertStringIncludes(renamed.stack!, "Error: two hours");
  renamed.name = "Late";
  assertEquals(heads(renamed), ["Late: two hours"]);
  assertEquals(heads(new DOMException("stop", "AbortError")), ["AbortError: stop"]);
  const coded = new TypeError("bad");
  coded.stack = coded.stack!.replace("TypeError", "TypeError [ERR_BAD]");
  assertEquals(heads(coded), ["TypeError [ERR_BAD]: bad"]);
  const elsewhere = new Error("far");
  elsewhere.stack = "run@file.js:1:2\nmain@file.js:3:4";
  assertEquals(heads(elsewhere), ["Error: far", "run@file.js:1:2", "main@file.js:3:4"]);
});

Deno.test("a text of exactly the maximum length is not cut", () => {
  const longest = "x".repeat(longestDescription);
  assertEquals(cutDescription(longest), longest);
  const cut = cutDescription(`${longest}x`);
  assertEquals([cut.length, cut.endsWith(" characters.]")], [longestDescription, true]);
});

Deno.test("a thrown value that is not an error is described in full", () => {
  assertEquals(describeError("text"), 'Error: "text"');
  assertEquals(describeError(undefined), "Error: undefined");
  assertEquals(describeError({ code: 5, message: "no" }), 'Error: {"code":5,"message":"no"}');
  assertEquals(describeError("x".repeat(1000)), `Error: "${"x".repeat(1000)}"`);
  assertEquals(heads(new Error("outer", { cause: 5 })).at(-1), "Caused by: Error: 5");
});

Deno.test("errors of other realms, and objects that look like errors, are described as errors", () => {
  const foreign = runInNewContext("new RangeError('too far', { cause: new TypeError('why') })");
  assertEquals(heads(foreign), ["RangeError: too far", "Caused by: TypeError: why"]);
  assertEquals(describeError({ name: "Odd", message: "shape" }), "Odd: shape");
  assertEquals(describeError({ message: "m", stack: "Error: m\n    at f" }), "Error: m\n    at f");
});

Deno.test("the first ten errors of an aggregate error are described", () => {
  const parts = Array.from({ length: 12 }, (_, at) => new RangeError(`part ${at + 1}`));
  assertEquals(heads(new AggregateError(parts, "all failed", { cause: "why" })), [
    "AggregateError: all failed",
    'Caused by: Error: "why"',
    ...parts.slice(0, 10).map((part, at) => `Error ${at + 1} of 12: RangeError: ${part.message}`),
    "(2 more errors)",
  ]);
});

Deno.test("both errors of a SuppressedError are described", () => {
  const suppressed = Object.assign(new Error("suppressed"), {
    name: "SuppressedError",
    error: new Error("on dispose"),
    suppressed: new Error("before"),
  });
  assertEquals(heads(suppressed), [
    "SuppressedError: suppressed",
    "Error 1 of 2: Error: on dispose",
    "Error 2 of 2: Error: before",
  ]);
});

Deno.test("the originalError of a driver's error is described once", () => {
  const original = new Error("login failed");
  const driver = Object.assign(new Error("no connection"), { originalError: original });
  assertEquals(heads(driver), ["Error: no connection", "Caused by: Error: login failed"]);
  driver.cause = original;
  assertEquals(heads(driver).length, 2);
});

Deno.test("circular causes are described once, and deep ones to a depth of ten", () => {
  const error = new Error("round");
  error.cause = error;
  assertEquals(heads(error), ["Error: round", "Caused by: (described above)"]);
  let deep = new Error("level 0");
  for (let level = 1; level <= 30; level++) deep = new Error(`level ${level}`, { cause: deep });
  const lines = heads(deep);
  assertEquals(lines.length, 12);
  assertEquals(lines.slice(-2), ["Caused by: Error: level 20", "(It wraps further errors.)"]);
});

Deno.test("a long description is truncated with a note, and no character is split", () => {
  const text = describeError(new Error("😀".repeat(100_000)));
  assert(text.length <= longestDescription && text.length > longestDescription - 3);
  assertEquals(text.split("\n").at(-1), "[The text was cut at 32768 characters.]");
  assertEquals(text.isWellFormed(), true);
  assertEquals(describeError(new Error("short")).includes("cut"), false);
});

Deno.test("a refused connection is described with its addresses", async () => {
  using reserved = reservePort();
  const { port } = reserved;
  for (const address of ["127.0.0.1", "localhost"]) {
    const refused = await fetch(`http://${address}:${port}/`).catch((error) => error);
    assertStringIncludes(describeError(refused), `:${port}`);
    const error = await new Promise<Error>((resolve) =>
      connect({ port, host: address, autoSelectFamily: true }).on("error", resolve)
    );
    assertMatch(describeError(error), new RegExp(`ECONNREFUSED .*${port}`));
    assertMatch(headlineOf(error), new RegExp(`ECONNREFUSED .*${port}`));
  }
});

Deno.test("an error without a message is described by the messages of its parts, or by its name", () => {
  const refused = new AggregateError([new Error("refused a:1"), new Error("refused b:1")]);
  assertEquals(messageOf(refused), "refused a:1; refused b:1");
  assertEquals(headlineOf(refused), "AggregateError: refused a:1; refused b:1");
  assertEquals([messageOf(new RangeError()), headlineOf(new RangeError())], [
    "RangeError",
    "RangeError",
  ]);
  assertEquals([messageOf("no"), headlineOf(null)], ["no", "Error: null"]);
});

for (const [name, make] of Object.entries(hostileValues)) {
  Deno.test(`describing never throws, and its result is bounded: ${name}`, () => {
    for (const thrown of [make(), new Error("outer", { cause: make() }), [make()]]) {
      const text = describeError(thrown);
      assert(text !== "" && text.length <= longestDescription);
      assert(headlineOf(thrown).length <= 1000);
      assertEquals(typeof messageOf(thrown), "string");
    }
    // One error more than a description shows.
    const many = new AggregateError(Array.from({ length: 11 }, make), "many");
    assert(describeError(many).length <= longestDescription);
  });
}

/** Thrown values as data: fast-check cannot hold the values themselves. */
type Plan = { readonly plain: unknown } | { readonly hostile: string } | {
  readonly cause: Plan;
  readonly errors: readonly Plan[];
};

function build(plan: Plan): unknown {
  if ("plain" in plan) return plan.plain;
  if ("hostile" in plan) return hostileValues[plan.hostile]!();
  const { cause, errors } = plan;
  return Object.assign(new Error("nested", { cause: build(cause) }), { errors: errors.map(build) });
}

Deno.test("the description of any thrown value is not empty, and bounded", () => {
  const names = Object.keys(hostileValues).filter((name) => !/very/.test(name)); // those take long to make
  const { plan } = fc.letrec<{ plan: Plan }>((tie) => ({
    plan: fc.oneof(
      { maxDepth: 5 },
      fc.record({ plain: fc.anything() }),
      fc.record({ hostile: fc.constantFrom(...names) }),
      fc.record({ cause: tie("plan"), errors: fc.array(tie("plan"), { maxLength: 30 }) }),
    ),
  }));
  fc.assert(
    fc.property(plan, (plan) => {
      const text = describeError(build(plan));
      assert(text !== "" && text.length <= longestDescription);
    }),
  );
});
