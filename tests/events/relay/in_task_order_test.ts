import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { taskEvent } from "../../../src/events/job_events.ts";
import {
  happenedAt,
  inTaskOrder,
  type WrittenEvent,
} from "../../../src/events/relay/in_task_order.ts";
import type { TaskEvent } from "../../../src/events/task_event.ts";

const start = Date.UTC(2026, 0, 1);

/** Creates an event of a task, `atMs` milliseconds after the start. */
function event(
  id: string,
  atMs: number,
  attempt: number,
  { isSeries = false, writerId = "process" } = {},
): WrittenEvent {
  const rest = { type: "mail", payload: "", queue: "default", taskKey: null, traceContext: null };
  const subject = { id, attempt, series: isSeries ? {} : null, ...rest };
  return { writerId, event: taskEvent("started", start + atMs, subject, undefined) };
}

function textsOf(events: readonly WrittenEvent[]): string[] {
  return texts(events.map(({ event }) => event));
}

/** Returns `task:attempt` for each event. */
function texts(events: readonly TaskEvent[]): string[] {
  return events.map(({ taskId, attempt }) => `${taskId}:${attempt}`);
}

Deno.test("events are sorted by their instants, and those after the limit are kept", () => {
  const events = [event("a", 30, 1), event("b", 10, 1), event("c", 20, 1)];
  const { due, kept } = inTaskOrder(events, start + 20);
  assertEquals([texts(due), textsOf(kept)], [["b:1", "c:1"], ["a:1"]]);
});

Deno.test("an earlier attempt of a task comes first, even if the clocks of processes differ", () => {
  const events = [[8, 2], [10, 1], [9, 0]].map(([atMs, attempt]) =>
    event("a", atMs!, attempt!, { writerId: `process of attempt ${attempt}` })
  );
  const { due, kept } = inTaskOrder([...events, event("b", 9, 1)], start + 8);
  assertEquals([texts(due), textsOf(kept)], [["a:0", "a:1", "a:2"], ["b:1"]]);
});

Deno.test("the events of a task that one process wrote keep their order, even if its clock was set back", () => {
  const [started, failed] = [event("a", 10, 1), event("a", 7, 1)];
  const cancelled = event("a", 8, 1, { writerId: "another" });
  const events = [started, failed, cancelled, event("b", 9, 1)];
  assertEquals(
    inTaskOrder(events, Infinity).due,
    [cancelled, events[3], started, failed].map((each) => each!.event),
  );
  assertEquals(inTaskOrder(events, start + 9).kept, [started, failed]);
});

Deno.test("events of a series are sorted by instant, not by attempt", () => {
  const { due } = inTaskOrder([
    event("a", 20, 1, { isSeries: true, writerId: "one" }),
    event("a", 10, 2, { isSeries: true, writerId: "two" }),
  ], Infinity);
  assertEquals(texts(due), ["a:2", "a:1"]);
});

Deno.test("every event is due or kept once, no attempt comes before an earlier one, and a process's order stays", () => {
  const some = fc.record({
    id: fc.constantFrom("a", "b", ""),
    atMs: fc.integer({ min: 0, max: 20 }),
    attempt: fc.integer({ min: 0, max: 4 }),
    writerId: fc.constantFrom("one", "two"),
  }).map(({ id, atMs, attempt, writerId }) => event(id, atMs, attempt, { writerId }));
  fc.assert(fc.property(fc.array(some), fc.integer({ min: -1, max: 21 }), (events, untilMs) => {
    const { due, kept } = inTaskOrder(events, start + untilMs);
    const all = [...due, ...kept.map(({ event }) => event)];
    assertEquals(new Set(all), new Set(events.map(({ event }) => event)));
    assertEquals(all.length, events.length);
    for (const id of ["a", "b"]) {
      const attempts = all.filter(({ taskId }) => taskId === id).map(({ attempt }) => attempt);
      assertEquals(attempts, attempts.toSorted((a, b) => a - b));
    }
    for (const { writerId, event: { taskId, attempt } } of kept) {
      const ofProcess = events.filter((each) =>
        each.writerId === writerId && each.event.taskId === taskId
      );
      assert(ofProcess.some((each) => happenedAt(each) > start + untilMs), `${taskId}:${attempt}`);
    }
    for (const [index, first] of events.entries()) {
      for (const second of events.slice(index + 1)) {
        const { taskId, attempt } = second.event;
        if (first.writerId !== second.writerId || first.event.taskId !== taskId) continue;
        if (first.event.attempt > attempt) continue;
        assert(all.indexOf(first.event) < all.indexOf(second.event), "a process's order");
      }
    }
  }));
});
