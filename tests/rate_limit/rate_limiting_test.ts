// Tests when tasks with rate limits run, with the whole engine and a fake clock.

import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { defineTask, InvalidArgumentError, type RateLimitOptions } from "../../mod.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate } from "../support/fleet.ts";
import { busiestWindow, byAddress, type Mail, mailer } from "./mailer.ts";

const second = { seconds: 1 };

Deno.test("a burst runs at once, and the rest at the rate of the limit", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 2, period: second, burst: 3, ...byAddress });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatchMany(task, Array.from({ length: 6 }, (_, n) => ({ to: "ada", n })));
  await fleet.settle();
  const started = fleet.clock.monotonic();
  assertEquals(runs.length, 3);
  await fleet.pass(2_000, 50);
  const waits = runs.map(({ at }) => at - started);
  assertEquals(waits.length, 6);
  for (const [i, wait] of [0, 0, 0, 500, 1000, 1500].entries()) {
    assert(waits[i]! >= wait && waits[i]! <= wait + 50, `run ${i} after ${waits[i]} ms`);
  }
  assertEquals((await everTask.statistics()).tasksByStatus.Completed, 6);
});

Deno.test("over any window the runs of a key on two instances never exceed permits + burst", async () => {
  await using fleet = new Fleet();
  const limit = { permits: 10, period: second, burst: 5, ...byAddress };
  const { task, runs } = mailer(fleet, limit);
  const first = await fleet.start({ tasks: [task] });
  const second_ = await fleet.start({ tasks: [task] });
  const keys = ["ada", "bob", "eve"];
  for (let round = 0; round < 20; round++) {
    for (const to of keys) {
      await first.dispatch(task, { to });
      await second_.dispatchMany(task, [{ to }, { to }]);
    }
    await fleet.pass(37);
  }
  await fleet.pass(7_000, 20);
  assertEquals(runs.length, 180);
  for (const key of keys) {
    const instants = runs.filter(({ to }) => to === key).map(({ at }) => at);
    assertEquals(instants.length, 60);
    assertLessOrEqual(busiestWindow(instants, 1_000), 15);
    // … and the budget is used: 60 runs at 10 a second, with a burst of 5, take 5.5 s.
    assertLessOrEqual(Math.max(...instants) - Math.min(...instants), 6_500);
  }
});

Deno.test("a task over its limit blocks neither other keys nor other tasks", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: { hours: 1 }, ...byAddress });
  let others = 0;
  const other = defineTask<null>({ type: "other", handle: () => void others++ });
  const everTask = await fleet.start({
    tasks: [task, other],
    queues: { default: { parallelism: 1, capacity: 2 } },
  });
  const flood = Array.from({ length: 40 }, (_, n) => ({ to: "ada", n }));
  await everTask.dispatchMany(task, flood, {});
  await everTask.dispatch(task, { to: "bob" });
  await everTask.dispatchMany(other, [null, null]);
  await fleet.pass(200, 10);
  assertEquals(runs.map(({ to }) => to), ["ada", "bob"]);
  assertEquals(others, 2);
});

Deno.test("unused slots lapse, so that an outage is not followed by a burst", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 60, period: { minutes: 1 }, burst: 2 });
  const first = await fleet.start({ tasks: [task] });
  await first.dispatchMany(task, Array.from({ length: 30 }, (_, n) => ({ to: "ada", n })));
  await fleet.settle();
  assertEquals(runs.length, 2);
  await fleet.stop(first);
  await fleet.pass(600_000);
  await fleet.start({ tasks: [task] });
  await fleet.pass(60_000, 100);
  assertEquals(runs.length, 30);
  assertLessOrEqual(busiestWindow(runs.map(({ at }) => at), 1_000), 3);
});

Deno.test("retries need a slot of their own, unless throttleRetries is off", async () => {
  for (const throttleRetries of [true, false]) {
    await using fleet = new Fleet();
    const at: number[] = [];
    const { task } = mailer(fleet, { permits: 1, period: { minutes: 1 }, throttleRetries }, {
      handle() {
        at.push(fleet.clock.monotonic());
        if (at.length < 3) throw new Error("busy");
      },
      retry: { nextDelay: () => 1_000 },
    });
    const everTask = await fleet.start({ tasks: [task] });
    const { id } = await everTask.dispatch(task, { to: "ada" });
    await fleet.pass(180_000, 500);
    assertEquals((await everTask.get(id))!.status, "Completed");
    const pause = Math.round((at[1]! - at[0]!) / 1000);
    assertEquals([at.length, pause], [3, throttleRetries ? 60 : 1]);
  }
});

Deno.test("with throttleRetries off, a first attempt that was lost with its worker still needs a slot", async () => {
  await using fleet = new Fleet();
  const limit = { permits: 1, period: { minutes: 1 }, burst: 1, throttleRetries: false };
  const { task, runs } = mailer(fleet, limit);
  const web = fleet.create({ tasks: [task] });
  await web.dispatch(task, { to: "lost" });
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "dead", host: "elsewhere" });
  const queues = [{ name: "default", limit: 1 }];
  await storage.claim({ workerId: "dead", types: ["mail"], queues });
  await storage.unregisterWorker("dead");
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatch(task, { to: "other" });
  await fleet.pass(59_000, 1_000);
  assertEquals(runs.length, 1);
  await fleet.pass(2_000, 1_000);
  assertEquals(runs.map(({ to }) => to).toSorted(), ["lost", "other"]);
});

Deno.test("a task whose key function throws or returns an invalid key is not limited, and a warning is logged", async () => {
  const bad: RateLimitOptions<Mail>["key"][] = [
    () => {
      throw new Error("no such field");
    },
    () => undefined,
    () => "",
    () => "x".repeat(200),
    () => 5 as never,
  ];
  for (const key of bad) {
    await using fleet = new Fleet();
    const { task, runs } = mailer(fleet, { permits: 1, period: { hours: 1 }, key: key! });
    const everTask = await fleet.start({ tasks: [task] });
    await everTask.dispatchMany(task, [{ to: "a" }, { to: "b" }, { to: "c" }]);
    await fleet.settle();
    assertEquals(runs.length, 3);
    assertEquals(fleet.log.filter((line) => line.startsWith("warn: The rate limit key")).length, 3);
  }
});

Deno.test("a budget in memory is separate for each process, and needs no round trip", async () => {
  await using fleet = new Fleet();
  const limit = { permits: 1, period: { hours: 1 }, scope: "memory" } as const;
  const { task, runs } = mailer(fleet, limit);
  let asked = 0;
  const wrap = (storage: import("../../src/storage/mod.ts").Storage) =>
    new Proxy(storage, {
      get(target, property) {
        if (property === "takeRateSlots") asked++;
        const member = Reflect.get(target, property, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  const first = await fleet.start({ tasks: [task], wrap });
  const other = await fleet.start({ tasks: [task], wrap });
  for (const everTask of [first, first, other, other]) await everTask.dispatch(task, { to: "ada" });
  await fleet.settle();
  assertEquals([runs.length, asked], [2, 0]);
});

Deno.test("tasks that wait behind a slow handler do not exceed the limit afterwards", async () => {
  await using fleet = new Fleet();
  const slow = gate();
  const { task, runs } = mailer(fleet, { permits: 1, period: second });
  const blocker = defineTask<null>({ type: "blocker", handle: () => slow.opened });
  const everTask = await fleet.start({
    tasks: [task, blocker],
    queues: { default: { parallelism: 1, capacity: 50 } },
  });
  await everTask.dispatch(blocker, null);
  await everTask.dispatchMany(task, Array.from({ length: 10 }, () => ({ to: "ada" })));
  await fleet.pass(30_000, 500);
  assertEquals(runs.length, 0);
  slow.open();
  await fleet.pass(40_000, 250);
  assertEquals(runs.length, 10);
  assertLessOrEqual(busiestWindow(runs.map(({ at }) => at), 1_000), 2);
});

Deno.test("for workers that are late for their slots, no window exceeds permits + burst, and all tasks run", async () => {
  for (
    const limit of [{ permits: 10, burst: 1 }, { permits: 10, burst: 4 }, {
      permits: 100,
      burst: 1,
    }]
  ) {
    await using fleet = new Fleet();
    const { task, runs } = mailer(fleet, { ...limit, period: second });
    const hog = defineTask<number>({
      type: "hog",
      handle: (ms) => new Promise((resolve) => void fleet.clock.setTimer(resolve, ms)),
    });
    const options = {
      tasks: [task, hog],
      queues: { default: { parallelism: 1, capacity: 20 } },
    };
    const first = await fleet.start(options);
    const other = await fleet.start(options);
    // Both are busy most of the time, so that many slots have passed when they claim.
    for (let round = 0; round < 12; round++) {
      await first.dispatch(hog, 330);
      await first.dispatchMany(task, [{ to: "a" }, { to: "a" }, { to: "a" }, { to: "a" }]);
      await other.dispatch(hog, 470);
      await fleet.pass(150, 30);
    }
    await fleet.pass(15_000, 100);
    const instants = runs.map(({ at }) => at);
    assertEquals(instants.length, 48);
    assertLessOrEqual(busiestWindow(instants, 1_000), limit.permits + limit.burst);
  }
});

Deno.test("a task that is cancelled while it asks its limit is not lost, and gives its slot to others", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: { minutes: 1 } });
  let others = 0;
  const other = defineTask<null>({ type: "other", handle: () => void others++ });
  const answered = gate();
  const faults = new Faults();
  const everTask = await fleet.start({
    tasks: [task, other],
    queues: { default: { parallelism: 1 } },
    wrap: faults.wrap,
  });
  faults.rule = (verb) => verb === "takeRateSlots" ? { until: answered.opened } : null;
  const asking = await everTask.dispatch(task, { to: "a" });
  await fleet.settle();
  await everTask.dispatch(other, null);
  await fleet.pass(100, 50);
  assertEquals([runs.length, others], [0, 0]); // the only slot waits for the answer
  await everTask.cancel(asking.id);
  faults.rule = () => null;
  answered.open();
  await fleet.pass(5_000, 100);
  assertEquals([runs.length, others], [0, 1]);
  assertEquals((await everTask.get(asking.id))!.status, "Cancelled");
});

Deno.test("a start that is allowed while the worker stops does not begin, and the task returns to storage", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: second });
  const answered = gate();
  const faults = new Faults();
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  // The claimer waits for its answer, so that the limit answers before the worker returns the
  // waiting tasks.
  const claimed = gate();
  faults.rule = (verb) => {
    if (verb === "takeRateSlots") return { until: answered.opened };
    return verb === "claim" ? { until: claimed.opened } : null;
  };
  const { id } = await everTask.dispatch(task, { to: "a" });
  const waiting = await fleet.create({ tasks: [task] }).dispatch(task, { to: "b" });
  await fleet.pass(5_000, 500);
  const stopped = fleet.stop(everTask);
  await fleet.settle();
  answered.open();
  await fleet.settle();
  faults.rule = () => null;
  claimed.open();
  await stopped;
  assertEquals(runs.length, 0);
  for (const each of [id, waiting.id]) {
    const { status, workerId, attempt } = (await (await fleet.storage()).get(each))!;
    assertEquals([status, workerId, attempt], ["Queued", null, 0]);
  }
});

Deno.test("an invalid rate limit is rejected when the task is defined", () => {
  const define = (rateLimit: object) => () =>
    defineTask<Mail>({ type: "mail", rateLimit: rateLimit as RateLimitOptions<Mail>, handle() {} });
  for (
    const [option, rateLimit] of [
      ["permits", { permits: 0, period: 1 }],
      ["period", { permits: 1, period: 0 }],
      ["period", { permits: 1 }],
      ["burst", { permits: 1, period: 1, burst: 0.5 }],
      ["maxReservationHorizon", { permits: 1, period: 1, maxReservationHorizon: -1 }],
      ["overflow", { permits: 1, period: 1, overflow: "Drop" }],
      ["scope", { permits: 1, period: 1, scope: "cluster" }],
      ["key", { permits: 1, period: 1, key: "to" }],
    ] as const
  ) assertThrows(define(rateLimit), InvalidArgumentError, option);
});
