// What becomes of a dispatch whose queue is full in this process, and how many tasks a queue holds.

import { assertEquals, assertLessOrEqual, assertRejects, assertStringIncludes } from "@std/assert";
import {
  defineTask,
  type NewTask,
  QueueFullError,
  type Storage,
  type TaskContext,
} from "../../mod.ts";
import type { PersistOptions } from "../../src/storage/requests.ts";
import { Fleet, gate } from "../support/fleet.ts";

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

for (const capacity of [2, 4]) {
  Deno.test(`Wait: at a stop those who wait are let in at once, and their tasks wait in storage (capacity ${capacity})`, async () => {
    await using fleet = new Fleet();
    const release = gate();
    const task = defineTask<number>({ type: "work", handle: () => release.opened });
    const everTask = await fleet.start({
      tasks: [task],
      queues: { default: { parallelism: 2, capacity, whenFull: "Wait" } },
    });
    for (let n = 0; n < capacity; n++) await everTask.dispatch(task, n);
    await fleet.settle();
    const ids: string[] = [];
    for (const n of [5, 6, 7]) void everTask.dispatch(task, n).then(({ id }) => ids.push(id));
    await fleet.settle();
    assertEquals(ids, []);
    const stopped = everTask.stop();
    await fleet.settle();
    assertEquals(ids.length, 3, "though two handlers go on");
    release.open();
    await fleet.until(stopped);
    for (const id of ids) {
      const { status, workerId } = (await (await fleet.storage()).get(id))!;
      assertEquals([status, workerId], ["Queued", null]);
    }
  });
}

Deno.test("Wait: a dispatch that is called off while it waits takes up no place", async () => {
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
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "Wait" } },
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

for (const whenFull of ["Wait", "Throw"] as const) {
  Deno.test(`${whenFull}: what is dispatched to a full queue of a worker that stops waits in storage`, async () => {
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
  void everTask.dispatch(child, 2);
  await fleet.pass(120_000, 10_000);
  void everTask.dispatch(child, 3);
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

Deno.test("Wait: a queue is told of only while dispatches wait, and also when its tasks end no longer", async () => {
  await using fleet = new Fleet();
  const task = defineTask<number>({
    type: "work",
    handle: (ms) => new Promise((resolve) => fleet.clock.setTimer(resolve, ms)),
  });
  const everTask = await fleet.start({
    tasks: [task],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "Wait" } },
  });
  await everTask.dispatch(task, 10_000);
  await fleet.until(everTask.dispatch(task, 100_000), 1_000); // it waits for 10 s, and runs
  await fleet.pass(89_000, 1_000);
  assertEquals(fleet.log, []);
  const waiting = everTask.dispatch(task, 1_000_000); // it waits until the one before has ended
  const last = everTask.dispatch(task, 0);
  await fleet.until(waiting, 1_000);
  await fleet.pass(20_000, 1_000);
  assertEquals(fleet.log, []);
  await fleet.pass(60_000, 1_000);
  assertEquals(fleet.log.length, 1);
  await fleet.until(last, 10_000);
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

const twoPlaces = { small: { parallelism: 1, capacity: 2, whenFull: "Throw" } } as const;

Deno.test("Throw: a dispatch whose key is in use takes up no place", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const task = defineTask<null>({ type: "work", handle: () => release.opened });
  const everTask = await fleet.start({ tasks: [task], queues: twoPlaces });
  await everTask.dispatch(task, null, { taskKey: "in use" });
  await fleet.settle();
  for (let n = 0; n < 3; n++) {
    const { outcome } = await everTask.dispatch(task, null, { taskKey: "in use", queue: "small" });
    assertEquals(outcome, "existing");
  }
  await everTask.dispatch(task, null, { queue: "small" });
  release.open();
});

Deno.test("Throw: a dispatch in a transaction takes up no place", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "work", queue: "small", handle: () => void ran++ });
  // The memory store has no transactions: as in one that is not yet committed, nothing is there.
  const persistIn = (tasks: readonly NewTask[]) =>
    Promise.resolve(tasks.map(({ id }) => ({ id, outcome: "created", claimed: false })));
  const wrap = (storage: Storage) =>
    new Proxy(storage, {
      get(target, name) {
        const member = target[name as keyof Storage];
        if (typeof member !== "function") return member;
        if (name !== "persist") return member.bind(target);
        return (tasks: readonly NewTask[], options?: PersistOptions) =>
          options?.connection === undefined ? target.persist(tasks, options) : persistIn(tasks);
      },
    });
  const everTask = await fleet.start({ tasks: [task], queues: twoPlaces, wrap });
  for (let n = 0; n < 3; n++) await everTask.dispatch(task, null, { connection: {} });
  await everTask.dispatch(task, null);
  await fleet.settle();
  assertEquals(ran, 1);
});

Deno.test("a busy queue claims no more than what is left of its capacity", async () => {
  await using fleet = new Fleet();
  const gates = Array.from({ length: 10 }, gate);
  const task = defineTask<number>({ type: "work", handle: (n) => gates[n]!.opened });
  const web = fleet.create({ tasks: [task] });
  await web.dispatchMany(task, gates.keys());
  await fleet.start({ tasks: [task], queues: { default: { parallelism: 2, capacity: 4 } } });
  const held: number[] = [];
  for (const each of gates) {
    const [figures] = await web.queues.list();
    held.push(figures!.claimed);
    each.open();
    await fleet.settle();
  }
  // It claims when half of them are gone.
  assertEquals(held, [4, 3, 4, 3, 4, 3, 4, 3, 2, 1]);
});
