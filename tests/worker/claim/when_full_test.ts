// Tests dispatches to a queue that is full in this process.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { defineTask, QueueFullError, type TaskContext } from "../../../mod.ts";
import { Fleet, gate } from "../../support/fleet.ts";

/**
 * An instance whose queue `small` has room for four tasks, two of which run until the gate opens.
 */
async function smallQueue(
  fleet: Fleet,
  whenFull: "store" | "wait" | "fallbackToDefault" | "throw",
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

Deno.test("store: a dispatch to a full queue does not wait, but its task does", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "store");
  const { id } = await everTask.dispatch(task, 5);
  assertEquals((await everTask.get(id))!.workerId, null);
  release.open();
  await fleet.settle();
  assertEquals(ran, [1, 2, 3, 4, 5]);
});

Deno.test("throw: a dispatch to a full queue rejects and stores nothing, until there is room again", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "throw");
  const error = await assertRejects(() => everTask.dispatch(task, 5), QueueFullError, "small");
  assertEquals(error.queue, "small");
  await assertRejects(() => everTask.dispatchMany(task, [5, 6]), QueueFullError);
  assertEquals((await everTask.list()).items.length, 4);
  // Delayed tasks need no room.
  await everTask.dispatch(task, 7, { delay: { minutes: 1 } });
  release.open();
  await fleet.settle();
  await everTask.dispatch(task, 8);
  await fleet.settle();
  assertEquals(ran, [1, 2, 3, 4, 8]);
});

Deno.test("fallbackToDefault: a dispatch to a full queue goes to default", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "fallbackToDefault");
  const { id } = await everTask.dispatch(task, 5);
  await fleet.settle();
  assertEquals([(await everTask.get(id))!.queue, ran], ["default", [1, 2, 5]]);
  release.open();
});

Deno.test("fallbackToDefault: a task that goes to default follows default's settings", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const task = defineTask<number>({ type: "work", queue: "small", handle: () => release.opened });
  const everTask = await fleet.start({
    tasks: [task],
    queues: {
      default: { parallelism: 1, capacity: 1, whenFull: "throw" },
      small: { parallelism: 1, capacity: 1, whenFull: "fallbackToDefault" },
    },
  });
  const queues = [];
  for (const n of [1, 2]) {
    const { id } = await everTask.dispatch(task, n);
    queues.push((await everTask.get(id))!.queue);
  }
  assertEquals(queues, ["small", "default"]);
  const { queue } = await assertRejects(() => everTask.dispatch(task, 3), QueueFullError);
  assertEquals(queue, "default");
  release.open();
});

Deno.test("wait: dispatches to a full queue wait for room, in order, and a signal ends the wait", async () => {
  await using fleet = new Fleet();
  const { everTask, task, release, ran } = await smallQueue(fleet, "wait");
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

for (const capacity of [2, 4]) {
  Deno.test(`wait: at a stop, waiting dispatches store their tasks at once (capacity ${capacity})`, async () => {
    await using fleet = new Fleet();
    const release = gate();
    const task = defineTask<number>({ type: "work", handle: () => release.opened });
    const everTask = await fleet.start({
      tasks: [task],
      queues: { default: { parallelism: 2, capacity, whenFull: "wait" } },
    });
    for (let n = 0; n < capacity; n++) await everTask.dispatch(task, n);
    await fleet.settle();
    const ids: string[] = [];
    for (const n of [5, 6, 7]) void everTask.dispatch(task, n).then(({ id }) => ids.push(id));
    await fleet.settle();
    assertEquals(ids, []);
    const stopped = everTask.stop();
    await fleet.settle();
    assertEquals(ids.length, 3, "though two handlers continue");
    release.open();
    await fleet.until(stopped);
    for (const id of ids) {
      const { status, workerId } = (await (await fleet.storage()).get(id))!;
      assertEquals([status, workerId], ["Queued", null]);
    }
  });
}

Deno.test("wait: a dispatch that is aborted while it waits takes up no place", async () => {
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
  const everTask = await fleet.start({
    tasks: [task],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "wait" } },
  });
  await everTask.dispatch(task, 1);
  const abort = new AbortController();
  const calledOff = everTask.dispatch(task, 2, { signal: abort.signal });
  await fleet.settle();
  abort.abort(new Error("no longer needed"));
  await assertRejects(() => calledOff, Error, "no longer needed");
  release.open();
  await fleet.settle();
  void everTask.dispatch(task, 3);
  await fleet.settle();
  assertEquals(ran, [1, 3]);
});

for (const whenFull of ["wait", "throw"] as const) {
  Deno.test(`${whenFull}: a task that is dispatched to a full queue of a stopping worker waits in storage`, async () => {
    await using fleet = new Fleet();
    const { everTask, task, release } = await smallQueue(fleet, whenFull);
    const stopped = everTask.stop();
    const { id } = await everTask.dispatch(task, 5);
    release.open();
    await fleet.until(stopped);
    const { status, workerId } = (await (await fleet.storage()).get(id))!;
    assertEquals([status, workerId], ["Queued", null]);
  });
}

for (const from of ["the handler", "a hook"] as const) {
  Deno.test(`wait: ${from} does not wait for room that only its own end can free`, async () => {
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
      queues: { default: { parallelism: 1, capacity: 2, whenFull: "wait" } },
    });
    const { id } = await everTask.dispatch(parent, null);
    await fleet.settle();
    assertEquals([(await everTask.get(id))!.status, children], ["Completed", 3]);
    assertEquals(fleet.log, []);
  });
}

Deno.test("fallbackToDefault: a handler does not wait for room in default", async () => {
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
      default: { parallelism: 1, capacity: 1, whenFull: "wait" },
      small: { parallelism: 1, capacity: 1, whenFull: "fallbackToDefault" },
    },
  });
  const { id } = await everTask.dispatch(parent, null);
  await fleet.settle();
  assertEquals([(await everTask.get(id))!.status, children], ["Completed", 6]);
});

Deno.test("wait: dispatches that wait while no task of the queue ends cause one warning", async () => {
  await using fleet = new Fleet();
  const child = defineTask<number>({ type: "child", handle() {} });
  const parent = defineTask<null>({
    type: "parent",
    handle: async () => void await everTask.dispatch(child, 1),
  });
  const everTask = await fleet.start({
    tasks: [parent, child],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "wait" } },
  });
  await everTask.dispatch(parent, null);
  await fleet.pass(29_000);
  assertEquals(fleet.log, []);
  void everTask.dispatch(child, 2);
  await fleet.pass(120_000, 10_000);
  void everTask.dispatch(child, 3);
  await fleet.pass(120_000, 10_000);
  assertEquals(fleet.log.length, 1);
  assertStringIncludes(fleet.log[0]!, 'room in queue "default" for 30 s');
  assertStringIncludes(fleet.log[0]!, "context.dispatch");
});

Deno.test("wait: a queue whose tasks end causes no warning, however long dispatches wait", async () => {
  await using fleet = new Fleet();
  const task = defineTask<number>({
    type: "slow",
    handle: () => new Promise((resolve) => fleet.clock.setTimer(resolve, 20_000)),
  });
  const everTask = await fleet.start({
    tasks: [task],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "wait" } },
  });
  const dispatched = Promise.all([1, 2, 3, 4, 5].map((n) => everTask.dispatch(task, n)));
  await fleet.until(dispatched, 1_000);
  assertEquals(fleet.log, []);
});

Deno.test("wait: a queue causes a warning only while dispatches wait, even if its tasks stop ending", async () => {
  await using fleet = new Fleet();
  const task = defineTask<number>({
    type: "work",
    handle: (ms) => new Promise((resolve) => fleet.clock.setTimer(resolve, ms)),
  });
  const everTask = await fleet.start({
    tasks: [task],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "wait" } },
  });
  await everTask.dispatch(task, 10_000);
  await fleet.until(everTask.dispatch(task, 100_000), 1_000); // it waits for 10 s, and runs
  await fleet.pass(89_000, 1_000);
  assertEquals(fleet.log, []);
  const waiting = everTask.dispatch(task, 200_000); // it waits until the previous one has ended
  const last = everTask.dispatch(task, 0);
  await fleet.until(waiting, 1_000);
  await fleet.pass(20_000, 1_000);
  assertEquals(fleet.log, []);
  await fleet.pass(60_000, 1_000);
  assertEquals(fleet.log.length, 1);
  await fleet.until(last, 10_000);
});
