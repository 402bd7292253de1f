// Tests the stored string of the queues and types that a worker serves.

import { assertEquals } from "@std/assert";
import { decodeServes, encodeServes } from "../../src/storage/worker_serves.ts";

Deno.test("the stored string is read back unchanged", () => {
  const serves = { queues: [{ name: "mails", parallelism: 4 }], types: ["send-email"] };
  assertEquals(decodeServes(encodeServes(serves)), serves);
  assertEquals(decodeServes(encodeServes({ queues: [], types: [] })), { queues: [], types: [] });
  assertEquals(decodeServes(encodeServes(undefined)), null);
});

const strange = [
  "",
  "null",
  "5",
  "{}",
  '{"queues":[]}',
  '{"queues":[null],"types":[]}',
  '{"queues":["mails"],"types":[]}',
  '{"queues":[{"name":"mails"}],"types":[]}',
  '{"queues":[{"name":5,"parallelism":4}],"types":[]}',
  '{"queues":[],"types":[null]}',
];

Deno.test("a string in another form is ignored", () => {
  for (const text of strange) assertEquals(decodeServes(text), null, text);
});
