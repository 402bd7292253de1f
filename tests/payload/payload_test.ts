import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import { decodePayload, encodePayload } from "../../src/payload/payload.ts";
import { PayloadValidationError } from "../../src/payload/payload_validation_error.ts";
import type { StandardSchema } from "../../src/payload/standard_schema.ts";

const address = z.object({ to: z.object({ email: z.email() }) });

Deno.test("encodePayload() gives the JSON text and what the validator makes of it", () => {
  const schema = z.object({ count: z.coerce.number(), note: z.string().default("none") });
  assertEquals(encodePayload("t", schema, { count: "7" }), {
    text: '{"count":"7"}',
    value: { count: 7, note: "none" },
  });
});

Deno.test("encodePayload() names the task and the place of what does not fit", () => {
  const encode = () => encodePayload("send-mail", address, { to: { email: "nobody" } });
  const { message, issues } = assertThrows(encode, PayloadValidationError);
  assertStringIncludes(message, 'task "send-mail": to.email:');
  assertEquals(issues.length, 1);
});

Deno.test("encodePayload() refuses what JSON cannot hold, before it would be lost", () => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;
  for (const payload of [circular, { size: 1n }, () => {}, Symbol("x")]) {
    assertThrows(() => encodePayload("t", undefined, payload), PayloadValidationError);
  }
});

Deno.test("encodePayload() validates what will be read back, so that a Date for z.date() fails at once", () => {
  const schema = z.object({ at: z.date() });
  assertThrows(() => encodePayload("t", schema, { at: new Date(0) }), PayloadValidationError);
});

Deno.test("encodePayload() takes validators that answer with a promise", async () => {
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

Deno.test("decodePayload() reads what was stored and refuses what no longer fits", () => {
  const text = '{"to":{"email":"ada@example.com"}}';
  assertEquals(decodePayload("t", address, text), { to: { email: "ada@example.com" } });
  assertThrows(() => decodePayload("t", address, "{}"), PayloadValidationError, "to");
  assertThrows(() => decodePayload("t", address, "{"), PayloadValidationError, "no JSON");
});
