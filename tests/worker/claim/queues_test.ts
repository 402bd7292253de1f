// Tests queues: parallelism, priorities, pauses, and that no queue delays another.

import { assertEquals, assertThrows } from "@std/assert";
import { defineTask, InvalidArgumentError } from "../../../mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

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

Deno.test("tasks of a priority run in the order in which they became due, so a flood only delays later tasks", async () => {
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
  // The task with priority 1 runs first. The earlier "other" task waits only for that task and for
  // the 50 tasks that became due before it.
  assertEquals(places, [0, 51]);
});

Deno.test("a pause applies to all workers of the store, gives back prefetched tasks, and survives a restart", async () => {
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

Deno.test("tasks that a worker claims as its queue is paused run when the queue is resumed", async () => {
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

Deno.test("tasks that a paused queue cannot give back at once are given back later, without a counted attempt", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const release = gate();
  const task = defineTask<null>({ type: "work", handle: () => release.opened });
  const options = { tasks: [task], queues: { default: { parallelism: 1 } } };
  const everTask = await fleet.start({ ...options, wrap: faults.wrap });
  const [, prefetched] = await everTask.dispatchMany(task, [null, null]);
  await fleet.settle();
  faults.rule = (verb) => verb === "release" ? { at: "before" } : null;
  await everTask.queues.pause("default");
  await fleet.pass(100, 20);
  const { workerId, attempt } = (await everTask.get(prefetched!.id))!;
  assertEquals([faults.calls.get("release"), workerId, attempt], [1, null, 0]);
  release.open();
});

Deno.test("a task that is dispatched between a pause and an immediate resumption runs", async () => {
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

Deno.test("invalid settings of queues are rejected", () => {
  const fleet = new Fleet();
  for (
    const queues of [
      { a: { parallelism: 0 } },
      { a: { capacity: 1.5 } },
      { a: { parallelism: 8, capacity: 4 } },
      { a: { whenFull: "Drop" as never } },
      { default: { whenFull: "fallbackToDefault" as const } },
      { "": {} },
    ]
  ) assertThrows(() => fleet.create({ tasks: [], queues }), InvalidArgumentError);
});
