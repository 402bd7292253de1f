// Rate limits through the whole engine, on a clock that stands still.

import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { defineTask, InvalidArgumentError, type RateLimitOptions } from "../../mod.ts";
import { Fleet, gate } from "../support/fleet.ts";

interface Mail {
  readonly to: string;
  readonly n?: number;
}

/** A task that notes when it ran, by the fake clock. */
function mailer(fleet: Fleet, rateLimit: RateLimitOptions<Mail>, more: object = {}) {
  const runs: { to: string; n: number | undefined; at: number }[] = [];
  const task = defineTask<Mail>({
    type: "mail",
    rateLimit,
    handle: ({ to, n }) => void runs.push({ to, n, at: fleet.clock.monotonic() }),
    ...more,
  });
  return { task, runs };
}

/** The most that happened in any window of that length. */
function busiestWindow(instants: readonly number[], windowMs: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; from < sorted.length; from++) {
    while (to < sorted.length && sorted[to]! < sorted[from]! + windowMs) to++;
    most = Math.max(most, to - from);
  }
  return most;
}

const byAddress = { key: ({ to }: Mail) => to };
const second = { seconds: 1 };

Deno.test("a burst passes at once, and the rest at the pace of the limit", async () => {
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

Deno.test("a task without budget holds no worker: other keys and other tasks flow on", async () => {
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

Deno.test("a deferred task waits in storage with its slot, unclaimed and without having used up an attempt", async () => {
  await using fleet = new Fleet();
  const attempts: number[] = [];
  const { task } = mailer(fleet, { permits: 1, period: { minutes: 1 } }, {
    handle: (_: Mail, { attempt }: { attempt: number }) => void attempts.push(attempt),
  });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatch(task, { to: "ada" });
  const { id } = await everTask.dispatch(task, { to: "bob" });
  await fleet.settle();
  const parked = (await everTask.get(id))!;
  assertEquals([parked.status, parked.workerId, parked.attempt], ["WaitingQueue", null, 0]);
  assertEquals(parked.rateSlotAt, parked.dueAt);
  assertEquals(parked.dueAt, fleet.clock.now() + 60_000);
  await fleet.pass(60_000, 20_000);
  assertEquals((await everTask.get(id))!.status, "Completed");
  assertEquals(attempts, [1, 1]);
});

Deno.test("a reservation survives the process that made it", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: { minutes: 1 } });
  const first = await fleet.start({ tasks: [task] });
  await first.dispatchMany(task, [{ to: "a" }, { to: "b" }, { to: "c" }]);
  await fleet.settle();
  await fleet.stop(first);
  const started = fleet.clock.monotonic();
  await fleet.start({ tasks: [task] });
  await fleet.pass(120_000, 20_000);
  assertEquals(runs.map(({ to }) => to), ["a", "b", "c"]);
  assertEquals(runs.map(({ at }) => Math.round((at - started) / 60_000)), [0, 1, 2]);
});

Deno.test("slots that nobody used in time lapse: after an outage there is no stampede", async () => {
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

Deno.test("a slot that is beyond the horizon fails a one-shot task, and tells", async () => {
  await using fleet = new Fleet();
  const failures: unknown[] = [];
  const { task, runs } = mailer(fleet, {
    permits: 1,
    period: { minutes: 1 },
    maxReservationHorizon: { seconds: 90 },
    ...byAddress,
  }, { onError: (_: unknown, error: Error) => void failures.push(error.name) });
  const everTask = await fleet.start({ tasks: [task] });
  const results = await everTask.dispatchMany(
    task,
    Array.from({ length: 3 }, () => ({ to: "ada" })),
  );
  await fleet.settle();
  const { id } = results[2]!;
  const record = (await everTask.get(id))!;
  assertEquals(record.status, "Failed");
  assertStringIncludes(record.exception!, "RateLimitRejectedError");
  assertStringIncludes(record.exception!, '"ada"');
  assertEquals(fleet.kinds(id), ["dispatched", "rateLimitRejected", "failed"]);
  assertEquals(failures, ["RateLimitRejectedError"]);
  assertEquals(runs.length, 1);
});

Deno.test("Discard fails what has no budget at once", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 2, period: second, overflow: "Discard" });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatchMany(task, Array.from({ length: 5 }, () => ({ to: "ada" })));
  await fleet.settle();
  const { tasksByStatus } = await everTask.statistics();
  assertEquals([runs.length, tasksByStatus.Completed, tasksByStatus.Failed], [2, 2, 3]);
});

Deno.test("an occurrence of a series that is rejected is skipped: it counts for nothing, and the rhythm stays", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, {
    permits: 1,
    period: { minutes: 3 },
    overflow: "Discard",
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, { to: "ada" }, {
    recurring: (every) => every.every(1).minutes().maxRuns(3),
  });
  const created = fleet.clock.monotonic();
  await fleet.pass(8 * 60_000, 10_000);
  assertEquals(runs.map(({ at }) => Math.round((at - created) / 60_000)), [1, 4, 7]);
  const { series, status } = (await everTask.get(id))!;
  assertEquals([series!.runCount, series!.nextRunAt, status], [3, null, "Completed"]);
  const audited = await everTask.runsAudit(id);
  assertEquals(audited.items.map((run) => run.status), ["Completed", "Completed", "Completed"]);
  assertEquals(fleet.kinds(id).filter((kind) => kind === "rateLimitRejected").length, 4);
});

Deno.test("an occurrence of a series that is deferred runs once, late, and the rhythm stays", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 2, period: { minutes: 3 }, burst: 1 });
  const everTask = await fleet.start({ tasks: [task] });
  const created = fleet.clock.monotonic();
  await everTask.dispatch(task, { to: "ada" }, { recurring: (every) => every.every(1).minutes() });
  await fleet.pass(6 * 60_000, 5_000);
  const minutes = runs.map(({ at }) => Math.round((at - created) / 6_000) / 10);
  // Slots are 1.5 min apart. The occurrence of minute 2 runs at 2.5, the one of 3 at 4; the one of 4 is due by then.
  assertEquals(minutes.slice(0, 3), [1, 2.5, 4]);
  for (let i = 1; i < minutes.length; i++) {
    assert(minutes[i]! - minutes[i - 1]! >= 1.4, `${minutes}`);
  }
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

Deno.test("a key function that throws, or gives nothing, lets the task through with a warning", async () => {
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

Deno.test("deferrals are told with their number, at most once a type and second", async () => {
  await using fleet = new Fleet();
  const { task } = mailer(fleet, {
    permits: 1,
    period: { hours: 1 },
    maxReservationHorizon: { days: 9 },
  });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatchMany(task, Array.from({ length: 100 }, () => ({ to: "ada" })));
  await fleet.pass(950, 50);
  const deferred = () => fleet.events.filter((event) => event.kind === "rateLimitDeferred");
  assertEquals(deferred().map((event) => [event.count, event.taskType]), [[1, "mail"]]);
  await fleet.pass(1_000, 50);
  assertEquals(deferred().map((event) => event.count), [1, 98]);
  assertEquals(deferred()[1]!.message, "98 tasks of type mail were deferred by their rate limit.");
});

Deno.test("a budget in memory is each process's own and costs no round trip", async () => {
  await using fleet = new Fleet();
  const limit = { permits: 1, period: { hours: 1 }, scope: "memory" } as const;
  const { task, runs } = mailer(fleet, limit);
  let asked = 0;
  const wrap = (storage: import("../../mod.ts").Storage) =>
    new Proxy(storage, {
      get(target, property) {
        if (property === "reserveRateSlots") asked++;
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

Deno.test("a parked task can be cancelled, and one that is run early waits for its slot all the same", async () => {
  await using fleet = new Fleet();
  const { task, runs } = mailer(fleet, { permits: 1, period: { minutes: 1 } });
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.dispatch(task, { to: "a" });
  const { id: cancelled } = await everTask.dispatch(task, { to: "b" });
  const { id: hurried } = await everTask.dispatch(task, { to: "c" });
  await fleet.settle();
  assertEquals(await everTask.cancel(cancelled), "cancelled");
  assert(await everTask.runNow(hurried));
  await fleet.pass(1_000, 100);
  assertEquals(runs.map(({ to }) => to), ["a"]);
  await fleet.pass(120_000, 10_000);
  assertEquals(runs.map(({ to }) => to), ["a", "c"]);
});

Deno.test("tasks that wait behind a slow handler keep to the limit when they run", async () => {
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

Deno.test("a rate limit that makes no sense is refused when the task is defined", () => {
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
