import { assert, assertEquals } from "@std/assert";
import { EventBus } from "../../src/events/event_bus.ts";
import { taskEvent } from "../../src/events/job_events.ts";
import type { TaskEvent, TaskEventKind } from "../../src/events/task_event.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";

const subject = {
  id: "01a204c3-9e85-76f3-a637-c068a230efde",
  type: "send-mail",
  payload: '{"to":"ada"}',
  queue: "default",
  taskKey: null,
  series: null,
  attempt: 1,
  traceContext: null,
};
const event = (kind: TaskEventKind, type = "send-mail") =>
  taskEvent(kind, Date.UTC(2026, 0, 1), { ...subject, type }, undefined);

Deno.test("taskEvent() sets the fields and the message that upstream has", () => {
  const { eventDateUtc, severity, taskHandlerType, taskParameters, message, exception } = event(
    "completed",
  );
  assertEquals(
    { eventDateUtc, severity, taskHandlerType, taskParameters, message, exception },
    {
      eventDateUtc: "2026-01-01T00:00:00.000Z",
      severity: "Information",
      taskHandlerType: "send-mail",
      taskParameters: '{"to":"ada"}',
      message: `Task with id ${subject.id} was completed.`,
      exception: null,
    },
  );
});

Deno.test("each event has its own instant, and numbers of 0 are kept", () => {
  const at = Date.UTC(2026, 0, 1);
  const dates = [at, at + 1, at + 1, at].map((instant) =>
    taskEvent("started", instant, subject, undefined, { waitMs: 0, durationMs: 0 })
  ).map(({ eventDateUtc, waitMs, durationMs }) => [eventDateUtc.slice(20), waitMs, durationMs]);
  assertEquals(dates, ["000Z", "001Z", "001Z", "000Z"].map((text) => [text, 0, 0]));
});

Deno.test("EventBus.wants() returns false without subscribers", () => {
  const bus = new EventBus(silentLogger);
  assert(!bus.wants("started", "send-mail"));
  const unsubscribe = bus.subscribe(() => {});
  assert(bus.wants("started", "send-mail"));
  unsubscribe();
  assert(!bus.wants("started", "send-mail"));
});

Deno.test("EventBus.wants() returns true only if a subscriber's filter matches", () => {
  const bus = new EventBus(silentLogger);
  bus.subscribe(() => {}, { severity: "Error" });
  bus.subscribe(() => {}, { types: ["charge-card"], kinds: ["started", "failed"] });
  const wanted = (["started", "completed", "failed"] as const).map((kind) => [
    bus.wants(kind, "send-mail"),
    bus.wants(kind, "charge-card"),
    bus.wants(kind),
  ]);
  assertEquals(wanted, [[false, true, true], [false, false, false], [true, true, true]]);
});

Deno.test("EventBus filters by severity, type and kind", async () => {
  const bus = new EventBus(silentLogger);
  const seen: Record<string, string[]> = { severe: [], typed: [], kind: [] };
  bus.subscribe((e) => void seen["severe"]!.push(e.kind), { severity: "Warning" });
  bus.subscribe((e) => void seen["typed"]!.push(e.kind), { types: ["other"] });
  bus.subscribe((e) => void seen["kind"]!.push(e.kind), { kinds: ["started"] });
  bus.emit(event("started"));
  bus.emit(event("timeout"));
  bus.emit(event("failed", "other"));
  await bus.idle();
  assertEquals(seen, { severe: ["timeout", "failed"], typed: ["failed"], kind: ["started"] });
});

Deno.test("EventBus calls a subscriber with one event after the other, in order", async () => {
  const bus = new EventBus(silentLogger);
  const seen: string[] = [];
  bus.subscribe(async ({ kind }) => {
    await Promise.resolve();
    seen.push(kind);
  });
  const kinds: TaskEventKind[] = ["dispatched", "started", "completed"];
  for (const kind of kinds) bus.emit(event(kind));
  assertEquals(seen, []); // never on the emitter's stack
  await bus.idle();
  assertEquals(seen, kinds);
});

Deno.test("EventBus does not call a subscriber after it has unsubscribed, even with pending events", async () => {
  const bus = new EventBus(silentLogger);
  const seen: string[] = [];
  const leave = bus.subscribe(({ kind }) => {
    seen.push(kind);
    leave();
  });
  for (const kind of ["dispatched", "started", "completed"] as const) bus.emit(event(kind));
  await bus.idle();
  bus.emit(event("failed"));
  await bus.idle();
  assertEquals(seen, ["dispatched"]);
});

Deno.test("EventBus waits for a subscriber before it passes the next event", async () => {
  const bus = new EventBus(silentLogger);
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  bus.subscribe(async ({ kind }) => {
    steps.push(kind);
    if (kind === "started") await first.promise;
  });
  bus.emit(event("started"));
  bus.emit(event("completed"));
  await new Promise<void>((resolve) => nextMacrotask(resolve));
  assertEquals(steps, ["started"]);
  first.resolve();
  await bus.idle();
  assertEquals(steps, ["started", "completed"]);
});

Deno.test("EventBus logs the error of a subscriber, and keeps calling it and the others", async () => {
  const errors: unknown[] = [];
  const bus = new EventBus({ ...silentLogger, error: (...line) => void errors.push(line) });
  const seen: string[] = [];
  bus.subscribe(({ kind }) => {
    if (kind === "started") throw new Error("broken");
    seen.push(kind);
  });
  bus.emit(event("started"));
  bus.emit(event("completed"));
  await bus.idle();
  assertEquals(seen, ["completed"]);
  assertEquals(errors.length, 1);
});

Deno.test("EventBus drops and counts events for a subscriber that is 10,000 events behind", async () => {
  const bus = new EventBus(silentLogger);
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  let seen = 0;
  bus.subscribe(async () => {
    if (seen++ === 0) await held;
  });
  for (let i = 0; i < 10_005; i++) bus.emit(event("started"));
  assertEquals(bus.lost, 5);
  release();
  await bus.idle();
  assertEquals(seen, 10_000);
});

Deno.test("a loop that is 10,000 events behind loses the oldest events, and each is counted", async () => {
  const bus = new EventBus(silentLogger);
  const loop = bus[Symbol.asyncIterator]();
  const first = loop.next();
  await Promise.resolve();
  for (let n = 0; n < 10_005; n++) {
    bus.emit({ ...event("started"), attempt: n });
    await bus.idle(); // the loop is behind, not its subscription
  }
  const seen = [(await first).value!.attempt];
  for (let n = 0; n < 10_000; n++) seen.push((await loop.next()).value!.attempt);
  await loop.return();
  // The loop took the first event at once.
  assertEquals([seen[0], seen[1], seen.at(-1), bus.lost], [0, 5, 10_004, 4]);
});

Deno.test("EventBus can be iterated, and unsubscribes when the loop is left", async () => {
  const bus = new EventBus(silentLogger);
  const seen: TaskEvent[] = [];
  const loop = (async () => {
    for await (const e of bus) {
      seen.push(e);
      if (seen.length === 2) break;
    }
  })();
  await Promise.resolve();
  bus.emit(event("started"));
  bus.emit(event("completed"));
  await loop;
  assertEquals(seen.map(({ kind }) => kind), ["started", "completed"]);
  assert(!bus.wants("started"));
});

Deno.test("the events of other processes are followed while a subscriber wants them", () => {
  const bus = new EventBus(silentLogger);
  const calls: string[] = [];
  bus.follower = {
    follow: (withParameters) => calls.push(`follow ${withParameters}`),
    rest: () => calls.push("rest"),
  };
  const ofProcess = bus.subscribe(() => {});
  const stops = [false, true].map((parameters) =>
    bus.subscribe(() => {}, { scope: "store", parameters })
  );
  for (const stop of stops.reverse()) stop();
  ofProcess();
  assertEquals(calls, ["follow false", "follow true", "follow false", "rest"]);
});
