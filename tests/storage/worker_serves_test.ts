// Tests the stored string of a worker's queues, types and process.

import { assertEquals } from "@std/assert";
import { decodeProcess, decodeServes, encodeServes } from "../../src/storage/worker_serves.ts";

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

Deno.test("the process of a worker is read back, and does not change the queues and types", () => {
  const serves = { queues: [{ name: "mails", parallelism: 4 }], types: ["send-email"] };
  const process = {
    version: "1.2.3",
    applicationVersion: "2.4.1",
    runtime: "Deno/2.9.6",
    pid: 17,
  };
  for (const changed of [{}, { pid: null }, { applicationVersion: null }]) {
    const each = { ...process, ...changed };
    const text = encodeServes(serves, each);
    assertEquals([decodeServes(text), decodeProcess(text)], [serves, each]);
  }
  const { applicationVersion: _, ...ofEarlierBuild } = process;
  const read = decodeProcess(JSON.stringify({ process: ofEarlierBuild }));
  assertEquals(read, { ...process, applicationVersion: null });
  assertEquals(decodeProcess(encodeServes(serves)), null);
  assertEquals(decodeServes(encodeServes(undefined, process)), null);
});

Deno.test("a process in another form is ignored", () => {
  const odd = [null, 5, [], {}, { version: "1" }, { version: 1, runtime: "", pid: 1 }];
  for (const process of odd) assertEquals(decodeProcess(JSON.stringify({ process })), null);
  for (const text of strange) assertEquals(decodeProcess(text), null, text);
});
