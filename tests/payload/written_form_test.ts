// Tests payloads that fail validation only because they are converted to JSON: a Date becomes a
// string, and undefined becomes null.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { decodePayload, encodePayload } from "../../src/payload/payload.ts";
import { PayloadValidationError } from "../../src/payload/payload_validation_error.ts";
import type { StandardSchema } from "../../src/payload/standard_schema.ts";

const date = new Date(0);
const dateHint = "a Date arrives as a string: use z.coerce.date()";

/** Returns the issues of a payload as `path: message`. */
async function refusal(schema: StandardSchema, payload: unknown): Promise<string[]> {
  const encode = async () => await encodePayload("t", schema, payload);
  const { issues } = await assertRejects(encode, PayloadValidationError);
  return issues.map(({ path = [], message }) => [path.join("."), message].join(": "));
}

/**
 * Returns a validator of another library than zod. Its issues do not name the expected type,
 * because Standard Schema has no member for it.
 */
function takes<T>(check: (value: unknown) => value is T, vendor = "other"): StandardSchema<T> {
  const validate = (value: unknown) =>
    check(value) ? { value } : { issues: [{ message: "refused" }] };
  return { "~standard": { version: 1, vendor, validate } };
}

const told: Readonly<Record<string, readonly [StandardSchema, payload: unknown, issue: string]>> = {
  "a date": [z.date(), date, `: ${dateHint}`],
  "a date in an object": [z.object({ at: z.date() }), { at: date }, `at: ${dateHint}`],
  "a date deep inside": [
    z.object({ a: z.array(z.object({ at: z.date() })) }),
    { a: [{ at: date }] },
    `a.0.at: ${dateHint}`,
  ],
  "a date that may be left out": [
    z.object({ at: z.date().optional() }),
    { at: date },
    `at: ${dateHint}`,
  ],
  "a date or a number": [
    z.object({ at: z.date().or(z.number()) }),
    { at: date },
    `at: ${dateHint}`,
  ],
  "one of two objects": [
    z.union([z.object({ at: z.date() }), z.object({ n: z.number() })]),
    { at: date },
    `at: ${dateHint}`,
  ],
  "a date of another library": [
    takes((value) => value instanceof Date),
    date,
    ": a Date arrives as a string: have the validator read that",
  ],
  "an address": [
    z.object({ link: z.instanceof(URL) }),
    { link: new URL("https://example.org/") },
    "link: a URL arrives as a string: have the validator read that",
  ],
  "an object whose toJSON() returns another object": [
    takes((value): value is object => typeof value === "object" && "toJSON" in value!),
    { toJSON: () => ({ a: 1 }) },
    ": an object arrives as an object: have the validator read that",
  ],
  "an object whose toJSON() returns a number": [
    takes((value): value is object => typeof value === "object"),
    { toJSON: () => 1 },
    ": an object arrives as a number: have the validator read that",
  ],
  "an object whose toJSON() returns a list": [
    takes((value): value is object => !Array.isArray(value)),
    { toJSON: () => [1] },
    ": an object arrives as a list: have the validator read that",
  ],
};
for (const [what, [schema, payload, issue]] of Object.entries(told)) {
  Deno.test(`an issue that the conversion to JSON causes has a remedy: ${what}`, async () => {
    assertEquals(await refusal(schema, payload), [issue]);
  });
}

Deno.test("the error of an asynchronous validator has the remedy for a date, too", async () => {
  const schema = z.object({ at: z.date() }).refine(() => Promise.resolve(true));
  assertEquals(await refusal(schema, { at: date }), [`at: ${dateHint}`]);
});

const withReasonsOfTheirOwn: Readonly<Record<string, readonly [StandardSchema, payload: unknown]>> =
  {
    "a date that is too early": [z.object({ at: z.coerce.date().min(1) }), { at: date }],
    "a date for a number": [z.object({ at: z.number() }), { at: date }],
    "a text for a date": [z.object({ at: z.date() }), { at: "1970-01-01" }],
    "another property": [z.object({ at: z.coerce.date(), n: z.number() }), { at: date }],
  };
for (const [what, [schema, payload]] of Object.entries(withReasonsOfTheirOwn)) {
  Deno.test(`an issue with another cause keeps its message: ${what}`, async () => {
    const [issue] = await refusal(schema, payload);
    assertEquals(issue!.includes("arrives as"), false, issue);
  });
}

Deno.test("every date is named by its path, and the other issues are kept", () => {
  const known = z.record(z.string(), z.union([z.date(), z.number()]));
  const name = fc.string().filter((name) => name !== "__proto__"); // zod leaves that out of records
  const member = fc.oneof(fc.integer(), fc.date({ noInvalidDate: true }), fc.constant("text"));
  fc.assert(fc.property(fc.dictionary(name, member, { minKeys: 1 }), (payload) => {
    const bad = Object.entries(payload).filter(([, value]) => typeof value !== "number");
    if (bad.length === 0) return;
    const encode = () => encodePayload("t", known, payload);
    const { issues } = assertThrows(encode, PayloadValidationError);
    const named = issues.map(({ path, message }) => [path![0], message === dateHint]);
    assertEquals(named, bad.map(([name, value]) => [name, value instanceof Date]));
  }));
});

Deno.test("if the validator throws for the original payload, the issue keeps its message", async () => {
  const moody = takes((value): value is string => {
    if (typeof value !== "string") throw new TypeError("no text");
    return false;
  });
  assertEquals(await refusal(moody, date), [": refused"]);
});

const withoutPayload: Readonly<Record<string, readonly [StandardSchema, handled: unknown]>> = {
  "an optional payload": [z.object({ a: z.number() }).optional(), undefined],
  "a payload with a default": [z.object({ a: z.number() }).default({ a: 5 }), { a: 5 }],
  "no payload": [z.undefined(), undefined],
  "void": [z.void(), undefined],
  "an optional or null payload": [z.string().nullish(), null],
  "a default with an asynchronous check": [
    z.number().default(5).refine(() => Promise.resolve(true)),
    5,
  ],
};
for (const [what, [schema, handled]] of Object.entries(withoutPayload)) {
  Deno.test(`an omitted payload is the validator's output for undefined: ${what}`, async () => {
    const { text, value } = await encodePayload("t", schema, undefined);
    assertEquals(value, handled);
    assertEquals(await decodePayload("t", schema, text), handled, "as each attempt gets it");
  });
}

Deno.test("an omitted payload is rejected by a validator that requires one", async () => {
  for (const schema of [z.object({}), z.string().refine(() => Promise.resolve(true))]) {
    await refusal(schema, undefined);
    await refusal(schema, null);
  }
});
