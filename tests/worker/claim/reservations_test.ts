// Tests the number of tasks that a queue holds in this process, and which dispatches reserve a
// place.

import { assertEquals, assertRejects } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { type NewTask, type Storage, StorageError } from "../../../src/storage/mod.ts";
import type { PersistOptions } from "../../../src/storage/requests.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

Deno.test("a queue with back pressure reserves a tenth of its places for tasks that wait in storage", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const old: number[] = [];
  const task = defineTask<number>({
    type: "work",
    queue: "small",
    handle: async (n) => {
      if (n < 50) old.push(n);
      await release.opened;
    },
  });
  const web = fleet.create({ tasks: [task], queues: { small: {} } });
  await web.dispatchMany(task, Array(50).keys());
  const everTask = await fleet.start({
    tasks: [task],
    queues: { small: { parallelism: 2, capacity: 10, whenFull: "wait" } },
  });
  // New tasks always wait for room, but the old ones still run.
  let next = 50;
  const flood = Array.from({ length: 10 }, async () => {
    while (old.length < 50 && next < 2_000) await everTask.dispatch(task, next++);
  });
  await fleet.settle();
  release.open();
  await fleet.until(Promise.all(flood), 1);
  assertEquals(old.length, 50);
});

const twoPlaces = { small: { parallelism: 1, capacity: 2, whenFull: "throw" } } as const;

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

Deno.test("Throw: a dispatch that storage rejects takes up no place", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "work", queue: "small", handle: () => void ran++ });
  const faults = new Faults();
  const everTask = await fleet.start({ tasks: [task], queues: twoPlaces, wrap: faults.wrap });
  faults.rule = (verb) =>
    verb === "persist" ? { at: "before", error: new StorageError("refused") } : null;
  for (let n = 0; n < 3; n++) {
    await assertRejects(() => everTask.dispatch(task, null), StorageError);
  }
  faults.rule = () => null;
  await everTask.dispatch(task, null);
  await fleet.settle();
  assertEquals(ran, 1);
});

Deno.test("Throw: a dispatch in a transaction takes up no place", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "work", queue: "small", handle: () => void ran++ });
  // The memory store has no transactions. To simulate one that does not commit, `persistIn` reports
  // the tasks as created, but does not store them.
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

Deno.test("a busy queue claims at most the rest of its capacity", async () => {
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
  // The queue claims again when it holds half of its capacity.
  assertEquals(held, [4, 3, 4, 3, 4, 3, 4, 3, 2, 1]);
});
