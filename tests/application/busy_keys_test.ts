// Tests dispatches while open transactions hold task keys: only dispatches with such a key wait.

import { assertEquals, assertRejects } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { StorageUnavailableError } from "../../src/storage/mod.ts";
import type { NewTask, PersistOptions, PersistResult } from "../../src/storage/requests.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { Fleet } from "../support/fleet.ts";

const task = defineTask<string>({ type: "task", handle() {} });

/** A storage with busy keys, as if transactions held their rows. */
class BusyKeys {
  readonly held = new Set<string>();
  /** The payloads of each write. */
  readonly writes: string[][] = [];

  readonly wrap = (storage: Storage): Storage =>
    new Proxy(storage, {
      get: (target, property) => {
        if (property === "persist") {
          return (tasks: NewTask[], options?: PersistOptions) =>
            this.#persist(target, tasks, options);
        }
        const member = Reflect.get(target, property, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });

  async #persist(
    storage: Storage,
    tasks: NewTask[],
    options: PersistOptions = {},
  ): Promise<PersistResult[]> {
    this.writes.push(tasks.map(({ payload }) => JSON.parse(payload)));
    const isBusy = ({ taskKey }: NewTask) => taskKey !== null && this.held.has(taskKey);
    assertEquals(options.skipBusy ?? false, tasks.some(({ taskKey }) => taskKey !== null));
    const stored = await storage.persist(tasks.filter((task) => !isBusy(task)), options);
    const results = new Map(stored.map((result) => [result.id, result]));
    return tasks.map(({ id }) => results.get(id) ?? { id, outcome: "busy", claimed: false });
  }
}

Deno.test("tasks without a key are written separately from those with one", async () => {
  await using fleet = new Fleet();
  const { wrap, writes } = new BusyKeys();
  const everTask = fleet.create({ tasks: [task], wrap });
  const keys = [undefined, "a", undefined, "b"];
  await fleet.until(Promise.all(
    keys.map((taskKey) => everTask.dispatch(task, taskKey ?? "none", taskKey ? { taskKey } : {})),
  ));
  assertEquals(writes, [["none", "none"], ["a", "b"]]);
});

Deno.test("a dispatch of a busy key resolves when the key is free; others do not wait", async () => {
  await using fleet = new Fleet();
  const { wrap, held } = new BusyKeys();
  const everTask = fleet.create({ tasks: [task], wrap });
  held.add("held");
  let isStored = false;
  const waiting = everTask.dispatch(task, "held", { taskKey: "held" })
    .then((result) => (isStored = true, result));
  const others = [{}, { taskKey: "free" }]
    .map((options) => everTask.dispatch(task, "other", options));
  await fleet.settle();
  await Promise.all(others);
  await fleet.pass(10_000, 100);
  assertEquals(isStored, false);
  held.clear();
  assertEquals((await fleet.until(waiting)).outcome, "created");
});

Deno.test("a key that stays busy for longer than dispatchRetryFor is named in the error", async () => {
  await using fleet = new Fleet();
  const { wrap, held } = new BusyKeys();
  const everTask = fleet.create({ tasks: [task], wrap, dispatchRetryFor: { seconds: 2 } });
  held.add("held");
  const dispatched = everTask.dispatch(task, "held", { taskKey: "held" });
  await assertRejects(() => fleet.until(dispatched), StorageUnavailableError, '"held"');
  assertEquals(await everTask.getByTaskKey("held"), null);
});

Deno.test("a task whose key is busy reserves no place in its queue", async () => {
  await using fleet = new Fleet();
  const { wrap, held } = new BusyKeys();
  const opened = Promise.withResolvers<void>();
  const waits = defineTask<string>({ type: "waits", handle: () => opened.promise });
  const everTask = await fleet.start({
    tasks: [waits],
    queues: { default: { parallelism: 1, capacity: 1, whenFull: "throw" } },
    wrap,
  });
  held.add("held");
  const waiting = everTask.dispatch(waits, "held", { taskKey: "held" });
  waiting.catch(() => {}); // it is awaited below
  await fleet.settle();
  await everTask.dispatch(waits, "other"); // takes the only place
  held.clear();
  const { id } = await fleet.until(waiting);
  assertEquals((await everTask.get(id))?.workerId, null, "it waits in storage");
  opened.resolve();
  await fleet.pass(5_000, 100);
  assertEquals((await everTask.get(id))?.status, "Completed");
});

Deno.test("a stop waits for dispatches with a busy key", async () => {
  await using fleet = new Fleet();
  const { wrap, held } = new BusyKeys();
  const everTask = fleet.create({ tasks: [task], wrap });
  held.add("held");
  const waiting = everTask.dispatch(task, "held", { taskKey: "held" });
  waiting.catch(() => {}); // it is awaited below
  await fleet.settle();
  const stopping = fleet.stop(everTask);
  await fleet.pass(1_000, 100);
  held.clear();
  assertEquals((await waiting).outcome, "created");
  await stopping;
});
