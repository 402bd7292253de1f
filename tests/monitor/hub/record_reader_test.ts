// Records of SignalR's hub protocol, for any fragmentation.

import { assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HubProtocolError, RecordReader } from "../../../src/monitor/hub/hub_protocol.ts";

const separator = "\x1e";

/** Cuts `text` at `places`, which may exceed its length. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = [...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) =>
    a - b
  );
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

Deno.test("records are read unchanged, wherever the text was cut", () => {
  const record = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(separator, ""));
  fc.assert(fc.property(fc.array(record), fc.array(fc.nat()), (records, places) => {
    const reader = new RecordReader(1_000);
    const sent = records.map((one) => one + separator).join("");
    assertEquals(cut(sent, places).flatMap((chunk) => reader.read(chunk)), records);
  }));
});

Deno.test("a record that is too long is refused before it is complete, wherever it was cut", () => {
  fc.assert(
    fc.property(fc.integer({ min: 101, max: 400 }), fc.array(fc.nat()), (length, places) => {
      const reader = new RecordReader(100);
      const chunks = cut("x".repeat(length), places);
      assertThrows(() => chunks.forEach((chunk) => reader.read(chunk)), HubProtocolError);
    }),
  );
});

Deno.test("a chunk may be no longer than a record may be", () => {
  const reader = new RecordReader(100);
  assertEquals(reader.read(separator.repeat(100)).length, 100);
  assertThrows(() => reader.read(separator.repeat(101)), HubProtocolError);
});

Deno.test("a long record that comes character by character takes time in proportion to its length", () => {
  const length = 1_000_000;
  const reader = new RecordReader(length);
  const start = performance.now();
  for (let sent = 0; sent < length; sent++) reader.read("x");
  assertEquals(reader.read(separator), ["x".repeat(length)]);
  assertLess(performance.now() - start, 20_000); // searching it all on each read would take hours
});
