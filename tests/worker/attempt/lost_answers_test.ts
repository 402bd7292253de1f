// Tests connections that break after a commit, before the answer: no task is lost, and none runs
// twice.

import { assertEquals, assertRejects } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { type Storage, StorageUnavailableError } from "../../../src/storage/mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { startEngine } from "../../support/engine.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

type Verb = "persist" | "claim" | "setStatusMany";

/** A store whose first answer to each of these verbs is lost. */
function losingAnswers(storage: Storage, verbs: readonly Verb[]): Storage {
  const left = new Set<PropertyKey>(verbs);
  return new Proxy(storage, {
    get(target, verb) {
      const member = target[verb as keyof Storage];
      if (typeof member !== "function") return member;
      if (!left.has(verb)) return member.bind(target);
      return async (...args: unknown[]) => {
        const answer = await Reflect.apply(member, target, args);
        // A claim without tasks commits nothing, so the fault waits for a claim that returns tasks.
        const counts = verb !== "claim" || (answer as { tasks: unknown[] }).tasks.length > 0;
        if (counts && left.delete(verb)) throw new StorageUnavailableError("connection lost");
        return answer;
      };
    },
  });
}

/** Counts the calls of a verb. `called(count)` resolves once there are `count` calls. */
function countCalls(storage: Storage, verb: Verb) {
  const waiting: { count: number; resolve: () => void }[] = [];
  let calls = 0;
  const counting = new Proxy(storage, {
    get(target, name) {
      const member = target[name as keyof Storage];
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const answer = Reflect.apply(member, target, args);
        if (name === verb) {
          calls++;
          for (const { count, resolve } of waiting) if (calls >= count) resolve();
        }
        return answer;
      };
    },
  });
  return {
    storage: counting,
    called: (count: number) =>
      new Promise<void>((resolve) => calls >= count ? resolve() : waiting.push({ count, resolve })),
  };
}

for (
  const verbs of [["persist"], ["claim"], ["setStatusMany"], [
    "persist",
    "claim",
    "setStatusMany",
  ]] as Verb[][]
) {
  Deno.test(`after a lost answer to ${verbs.join(", ")}, no task is lost and none runs twice`, async () => {
    const runs = new Map<number, number>();
    const count = defineTask<number>({
      type: "count",
      handle: (n) => void runs.set(n, (runs.get(n) ?? 0) + 1),
    });
    await using engine = await startEngine({
      storage: losingAnswers(memoryStorage(), verbs),
      tasks: [count],
    });
    const stored = await engine.everTask.dispatchMany(count, [1, 2, 3]);
    const single = await engine.everTask.dispatch(count, 4);
    const ids = [...stored, single].map(({ id }) => id);
    for (const id of ids) assertEquals((await engine.ended(id)).kind, "completed");
    assertEquals([...runs].sort(([a], [b]) => a - b), [[1, 1], [2, 1], [3, 1], [4, 1]]);
    for (const id of ids) {
      const trail = (await engine.everTask.statusAudit(id)).items.map((row) => row.newStatus);
      assertEquals(trail, ["Queued", "InProgress", "Completed"]);
    }
  });
}

Deno.test("after a lost answer to the report that a task is in progress, its audit trail has one InProgress row", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const long = defineTask<null>({ type: "long", handle: () => held });
  const storage = losingAnswers(memoryStorage(), ["setStatusMany"]);
  const writes = countCalls(storage, "setStatusMany");
  await using engine = await startEngine({ storage: writes.storage, tasks: [long] });
  const { id } = await engine.everTask.dispatch(long, null);
  await writes.called(1); // the report, once the task has run for a while
  release();
  await engine.ended(id);
  const trail = (await engine.everTask.statusAudit(id)).items.map((row) => row.newStatus);
  assertEquals(trail, ["Queued", "InProgress", "Completed"]);
});

Deno.test("ends of a batch of any size are read back in one call after their answer was lost, and reports in none", async () => {
  const tasks = 300;
  await using fleet = new Fleet();
  const [faults, work] = [new Faults(), gate()];
  const long = defineTask<number>({ type: "long", handle: () => work.opened });
  const everTask = await fleet.start({
    tasks: [long],
    wrap: faults.wrap,
    queues: { default: { parallelism: tasks } },
  });
  const stored = await everTask.dispatchMany(long, Array.from({ length: tasks }, (_, n) => n));
  let lost = 0;
  const sizes: number[] = [];
  const loseNext = () => {
    const before = lost;
    faults.rule = (verb, [changes]) => {
      if (verb !== "setStatusMany" || lost > before) return null;
      lost++;
      sizes.push((changes as unknown[]).length);
      return { at: "after" };
    };
  };
  const reads = () => (faults.calls.get("list") ?? 0) + (faults.calls.get("get") ?? 0);
  const before = reads();
  loseNext();
  await fleet.passUntil(() => lost === 1); // the reports that the tasks are in progress
  await fleet.pass(1_000, 100);
  assertEquals(reads() - before, 0);
  loseNext();
  work.open();
  await fleet.passUntil(() => lost === 2); // the ends of the tasks
  await fleet.pass(1_000, 100);
  assertEquals([reads() - before, sizes], [1, [tasks, tasks]]);
  for (const { id } of stored) {
    assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"]);
  }
});

Deno.test("a dispatch that rejects after a lost answer may have stored its task, and the task runs", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "task", handle: () => void ran++ });
  const everTask = await fleet.start({
    tasks: [task],
    wrap: (storage) => losingAnswers(storage, ["persist"]),
    dispatchRetryFor: 0,
  });
  await assertRejects(() => everTask.dispatch(task, null), StorageUnavailableError);
  await fleet.pass(1_000, 100);
  assertEquals(ran, 1);
});
