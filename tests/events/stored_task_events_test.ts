// Tests the order and the instants of events of tasks that the process does not hold.

import { assertEquals } from "@std/assert";
import { EventBus } from "../../src/events/event_bus.ts";
import { StoredTaskEvents } from "../../src/events/stored_task_events.ts";
import type { TaskEvent } from "../../src/events/task_event.ts";
import { silentLogger } from "../../src/log/logger.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FakeClock } from "../../src/testing/mod.ts";
import { StorageClock } from "../../src/time/storage_clock.ts";

Deno.test("events are emitted in order, with the instant of their request, even if storage fails", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  const bus = new EventBus(silentLogger);
  const seen: TaskEvent[] = [];
  bus.subscribe((event) => void seen.push(event));
  const warnings: string[] = [];
  const slow = Promise.withResolvers<null>();
  const answers: Record<string, () => Promise<null>> = {
    slow: () => slow.promise,
    broken: () => Promise.reject(new Error("gone")),
    quick: () => Promise.resolve(null),
  };
  const stored = new StoredTaskEvents({
    storage: { get: (id) => answers[id]!() } as Pick<Storage, "get">,
    events: bus,
    logger: { ...silentLogger, warn: (message) => void warnings.push(message) },
    definitions: new Map(),
    storageClock: new StorageClock(clock),
  });
  void stored.tell([{ kind: "lost", taskId: "slow", type: "work", queue: "mail" }]);
  await clock.advance(5_000);
  void stored.tell([
    { kind: "failed", taskId: "broken", type: "work" },
    { kind: "cancelled", taskId: "quick" },
  ]);
  const idle = stored.idle();
  await clock.advance(1_000);
  assertEquals(seen, []);
  slow.resolve(null);
  await idle;
  await bus.idle();
  assertEquals(seen.map((event) => [event.kind, event.taskId, event.eventDateUtc.slice(17, 19)]), [
    ["lost", "slow", "00"],
    ["failed", "broken", "05"],
    ["cancelled", "quick", "05"],
  ]);
  assertEquals([seen[0]!.taskType, seen[0]!.queue, seen[2]!.taskType], ["work", "mail", ""]);
  assertEquals(warnings.length, 1);
});

Deno.test("a task is read only if a subscriber may want its event", async () => {
  const reads: string[] = [];
  const bus = new EventBus(silentLogger);
  bus.subscribe(() => {}, { kinds: ["failed"], types: ["work"] });
  const stored = new StoredTaskEvents({
    storage: { get: (id) => (reads.push(id), Promise.resolve(null)) },
    events: bus,
    logger: silentLogger,
    definitions: new Map(),
    storageClock: new StorageClock(new FakeClock()),
  });
  await stored.tell([
    { kind: "lost", taskId: "another kind", type: "work" },
    { kind: "failed", taskId: "another type", type: "other" },
    { kind: "failed", taskId: "wanted", type: "work" },
    { kind: "failed", taskId: "perhaps wanted" },
  ]);
  assertEquals(reads, ["wanted", "perhaps wanted"]);
});
