// The clock is read after the write lock is acquired, so that the time is not before writes of
// others during the wait.

import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { Storage } from "../../../src/storage/storage.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { newTask, slotRequest } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

Deno.test("a write reads the clock while it holds the write lock", async () => {
  await using scratch = new Scratch();
  const other = new DatabaseSync(scratch.path);
  other.exec("PRAGMA busy_timeout = 0");
  /** Whether the lock was held at each reading of the clock. */
  let held: boolean[] = [];
  const now = () => {
    held.push(isLocked(other));
    return systemClock.now();
  };
  const storage = await scratch.open({ clock: { ...systemClock, now } });

  const task = newTask();
  const lease = { workerId: "w", token: 1 };
  const transitions = [{ status: "InProgress", exception: null, agoMs: 0 }] as const;
  const change = { taskId: task.id, auditLevel: "Full", transitions, lease } as const;
  const claim = { workerId: "w", queues: [{ name: task.queue, limit: 1 }], types: [task.type] };
  const lost = { leaseMs: 60_000, poisonLimit: 5, poisonReason: "", lostReason: "" };
  const writes: Record<string, (storage: Storage) => Promise<unknown>> = {
    registerWorker: (s) => s.registerWorker({ id: "w", host: "h" }),
    persist: (s) => s.persist([task]),
    claim: (s) => s.claim(claim),
    setStatusMany: (s) => s.setStatusMany([change]),
    updateCurrentRunMany: (s) =>
      s.updateCurrentRunMany([{ ...change, executionTimeMs: 1, nextRunAt: null }]),
    heartbeat: (s) => s.heartbeat("w", 60_000),
    takeRateSlots: (s) => s.takeRateSlots([slotRequest()]),
    release: (s) => s.release("w", [{ taskId: task.id, token: 1, dueAt: 0 }]),
    releaseUnknown: (s) => s.releaseUnknown("w", []),
    releaseLost: (s) => s.releaseLost(lost),
    makeDue: (s) => s.makeDue([task.id]),
    requestCancel: (s) => s.requestCancel([task.id]),
  };
  for (const [verb, write] of Object.entries(writes)) {
    held = [];
    await write(storage);
    assertEquals([verb, held.at(-1)], [verb, true]);
  }
  other.close();
});

function isLocked(other: DatabaseSync): boolean {
  try {
    other.exec("BEGIN IMMEDIATE");
  } catch {
    return true;
  }
  other.exec("ROLLBACK");
  return false;
}
