// Tests when a worker claims tasks.

import { assert, assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { type Storage, StorageUnavailableError } from "../../../src/storage/mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";
import { hardlyPolling } from "../../support/hardly_polling.ts";

Deno.test("a due task that a transaction locks is not claimed in a hot loop, and runs once it is unlocked", async () => {
  await using fleet = new Fleet();
  let runs = 0;
  const task = defineTask<null>({ type: "task", handle: () => void runs++ });
  let locked = true;
  let claims = 0;
  // Claims return no tasks while the row is locked, as in a database that skips locked rows.
  const wrap = (storage: Storage) =>
    new Proxy(storage, {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (typeof member !== "function") return member;
        if (name !== "claim") return member.bind(target);
        return (...args: unknown[]) => {
          const isLocked = locked && ++claims < 200; // ends a hot loop, so that the test fails
          const nothing = Promise.resolve({ now: fleet.clock.now(), tasks: [] });
          return isLocked ? nothing : Reflect.apply(member, target, args);
        };
      },
    });
  await fleet.start({ tasks: [task], wrap });
  const web = fleet.create({ tasks: [task] });
  const { id } = await web.dispatch(task, null);
  await fleet.pass(60_000, 1_000);
  assert(claims < 60, `${claims} claims in a minute`);
  locked = false;
  await fleet.pass(2_000, 100);
  assertEquals(runs, 1);
  assertEquals((await web.get(id))?.status, "Completed");
});

Deno.test("a claim that storage carries out long after it was given up blocks no task", async () => {
  await using fleet = new Fleet();
  let runs = 0;
  const task = defineTask<null>({ type: "task", handle: () => void runs++ });
  let stalls = false;
  let late: (() => Promise<unknown>) | undefined;
  // Simulates a server whose disk stalls: the driver gives up a claim, later claims return no
  // tasks, and the server commits the first claim at last.
  const wrap = (storage: Storage) =>
    new Proxy(storage, {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          const call = () => Reflect.apply(member, target, args);
          if (name !== "claim" || !stalls) return call();
          if (late !== undefined) return Promise.resolve({ now: fleet.clock.now(), tasks: [] });
          late = call;
          return Promise.reject(new StorageUnavailableError("no answer"));
        };
      },
    });
  const everTask = await fleet.start({ tasks: [task], wrap });
  const web = fleet.create({ tasks: [task] });
  stalls = true;
  const { id } = await web.dispatch(task, null);
  await fleet.pass(5_000, 500);
  await late!();
  stalls = false;
  await fleet.pass(5_000, 500);
  assertEquals(
    [(await web.get(id))!.workerId, runs],
    [everTask.workerId, 0],
    "no notification was sent",
  );
  await fleet.pass(10_000, 500);
  assertEquals([(await web.get(id))!.status, runs], ["Completed", 1]);
});

for (const error of [new StorageUnavailableError("gone"), new Error("a fault")]) {
  Deno.test(`a task is run after a claim that failed, also by a worker that hardly polls (${error.name})`, async () => {
    await using fleet = new Fleet();
    const faults = new Faults();
    let ran = 0;
    const task = defineTask<null>({ type: "task", handle: () => void ran++ });
    const wrap = (storage: Storage) => hardlyPolling(faults.wrap(storage));
    const everTask = await fleet.start({ tasks: [task], wrap });
    let failures = 0;
    faults.rule = (verb) => verb === "claim" && failures++ === 0 ? { at: "before", error } : null;
    await everTask.dispatchMany(task, [null]);
    await fleet.pass(100, 10);
    assertEquals([failures, ran], [2, 1]);
  });
}

Deno.test("a delayed task that is dispatched during a query of the next due instant is not forgotten", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const answered = gate();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  faults.rule = (verb) => verb === "nextDueAt" ? { until: answered.opened } : null;
  const everTask = await fleet.start({
    tasks: [task],
    wrap: (storage) => hardlyPolling(faults.wrap(storage)),
  });
  assertEquals(faults.calls.get("nextDueAt"), 1);
  await everTask.dispatch(task, null, { delay: 1_000 });
  answered.open();
  await fleet.pass(999);
  assertEquals(ran, 0);
  await fleet.pass(2);
  assertEquals(ran, 1);
});

Deno.test("tasks that are stored while a worker is disconnected run as soon as it reconnects", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  let isCutOff = false;
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  // The worker polls rarely, and gets no notification while it is disconnected.
  const wrap = (storage: Storage) =>
    new Proxy(hardlyPolling(faults.wrap(storage)), {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (name !== "onWake") return member;
        return (listener: Parameters<Storage["onWake"]>[0]) =>
          target.onWake((signal) => isCutOff || listener(signal));
      },
    });
  await fleet.start({ tasks: [task], wrap, leaseDuration: 15_000 });
  const web = fleet.create({ tasks: [task] });
  isCutOff = true;
  faults.rule = () => ({ at: "before" });
  await fleet.pass(6_000, 1_000); // a heartbeat fails
  await web.dispatch(task, null);
  isCutOff = false;
  faults.rule = () => null;
  assertEquals(ran, 0);
  await fleet.pass(2_000, 250);
  assertEquals(ran, 1);
});

Deno.test("the next due instant is queried again after a failure", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  const web = fleet.create({ tasks: [task] });
  await web.dispatch(task, null, { delay: 1_000 });
  let asked = 0;
  faults.rule = (verb) => verb === "nextDueAt" && asked++ === 0 ? { at: "before" } : null;
  await fleet.start({ tasks: [task], wrap: (storage) => hardlyPolling(faults.wrap(storage)) });
  await fleet.pass(1_100, 100);
  assertEquals([asked >= 2, ran], [true, 1]);
});

Deno.test("a worker polls soon after it has found tasks, and less and less often while it finds none", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const task = defineTask<null>({ type: "task", handle() {} });
  const polls: number[] = [];
  faults.rule = (verb) => {
    if (verb === "nextDueAt") polls.push(fleet.clock.monotonic() / 1_000);
    return null;
  };
  const wrap = (storage: Storage) =>
    new Proxy(faults.wrap(storage), {
      get: (target, name) =>
        name === "polling" ? { busyMs: 1_000, idleMs: 8_000 } : target[name as keyof Storage],
    });
  await fleet.start({ tasks: [task], wrap });
  await fleet.create({ tasks: [task] }).dispatch(task, null);
  await fleet.settle();
  polls.splice(0);
  await fleet.pass(32_000, 500);
  assertEquals(polls, [1, 3, 7, 15, 23, 31]);
});

Deno.test("a worker that hardly polls runs the whole backlog of its own process", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<number>({ type: "task", handle: () => void ran++ });
  const everTask = await fleet.start({ tasks: [task], wrap: hardlyPolling });
  await everTask.dispatchMany(task, Array(100).keys());
  await fleet.pass(100, 10);
  assertEquals(ran, 100);
});
