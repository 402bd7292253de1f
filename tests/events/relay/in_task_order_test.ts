import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { taskEvent } from "../../../src/events/job_events.ts";
import { inTaskOrder } from "../../../src/events/relay/in_task_order.ts";
import type { TaskEvent } from "../../../src/events/task_event.ts";

const start = Date.UTC(2026, 0, 1);

/** Creates an event of a task, `atMs` milliseconds after the start. */
function event(id: string, atMs: number, attempt: number, isSeries = false): TaskEvent {
  const rest = { type: "mail", payload: "", queue: "default", taskKey: null, traceContext: null };
  const subject = { id, attempt, series: isSeries ? {} : null, ...rest };
  return taskEvent("started", start + atMs, subject, undefined);
}

/** Returns `task:attempt` for each event. */
function texts(events: readonly TaskEvent[]): string[] {
  return events.map(({ taskId, attempt }) => `${taskId}:${attempt}`);
}

Deno.test("events are sorted by their instants, and those after the limit are kept", () => {
  const events = [event("a", 30, 1), event("b", 10, 1), event("c", 20, 1)];
  const { due, kept } = inTaskOrder(events, start + 20);
  assertEquals([texts(due), texts(kept)], [["b:1", "c:1"], ["a:1"]]);
});

Deno.test("an earlier attempt of a task comes first, even if the clocks of processes differ", () => {
  const events = [event("a", 8, 2), event("a", 10, 1), event("a", 9, 0), event("b", 9, 1)];
  const { due, kept } = inTaskOrder(events, start + 8);
  assertEquals([texts(due), texts(kept)], [["a:0", "a:1", "a:2"], ["b:1"]]);
});

Deno.test("events of a series are sorted by instant, not by attempt", () => {
  const { due } = inTaskOrder([event("a", 20, 1, true), event("a", 10, 2, true)], Infinity);
  assertEquals(texts(due), ["a:2", "a:1"]);
});

Deno.test("every event is due or kept once, and no attempt comes before an earlier one", () => {
  const some = fc.record({
    id: fc.constantFrom("a", "b", ""),
    atMs: fc.integer({ min: 0, max: 20 }),
    attempt: fc.integer({ min: 0, max: 4 }),
    isSeries: fc.constant(false),
  }).map(({ id, atMs, attempt, isSeries }) => event(id, atMs, attempt, isSeries));
  fc.assert(fc.property(fc.array(some), fc.integer({ min: -1, max: 21 }), (events, untilMs) => {
    const { due, kept } = inTaskOrder(events, start + untilMs);
    const all = [...due, ...kept];
    assertEquals(new Set(all), new Set(events));
    assertEquals(all.length, events.length);
    for (const id of ["a", "b"]) {
      const attempts = all.filter(({ taskId }) => taskId === id).map(({ attempt }) => attempt);
      assertEquals(attempts, attempts.toSorted((a, b) => a - b));
    }
    assert(kept.every(({ eventDateUtc }) => Date.parse(eventDateUtc) > start + untilMs));
  }));
});
