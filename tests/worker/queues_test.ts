// Queues: parallelism, priorities, pauses, and that none delays another.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { defineTask, InvalidArgumentError, QueueFullError, type TaskContext } from "../../mod.ts";
import { assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate } from "../support/fleet.ts";

Deno.test("a queue runs as many tasks at once as its parallelism, and highest priority first", async () => {
  await using fleet = new Fleet();
  const gates = [gate(), gate(), gate()];
  const started: number[] = [];
  const task = defineTask<number>({
    type: "work",
    handle: async (n) => {
      started.push(n);
      await gates[Math.min(started.length - 1, 2)]!.opened;
    },
  });
  const web = fleet.create({ tasks: [task] });
  for (const priority of [0, 5, -5, 5]) await web.dispatch(task, priority, { priority });
  const everTask = await fleet.start({ tasks: [task], queues: { default: { parallelism: 2 } } });
  await fleet.settle();
  assertEquals(started, [5, 5]);
  for (const each of gates) each.open();
  await fleet.settle();
  assertEquals(started, [5, 5, 0, -5]);
  assertEquals((await everTask.statistics()).tasksByStatus.Completed, 4);
});

Deno.test("a queue whose handlers are stuck never delays another", async () => {
  await using fleet = new Fleet();
  const never = gate();
  let others = 0;
  const stuck = defineTask<null>({ type: "stuck", queue: "stuck", handle: () => never.opened });
  const other = defineTask<null>({ type: "other", queue: "other", handle: () => void others++ });
  const everTask = await fleet.start({
    tasks: [stuck, other],
    queues: { stuck: { parallelism: 2 }, other: { parallelism: 1 } },
    abortGrace: 100,
  });
  await everTask.dispatchMany(stuck, Array.from({ length: 500 }, () => null));
  for (let i = 0; i < 20; i++) {
    await everTask.dispatch(other, null);
    await everTask.dispatchMany(other, [null, null]);
    await fleet.settle();
    assertEquals(others, 3 * (i + 1));
  }
  never.open();
});

Deno.test("within a priority tasks run in the order in which they became due: a flood only delays what comes after it", async () => {
  await using fleet = new Fleet();
  const order: string[] = [];
  const flood = defineTask<number>({ type: "flood", handle: () => void order.push("flood") });
  const other = defineTask<null>({ type: "other", handle: () => void order.push("other") });
  const web = fleet.create({ tasks: [flood, other] });
  await web.dispatchMany(flood, Array.from({ length: 50 }, (_, i) => i));
  await web.dispatch(other, null);
  await fleet.pass(10);
  await web.dispatchMany(flood, Array.from({ length: 500 }, (_, i) => i));
  await web.dispatch(other, null, { priority: 1 });
  await fleet.start({
    tasks: [flood, other],
    queues: { default: { parallelism: 1, capacity: 4 } },
  });
  await fleet.pass(500, 10);
  assertEquals(order.length, 552);
  const places = order.flatMap((type, place) => type === "other" ? [place] : []);
  // The urgent one overtakes everybody; the other one waits for those before it, and for none after it.
  assertEquals(places, [0, 51]);
});

Deno.test("a pause holds for all workers of the store, gives back what was prefetched, and survives a restart", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const ran: number[] = [];
  const task = defineTask<number>({
    type: "work",
    handle: async (n) => {
      ran.push(n);
      await release.opened;
    },
  });
  const options = { tasks: [task], queues: { default: { parallelism: 1 } } };
  const first = await fleet.start(options);
  const second = await fleet.start(options);
  await first.dispatchMany(task, [1, 2, 3, 4, 5, 6]);
  await fleet.settle();
  assertEquals(ran.length, 2);
  await second.queues.pause("default");
  await fleet.settle();
  release.open();
  await fleet.pass(20_000, 1_000);
  assertEquals(ran.length, 2);
  const [figures] = await first.queues.list();
  assertEquals([figures!.paused, figures!.due, figures!.claimed], [true, 4, 0]);

  await first.dispatch(task, 7);
  await fleet.stop(first);
  const third = await fleet.start(options);
  await fleet.pass(20_000, 1_000);
  assertEquals(ran.length, 2);
  await third.queues.resume("default");
  await fleet.settle();
  assertEquals([...ran].sort(), [1, 2, 3, 4, 5, 6, 7]);
  for (const { attempt } of (await third.list()).items) assertEquals(attempt, 1);
});

Deno.test("what a worker claims as its queue is paused runs when the queue is resumed", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const answer = gate();
  let ran = 0;
  const task = defineTask<null>({ type: "work", handle: () => void ran++ });
  const web = fleet.create({ tasks: [task] });
  await fleet.start({ tasks: [task], wrap: faults.wrap });
  faults.rule = (verb) => verb === "claim" ? { until: answer.opened } : null;
  await web.dispatch(task, null);
  await fleet.settle();
  await web.queues.pause("default");
  await fleet.settle();
  answer.open();
  await fleet.pass(20_000, 1_000);
  assertEquals(ran, 0);
  await web.queues.resume("default");
  await fleet.settle();
  assertEquals(ran, 1);
});

Deno.test("what is dispatched between a pause and a resumption that follow each other at once is run", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "work", handle: () => void ran++ });
  const web = fleet.create({ tasks: [task] });
  await fleet.start({ tasks: [task] });
  await web.queues.pause("default");
  await web.dispatch(task, null);
  await web.queues.resume("default");
  await fleet.settle();
  assertEquals(ran, 1);
});

Deno.test("a task for an unknown queue goes to default, with one warning", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "work", queue: "no such", handle: () => void ran++ });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await everTask.dispatch(task, null);
  await fleet.settle();
  assertEquals([ran, (await everTask.get(id))!.queue], [2, "default"]);
  assertEquals(fleet.log.filter((line) => line.includes('"no such"')).length, 1);
});

/** An instance whose queue `small` has room for four tasks, two of which run until the gate opens. */
async function smallQueue(
  fleet: Fleet,
  whenFull: "Store" | "Wait" | "FallbackToDefault" | "Throw",
) {
  const release = gate();
  const ran: number[] = [];
  const task = defineTask<number>({
    type: "work",
    queue: "small",
    handle: async (n, { queue }) => {
      ran.push(n);
      if (queue === "small") await release.opened;
    },
  });
  const everTask = await fleet.start({
    tasks: [task],
    queues: { small: { parallelism: 2, capacity: 4, whenFull } },
  });
  for (let n = 1; n <= 4; n++) await everTask.dispatch(task, n);
  await fleet.settle();
  return { everTask, task, release, ran };
}

Deno.test("Store: a dispatch to a full queue does not wait, its task does", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "Store");
  const { id } = await everTask.dispatch(task, 5);
  assertEquals((await everTask.get(id))!.workerId, null);
  release.open();
  await fleet.settle();
  assertEquals(ran, [1, 2, 3, 4, 5]);
});

Deno.test("Throw: a dispatch to a full queue rejects, and nothing is stored; then there is room again", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "Throw");
  const error = await assertRejects(() => everTask.dispatch(task, 5), QueueFullError, "small");
  assertEquals(error.queue, "small");
  await assertRejects(() => everTask.dispatchMany(task, [5, 6]), QueueFullError);
  assertEquals((await everTask.list()).items.length, 4);
  // What is not due now does not need room.
  await everTask.dispatch(task, 7, { delay: { minutes: 1 } });
  release.open();
  await fleet.settle();
  await everTask.dispatch(task, 8);
  await fleet.settle();
  assertEquals(ran, [1, 2, 3, 4, 8]);
});

Deno.test("FallbackToDefault: a dispatch to a full queue goes to default", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "FallbackToDefault");
  const { id } = await everTask.dispatch(task, 5);
  await fleet.settle();
  assertEquals([(await everTask.get(id))!.queue, ran], ["default", [1, 2, 5]]);
  release.open();
});

Deno.test("Wait: dispatches to a full queue wait for room, in order, and a signal ends the wait", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "Wait");
  const dispatched: number[] = [];
  const waiting = [5, 6, 7, 8, 9].map(async (n) => {
    await everTask.dispatch(task, n);
    dispatched.push(n);
  });
  const abort = new AbortController();
  const called = everTask.dispatch(task, 10, { signal: abort.signal });
  await fleet.pass(60_000, 20_000);
  assertEquals([dispatched, (await everTask.list()).items.length], [[], 4]);
  abort.abort(new Error("no longer needed"));
  await assertRejects(() => called, Error, "no longer needed");
  release.open();
  await Promise.all(waiting);
  await fleet.settle();
  assertEquals([dispatched, ran], [[5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9]]);
});

Deno.test("Wait: at a stop those who wait are let in, and their tasks wait in storage", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release } = await smallQueue(fleet, "Wait");
  const waiting = everTask.dispatch(task, 5);
  await fleet.settle();
  const stopped = everTask.stop();
  release.open();
  const { id } = await waiting;
  await fleet.until(stopped);
  assertEquals((await (await fleet.storage()).get(id))!.status, "Queued");
});

for (const from of ["the handler", "a hook"] as const) {
  Deno.test(`Wait: ${from} does not wait for the room that only its own end gives`, async () => {
    await using fleet = new Fleet();
    let children = 0;
    const child = defineTask<number>({ type: "child", handle: () => void children++ });
    const dispatchThree = async ({ dispatch }: TaskContext) => {
      for (const n of [1, 2, 3]) await dispatch(child, n);
    };
    const parent = defineTask<null>({
      type: "parent",
      ...from === "the handler"
        ? { handle: (_, context) => dispatchThree(context) }
        : { handle() {}, onStarted: dispatchThree },
    });
    const everTask = await fleet.start({
      tasks: [parent, child],
      queues: { default: { parallelism: 1, capacity: 2, whenFull: "Wait" } },
    });
    const { id } = await everTask.dispatch(parent, null);
    await fleet.settle();
    assertEquals([(await everTask.get(id))!.status, children], ["Completed", 3]);
    assertEquals(fleet.log, []);
  });
}

Deno.test("FallbackToDefault: a handler does not wait for room in default", async () => {
  await using fleet = new Fleet();
  let children = 0;
  const child = defineTask<number>({
    type: "child",
    queue: "small",
    handle: () => void children++,
  });
  const parent = defineTask<null>({
    type: "parent",
    async handle(_, { dispatch }) {
      for (const n of [1, 2, 3, 4, 5, 6]) await dispatch(child, n);
    },
  });
  const everTask = await fleet.start({
    tasks: [parent, child],
    queues: {
      default: { parallelism: 1, capacity: 1, whenFull: "Wait" },
      small: { parallelism: 1, capacity: 1, whenFull: "FallbackToDefault" },
    },
  });
  const { id } = await everTask.dispatch(parent, null);
  await fleet.settle();
  assertEquals([(await everTask.get(id))!.status, children], ["Completed", 6]);
});

Deno.test("Wait: dispatches that wait while no task of the queue ends are told of, once", async () => {
  await using fleet = new Fleet();
  const child = defineTask<number>({ type: "child", handle() {} });
  const parent = defineTask<null>({
    type: "parent",
    handle: async () => void await everTask.dispatch(child, 1),
  });
  const everTask = await fleet.start({
    tasks: [parent, child],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "Wait" } },
  });
  await everTask.dispatch(parent, null);
  await fleet.pass(29_000);
  assertEquals(fleet.log, []);
  await fleet.pass(120_000, 10_000);
  assertEquals(fleet.log.length, 1);
  assertStringIncludes(fleet.log[0]!, 'room in queue "default" for 30 s');
  assertStringIncludes(fleet.log[0]!, "context.dispatch");
});

Deno.test("Wait: a queue whose tasks end is not told of, however long dispatches wait", async () => {
  await using fleet = new Fleet();
  const task = defineTask<number>({
    type: "slow",
    handle: () => new Promise((resolve) => fleet.clock.setTimer(resolve, 20_000)),
  });
  const everTask = await fleet.start({
    tasks: [task],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "Wait" } },
  });
  const dispatched = Promise.all([1, 2, 3, 4, 5].map((n) => everTask.dispatch(task, n)));
  await fleet.until(dispatched, 1_000);
  assertEquals(fleet.log, []);
});

Deno.test("a queue that pushes back keeps a tenth of its room for tasks that wait in storage", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const old: number[] = [];
  let rejected = 0;
  const task = defineTask<number>({
    type: "work",
    queue: "small",
    handle: async (n) => {
      if (n < 100) old.push(n);
      await release.opened;
      await Promise.resolve();
    },
  });
  const web = fleet.create({ tasks: [task], queues: { small: {} } });
  await web.dispatchMany(task, Array.from({ length: 50 }, (_, n) => n));
  const everTask = await fleet.start({
    tasks: [task],
    queues: { small: { parallelism: 2, capacity: 10, whenFull: "Throw" } },
  });
  release.open();
  // New tasks come faster than the queue can take them, for ever: the old ones get their turn all the same.
  for (let n = 100; n < 1_000 && old.length < 50; n++) {
    await everTask.dispatch(task, n).catch(() => rejected++);
    if (n % 20 === 0) await fleet.settle();
  }
  assertEquals(old.length, 50);
  assertLessOrEqual(rejected, 900);
});

Deno.test("settings of queues that make no sense are refused", () => {
  const fleet = new Fleet();
  for (
    const queues of [
      { a: { parallelism: 0 } },
      { a: { capacity: 1.5 } },
      { a: { parallelism: 8, capacity: 4 } },
      { a: { whenFull: "Drop" as never } },
      { default: { whenFull: "FallbackToDefault" as const } },
      { "": {} },
    ]
  ) assertThrows(() => fleet.create({ tasks: [], queues }), InvalidArgumentError);
  assert(true);
});
