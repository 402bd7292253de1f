// Tests handlers that complete their tasks themselves, with a fake clock. (Without a connection the
// memory store completes them at once, as in a transaction that has committed.)

import { assertEquals, assertInstanceOf } from "@std/assert";
import { defineTask, LeaseLostError } from "../../../mod.ts";
import type { ConnectionOptions, StatusChange, Storage } from "../../../src/storage/mod.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

Deno.test("a task that its handler has completed is not reported as in progress, even if the handler continues", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const task = defineTask<null>({
    type: "work",
    async handle(_, { complete }) {
      await complete(undefined);
      await new Promise<void>((resolve) => fleet.clock.setTimer(resolve, 500));
    },
  });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(1_000, 50);
  assertEquals(faults.calls.get("setStatusMany"), 1);
  assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"]);
  assertEquals(fleet.kinds(id), ["dispatched", "started", "completed"]);
});

Deno.test("a handler that was given up can no longer complete its task, even before the end of the attempt is stored", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const [late, stored] = [gate(), gate()];
  const answers: unknown[] = [];
  const task = defineTask<null>({
    type: "work",
    timeout: 1_000,
    async handle(_, { complete }) {
      await late.opened;
      answers.push(await complete(undefined).catch((error) => error));
    },
  });
  const options = { tasks: [task], abortGrace: 1_000, wrap: faults.wrap };
  const everTask = await fleet.start(options);
  let writes = 0;
  faults.rule = (verb) =>
    verb === "setStatusMany" && ++writes === 2 ? { heldUntil: stored.opened } : null;
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(2_500, 100);
  assertEquals([writes, fleet.kinds(id).at(-1)], [2, "stuck"]);
  late.open();
  await fleet.settle();
  assertEquals(answers.length, 1);
  assertInstanceOf(answers[0], LeaseLostError);
  stored.open();
  await fleet.settle();
  assertEquals((await everTask.get(id))!.status, "Failed");
});

Deno.test("a handler cannot complete its task after the lease was lost", async () => {
  await using fleet = new Fleet();
  const [started, lost] = [gate(), gate()];
  const answers: unknown[] = [];
  const task = defineTask<null>({
    type: "work",
    async handle(_, { complete }) {
      started.open();
      await lost.opened;
      answers.push(await complete(undefined).catch((error) => error));
    },
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await started.opened;
  const dueAt = fleet.clock.now() + 60_000;
  await (await fleet.storage()).release(everTask.workerId!, [{ taskId: id, token: 1, dueAt }]);
  lost.open();
  await fleet.settle();
  assertInstanceOf(answers[0], LeaseLostError);
  assertEquals((await everTask.get(id))!.status, "Queued");
  assertEquals(fleet.kinds(id).at(-1), "leaseLost");
});

Deno.test("a completion does not overtake the report that the attempt is in progress", async () => {
  for (const answer of ["stored", "lost", "refused"] as const) {
    await using fleet = new Fleet();
    const faults = new Faults();
    const [late, arrives] = [gate(), gate()];
    const task = defineTask<null>({
      type: "work",
      async handle(_, { complete }) {
        await late.opened;
        await complete(undefined);
      },
    });
    const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
    faults.rule = (verb) => {
      if (verb !== "setStatusMany" || faults.calls.get(verb)! > 1) return null;
      if (answer === "stored") return { heldUntil: arrives.opened };
      return { at: answer === "lost" ? "after" : "before" };
    };
    const { id } = await everTask.dispatch(task, null);
    await fleet.pass(150, 50); // the report is on its way, or will be retried
    late.open();
    await fleet.settle();
    arrives.open();
    await fleet.pass(3_000, 100);
    assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"], answer);
    assertEquals((await everTask.get(id))!.status, "Completed");
  }
});

Deno.test("a completion does not wait for a report that waits for the handler's own transaction", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const transactionEnds = gate();
  const task = defineTask<null>({
    type: "work",
    async handle(_, { complete }) {
      await new Promise<void>((resolve) => fleet.clock.setTimer(resolve, 150));
      await complete(undefined);
      transactionEnds.open();
    },
  });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  faults.rule = (verb) =>
    verb === "setStatusMany" && faults.calls.get(verb) === 1
      ? { heldUntil: transactionEnds.opened }
      : null;
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(200, 50);
  assertEquals(await fleet.trail(id), ["Queued", "InProgress", "Completed"]);
  assertEquals(fleet.kinds(id), ["dispatched", "started", "completed"]);
});

Deno.test("a completion that was rolled back is not reported after another worker took the task", async () => {
  await using fleet = new Fleet();
  const [rollback, work] = [gate(), gate()];
  const [ran, completed]: [number[], number[]] = [[], []];
  const task = defineTask<null>({
    type: "work",
    async handle(_, { attempt, complete }) {
      ran.push(attempt);
      if (attempt > 1) return await work.opened;
      await complete({});
      await rollback.opened;
      throw new Error("rolled back");
    },
    onCompleted: ({ attempt }) => void completed.push(attempt),
  });
  const faults = new Faults();
  // Changes in a transaction of the caller are never stored, as if it rolled back.
  const wrap = (storage: Storage): Storage =>
    new Proxy(faults.wrap(storage), {
      get(target, name) {
        if (name !== "setStatusMany") return target[name as keyof Storage];
        return (changes: readonly StatusChange[], options?: ConnectionOptions) =>
          options?.connection === undefined
            ? target.setStatusMany(changes)
            : Promise.resolve(changes.map(() => ({ applied: true })));
      },
    });
  const everTask = await fleet.start({
    tasks: [task],
    wrap,
    leaseDuration: 15_000,
    abortGrace: 600_000,
  });
  const { id } = await everTask.dispatch(task, null);
  await fleet.settle();
  faults.rule = (verb) => verb === "heartbeat" ? { at: "before" } : null;
  await fleet.passUntil(() => everTask.workerId === null, 500);
  faults.rule = () => null;
  await fleet.passUntil(() => ran.length === 2, 500);
  rollback.open();
  await fleet.settle();
  assertEquals([completed, fleet.kinds(id).includes("completed")], [[], false]);
  work.open();
});
