import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { decodePayload, type EncodedPayload, encodePayload } from "../../src/payload/payload.ts";
import { PayloadValidationError } from "../../src/payload/payload_validation_error.ts";
import type { StandardSchema } from "../../src/payload/standard_schema.ts";
import { hostileValues, isHuge } from "../support/hostile_values.ts";

const address = z.object({ to: z.object({ email: z.email() }) });

Deno.test("encodePayload() returns the JSON text and the validator's output", () => {
  const schema = z.object({ count: z.coerce.number(), note: z.string().default("none") });
  assertEquals(encodePayload("t", schema, { count: "7" }), {
    text: '{"count":7,"note":"none"}',
    value: { count: 7, note: "none" },
  });
});

for (const [name, make] of Object.entries(hostileValues)) {
  if (isHuge(make)) continue; // too long for JSON.stringify
  Deno.test(`a payload is stored, or rejected with a specific error: ${name}`, () => {
    try {
      encodePayload("t", undefined, make());
    } catch (error) {
      assert(error instanceof PayloadValidationError, "another error");
    }
  });
}

Deno.test("a payload is validated once if the validator does not change it", () => {
  let calls = 0;
  const schema: StandardSchema = {
    "~standard": { version: 1, vendor: "test", validate: (value) => (calls++, { value }) },
  };
  assertEquals(encodePayload("t", schema, { a: 1 }), { text: '{"a":1}', value: { a: 1 } });
  assertEquals(calls, 1);
});

Deno.test("if JSON cannot represent a validator's output, the dispatched payload is stored", () => {
  const schema: StandardSchema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value: new Map(Object.entries(value as object)) }),
    },
  };
  const { text, value } = encodePayload("t", schema, { a: 1 }) as EncodedPayload;
  assertEquals([text, value], ['{"a":1}', new Map([["a", 1]])]);
});

/** The number of generated values, so that each call of a validator returns a new one. */
let made = 0;
const settled: Readonly<
  Record<string, readonly [StandardSchema, payload: unknown, text: unknown]>
> = {
  "defaults": [z.object({ a: z.number().default(5) }), {}, { a: 5 }],
  "a generated default": [z.object({ id: z.string().default(() => `id ${++made}`) }), {}, {
    id: "id 1",
  }],
  "a coerced value": [z.object({ at: z.coerce.date() }), { at: 0 }, {
    at: "1970-01-01T00:00:00.000Z",
  }],
  "without stripped members": [z.object({ a: z.number() }), { a: 1, b: 2 }, { a: 1 }],
  "a transform that does not change its own output": [
    z.string().transform((text) => text.trim()),
    " a ",
    "a",
  ],
};
for (const [what, [schema, payload, stored]] of Object.entries(settled)) {
  Deno.test(`encodePayload() stores the validator's output: ${what}`, async () => {
    made = 0;
    const { text, value } = await encodePayload("t", schema, payload);
    assertEquals(JSON.parse(text), stored);
    assertEquals(decodePayload("t", schema, text), value);
    assertEquals(decodePayload("t", schema, text), value, "every attempt gets the same");
  });
}

const unsettled: Readonly<Record<string, readonly [StandardSchema, payload: unknown]>> = {
  "a transform to another type": [z.string().transform((text) => text.length), "abc"],
  "a transform that changes its own output": [z.number().transform((n) => n + 1), 1],
  "a Map": [z.array(z.tuple([z.string(), z.number()])).transform((list) => new Map(list)), [[
    "a",
    1,
  ]]],
  "bytes": [z.string().transform((text) => new TextEncoder().encode(text)), "abc"],
  "a value that is new each time": [z.unknown().transform(() => ++made), 1],
};
for (const [what, [schema, payload]] of Object.entries(unsettled)) {
  Deno.test(`encodePayload() stores the dispatched payload if JSON or another validation would change the output: ${what}`, async () => {
    const { text } = await encodePayload("t", schema, payload);
    assertEquals(JSON.parse(text), payload);
  });
}

Deno.test("the error of encodePayload() names the task and the path of the invalid value", () => {
  const encode = () => encodePayload("send-mail", address, { to: { email: "nobody" } });
  const { message, issues } = assertThrows(encode, PayloadValidationError);
  assertStringIncludes(message, 'task "send-mail": to.email:');
  assertEquals(issues.length, 1);
});

Deno.test("encodePayload() rejects values that JSON cannot represent", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  for (const payload of [circular, { size: 1n }, () => {}, Symbol("x")]) {
    assertThrows(() => encodePayload("t", undefined, payload), PayloadValidationError);
  }
});

const losses: Readonly<Record<string, readonly [payload: unknown, message: string]>> = {
  "NaN": [{ size: NaN }, "size: JSON has no NaN"],
  "infinity, deep inside": [{ a: [{ b: 1 }, { b: -Infinity }] }, "a.1.b: JSON has no -Infinity"],
  "an invalid date": [{ at: new Date(NaN) }, "at: JSON has no invalid dates"],
  "a map": [{ map: new Map([[1, 2]]) }, "map: JSON has no Map: write Object.fromEntries(map)"],
  "a set": [new Set([1]), "JSON has no Set: write [...set]"],
  "a promise without await": [
    { user: Promise.resolve(1) },
    "user: JSON has no Promise: await",
  ],
  "an error": [{ error: new TypeError("x") }, "error: JSON has no Error: write its message"],
  "bytes": [{ file: new Uint8Array(3) }, "file: JSON has no Uint8Array: write its bytes in base64"],
  "headers": [{ headers: new Headers({ a: "b" }) }, "headers: JSON has no Headers: write what"],
  "a bigint": [{ order: { id: 1n } }, "order.id: JSON has no bigint: write a string"],
  "a function": [{ done() {} }, "done: JSON has no functions"],
  "a symbol": [[Symbol("x")], "0: JSON has no symbols"],
  "a hole in a list": [{ list: [1, undefined] }, "list.1: JSON has no undefined in a list"],
};

for (const [what, [payload, message]] of Object.entries(losses)) {
  Deno.test(`encodePayload() rejects ${what}, with its path and the remedy`, () => {
    const encode = () => encodePayload("t", undefined, payload);
    assertStringIncludes(assertThrows(encode, PayloadValidationError).message, message);
  });
}

class Point {
  readonly x = 1;
  get sum() {
    return this.x;
  }
  move() {}
}

Deno.test("encodePayload() accepts values that JSON can represent", () => {
  const shared = { n: 1 };
  const payload = {
    date: new Date(0),
    url: new URL("https://example.org/"),
    nothing: undefined,
    list: [null, "", 0, -1.5, true, []],
    twice: [shared, shared],
    point: new Point(),
    bare: Object.assign(Object.create(null), { a: 1 }),
    boxed: Object("text"),
    own: { toJSON: () => "own" },
  };
  assertEquals(encodePayload("t", undefined, payload), {
    text: JSON.stringify(payload),
    value: JSON.parse(JSON.stringify(payload)),
  });
});

Deno.test("encodePayload() rejects a value that is nested too deep, and shows the beginning of its path", () => {
  const nested = (depth: number, wrap: (inner: unknown) => unknown) => {
    let value: unknown = 1;
    for (let level = 0; level < depth; level++) value = wrap(value);
    return value;
  };
  const wraps: Readonly<Record<string, (inner: unknown) => unknown>> = {
    "list.list": (list) => ({ list }),
    "0.0": (inner) => [inner],
  };
  for (const [path, wrap] of Object.entries(wraps)) {
    encodePayload("t", undefined, nested(1_000, wrap));
    for (const depth of [1_001, 5_000, 100_000]) {
      const encode = () => encodePayload("t", undefined, nested(depth, wrap));
      const { message } = assertThrows(encode, PayloadValidationError);
      assert(message.length < 300, message);
      if (depth > 5_000) continue; // some runtimes cannot serialize it
      assertStringIncludes(message, path);
      assertStringIncludes(message, "…: it is nested more than 1000 levels deep");
    }
  }
});

Deno.test("every payload that encodePayload() accepts is read back unchanged", () => {
  const value = fc.anything({ withDate: true, withMap: true, withSet: true, withTypedArray: true });
  let taken = 0;
  fc.assert(fc.property(value, (payload) => {
    let encoded;
    try {
      encoded = encodePayload("t", undefined, payload) as EncodedPayload;
    } catch (error) {
      if (error instanceof PayloadValidationError) return;
      throw error;
    }
    taken++;
    assertEquals(encoded.value, plain(payload));
  }));
  assert(taken > 10, `${taken} were taken`);
});

/** Returns a payload without undefined properties, and with dates as strings. */
function plain(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (Object.is(value, -0)) return 0;
  if (typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept.map(([key, member]) => [key, plain(member)]));
}

Deno.test("encodePayload() validates the value as read back, so that a Date for z.date() fails at once", () => {
  const schema = z.object({ at: z.date() });
  assertThrows(() => encodePayload("t", schema, { at: new Date(0) }), PayloadValidationError);
});

Deno.test("encodePayload() supports asynchronous validators", async () => {
  const even: StandardSchema<number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) =>
        Promise.resolve(
          (value as number) % 2 === 0 ? { value: value as number } : {
            issues: [{ message: "odd" }],
          },
        ),
    },
  };
  assertEquals(await encodePayload("t", even, 2), { text: "2", value: 2 });
  await assertRejects(async () => await encodePayload("t", even, 3), PayloadValidationError, "odd");
});

Deno.test("encodePayload() stores undefined as null", () => {
  assertEquals(encodePayload("t", undefined, undefined), { text: "null", value: null });
});

Deno.test("decodePayload() returns valid stored payloads and rejects the others", () => {
  const text = '{"to":{"email":"ada@example.com"}}';
  assertEquals(decodePayload("t", address, text), { to: { email: "ada@example.com" } });
  assertThrows(() => decodePayload("t", address, "{}"), PayloadValidationError, "to");
  assertThrows(() => decodePayload("t", address, "{"), PayloadValidationError, "not JSON");
});
