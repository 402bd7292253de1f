// Bodies of requests are read up to a limit, in bytes.

import { assertEquals } from "@std/assert";
import { readText } from "../../../src/monitor/http/read_text.ts";

function request(...chunks: Uint8Array<ArrayBuffer>[]): Request {
  return new Request("http://localhost/", { method: "POST", body: ReadableStream.from(chunks) });
}

Deno.test("a body of the maximum length is read, and a longer one is not", async () => {
  const euros = new TextEncoder().encode("€€");
  assertEquals(await readText(request(euros), 6), "€€");
  assertEquals(await readText(request(euros), 5), null);
  assertEquals(await readText(request(euros.slice(0, 3), euros.slice(3)), 5), null);
  assertEquals(await readText(new Request("http://localhost/"), 0), "");
});

Deno.test("a character that arrives in two parts is decoded", async () => {
  const bytes = new TextEncoder().encode("a€b");
  const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assertEquals(await readText(request(...chunks), 100), "a€b");
  assertEquals(await readText(request(bytes.slice(0, 2)), 100), "a\ufffd");
});
