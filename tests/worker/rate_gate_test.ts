// Tests the rate gate: which tasks it checks, and its decision about tasks with a rate limit slot.

import { assertEquals } from "@std/assert";
import { defineTask, type RateLimitOptions } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { RateGate } from "../../src/worker/rate_gate.ts";
import { RateLimits } from "../../src/rate_limit/rate_limits.ts";
import type { ClaimedTask } from "../../src/storage/records.ts";
import { FakeClock } from "../../src/testing/mod.ts";
import { StorageClock } from "../../src/time/storage_clock.ts";
import { Job } from "../../src/worker/job.ts";
import { claimedTask } from "../support/claimed_task.ts";

/**
 * A gate for tasks of one type with one budget in memory, and the number of requests for a slot.
 */
function scene(more: Partial<RateLimitOptions<unknown>> = {}) {
  const clock = new FakeClock();
  const storageClock = new StorageClock(clock);
  const rateLimit = { permits: 1, period: 60_000, burst: 1, scope: "memory", ...more } as const;
  const definition = defineTask<unknown>({ type: "work", rateLimit, handle() {} });
  const rateLimits = new RateLimits({
    definitions: new Map([["work", definition], ["free", definition]]),
    storage: memoryStorage({ clock }),
    clock,
    storageClock,
    logger: silentLogger,
    retryForMs: 1_000,
  });
  let asked = 0;
  const take = rateLimits.take.bind(rateLimits);
  rateLimits.take = (...args) => {
    asked++;
    return take(...args);
  };
  const gate = new RateGate({ rateLimits, logger: silentLogger });
  const job = (task: Partial<ClaimedTask> = {}) =>
    new Job(claimedTask(task), definition, "worker", { value: null });
  return { gate, job, now: clock.now(), asked: () => asked };
}

const concerned: [task: Partial<ClaimedTask>, always: boolean, firstOnly: boolean][] = [
  [{}, true, true],
  [{ attempt: 2 }, true, false],
  [{ attempt: 3, lostCount: 2 }, true, true],
  [{ attempt: 3, lostCount: 1 }, true, false],
  [{ cancelRequested: true }, false, false],
  [{ type: "of another type" }, false, false],
];
for (const [task, always, firstOnly] of concerned) {
  Deno.test(`a task ${JSON.stringify(task)} is checked as in the table`, () => {
    for (const throttleRetries of [true, false]) {
      const { gate, job } = scene({ throttleRetries });
      assertEquals(gate.concerns(job(task)), throttleRetries ? always : firstOnly);
    }
  });
}

Deno.test("a task whose key function returns no string is not limited", async () => {
  const { gate, job, asked } = scene({ key: () => undefined });
  const exempt = job();
  assertEquals(await gate.ask(exempt, 0), { kind: "go" });
  assertEquals([gate.concerns(exempt), asked()], [false, 0]);
});

Deno.test("a task whose slot is in the future keeps the slot when it asks again", async () => {
  const { gate, job, now } = scene();
  const early = () => gate.ask(job({ rateSlotAt: now + 60_700 }), 0);
  const waits = { kind: "wait", slotAt: now + 60_700, waitMs: 60_700 } as const;
  assertEquals(await early(), waits);
  for (let n = 0; n < 3; n++) await gate.ask(job(), 0);
  assertEquals(await early(), waits);
});

Deno.test("a task that is late for its slot is not rejected, but one that never had a slot is", async () => {
  const { gate, job, now } = scene({ maxReservationHorizon: 90_000 });
  const kinds = [];
  const slots = [null, null, null, now - 3_600_000, null];
  for (const rateSlotAt of slots) kinds.push((await gate.ask(job({ rateSlotAt }), 0)).kind);
  assertEquals(kinds, ["go", "wait", "reject", "wait", "reject"]);
});
