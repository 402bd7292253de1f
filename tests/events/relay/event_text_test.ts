import { assert, assertEquals } from "@std/assert";
import { taskEvent } from "../../../src/events/job_events.ts";
import { decodeEvents, encodeEvents } from "../../../src/events/relay/event_text.ts";
import type { TaskEvent } from "../../../src/events/task_event.ts";

const subject = {
  id: "01a204c3-9e85-76f3-a637-c068a230efde",
  type: "mail",
  payload: '{"to":"\ud800 \u0000 ada"}',
  queue: "default",
  taskKey: "key",
  series: null,
  attempt: 1,
  traceContext: null,
};

function event(details: { payload?: string; exception?: string } = {}): TaskEvent {
  const { payload = subject.payload, exception } = details;
  const more = exception === undefined ? {} : { exception };
  return taskEvent("failed", 0, { ...subject, payload }, undefined, more);
}

Deno.test("events survive encoding and decoding, with or without payloads", () => {
  const events = [event(), event({ exception: "Error: it broke\n  at line 1" })];
  assertEquals(decodeEvents(encodeEvents(events, true).text), events);
  const bare = events.map((each) => ({ ...each, taskParameters: "" }));
  assertEquals(decodeEvents(encodeEvents(events, false).text), bare);
});

Deno.test("a batch is limited to 2,000 events and about a million characters", () => {
  const small = Array<TaskEvent>(3_000).fill(event());
  assertEquals(encodeEvents(small, true).length, 2_000);
  const large = Array<TaskEvent>(100).fill(event({ exception: "x".repeat(16_000) }));
  const { length, text } = encodeEvents(large, true);
  assert(length > 50 && length < 63 && text.length < 1_010_000, `${length} events`);
  assertEquals(encodeEvents([], true), { text: "[]", length: 0 });
});

Deno.test("long fields are truncated", () => {
  const long = "x".repeat(1_000_000);
  const { text } = encodeEvents([event({ payload: long, exception: long })], true);
  const [told] = decodeEvents(text)!;
  assertEquals([told!.taskParameters.length, told!.exception!.length], [16_385, 16_385]);
  assert(told!.exception!.endsWith("x…"));
});

Deno.test("text that is not a list of events is decoded as null", () => {
  for (const text of ["", "[", "{}", "[1]", "[null]", '["a"]']) {
    assertEquals(decodeEvents(text), null);
  }
});
