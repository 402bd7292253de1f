// Tests the lifecycle of an instance with a failing storage: a later call opens the storage and
// starts the worker, and a stop ends in time.

import { assertEquals, assertRejects } from "@std/assert";
import { defineTask, StoppedError } from "../../mod.ts";
import { StorageUnavailableError } from "../../src/storage/mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate } from "../support/fleet.ts";

const task = defineTask<null>({ type: "work", handle() {} });

/** Replaces the method that opens or closes a storage. */
function replacing(verb: "open" | "close", call: (storage: Storage) => Promise<unknown>) {
  return (storage: Storage): Storage =>
    new Proxy(storage, {
      get(target, name) {
        if (name === verb) return () => call(target);
        const member = target[name as keyof Storage];
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
}

Deno.test("if storage cannot be opened, the next call that needs it tries again", async () => {
  await using fleet = new Fleet();
  let tries = 0;
  const open = (storage: Storage) =>
    ++tries <= 2 ? Promise.reject(new StorageUnavailableError("down")) : storage.open();
  const everTask = fleet.create({ tasks: [task], wrap: replacing("open", open) });
  await assertRejects(() => everTask.dispatch(task, null), StorageUnavailableError);
  await assertRejects(() => everTask.start(), StorageUnavailableError);
  await everTask.start();
  const { id } = await everTask.dispatch(task, null);
  await fleet.settle();
  assertEquals([tries, (await everTask.get(id))!.status], [3, "Completed"]);
});

Deno.test("a stop waits for dispatches in progress", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const stored = gate();
  faults.rule = (verb) => verb === "persist" ? { heldUntil: stored.opened } : null;
  const everTask = fleet.create({ tasks: [task], wrap: faults.wrap });
  const dispatched = everTask.dispatch(task, null);
  await fleet.settle();
  let isStopped = false;
  const stopped = everTask.stop().then(() => isStopped = true);
  await fleet.pass(10_000, 1_000);
  assertEquals(isStopped, false);
  stored.open();
  await fleet.settle();
  assertEquals([isStopped, (await dispatched).outcome], [true, "created"]);
  await stopped;
});

Deno.test("a stop ends in time even if storage does not close", async () => {
  await using fleet = new Fleet();
  const everTask = await fleet.start({
    tasks: [task],
    wrap: replacing("close", () => new Promise(() => {})),
    leaseDuration: 15_000,
  });
  const before = fleet.clock.monotonic();
  await fleet.until(everTask.stop(), 1_000);
  assertEquals(fleet.clock.monotonic() - before, 15_000);
});

Deno.test("an instance that was never started rejects dispatches after stop", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const stored = gate();
  faults.rule = (verb) => verb === "persist" ? { heldUntil: stored.opened } : null;
  const web = fleet.create({ tasks: [task], wrap: faults.wrap });
  const dispatched = web.dispatch(task, null);
  await fleet.settle();
  const stopped = web.stop();
  await assertRejects(() => web.dispatch(task, null), StoppedError);
  stored.open();
  await dispatched;
  await stopped;
});

Deno.test("a stop ends the current purge of retention", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  let purges = 0;
  const wrap = (storage: Storage) =>
    new Proxy(faults.wrap(storage), {
      get(target, name) {
        if (name !== "purge") return target[name as keyof Storage];
        return async () => {
          purges++;
          await new Promise<void>((resolve) => fleet.clock.setTimer(resolve, 100));
          const counts = {
            statusAudit: 1,
            runsAudit: 0,
            executionLog: 0,
            tasks: 0,
            operatorActions: 0,
          };
          return { ...counts, done: false, busy: false };
        };
      },
    });
  const everTask = await fleet.start({ tasks: [task], wrap, retention: { statusAuditDays: 1 } });
  await fleet.pass(900, 100);
  assertEquals(purges, 2);
  const before = fleet.clock.monotonic();
  await fleet.stop(everTask);
  assertEquals(fleet.clock.monotonic() - before < 1_000, true);
  await fleet.pass(10_000, 1_000);
  assertEquals(purges, 2);
});

Deno.test("a start that storage answers after the stop gave it up leaves no worker behind", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "work", handle() {} });
  const faults = new Faults();
  const answered = gate();
  faults.rule = (verb) => verb === "heartbeat" ? { until: answered.opened } : null;
  const everTask = fleet.create({ tasks: [task], wrap: faults.wrap, leaseDuration: 15_000 });
  const failed = assertRejects(() => everTask.start());
  await fleet.settle();
  await fleet.stop(everTask);
  answered.open();
  await fleet.pass(60_000, 1_000);
  await failed;
  assertEquals([everTask.workerId, fleet.clock.timerCount], [null, 0]);
});
