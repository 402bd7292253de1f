// Tests suspects: tasks that were running when their process crashed. The task that crashed the
// process is found, and no other task fails.

import { assert, assertEquals } from "@std/assert";
import { defineTask, type EverTask, linearRetry, type Task } from "../../../mod.ts";
import type { StatusTransition } from "../../../src/storage/requests.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate, untilAborted } from "../../support/fleet.ts";

/** Simulates a process that claims all tasks, and is lost while the tasks `running` run. */
async function lose(fleet: Fleet, running: readonly string[]): Promise<void> {
  const storage = await fleet.storage();
  const worker = { id: crypto.randomUUID(), host: "lost" };
  await storage.registerWorker(worker);
  const queues = [{ name: "default", limit: 1000 }];
  await storage.claim({ workerId: worker.id, types: ["work"], queues });
  const transitions: StatusTransition[] = [{ status: "InProgress", exception: null, agoMs: 0 }];
  await storage.setStatusMany(
    running.map((taskId) => ({ taskId, auditLevel: "Full", transitions })),
  );
  await storage.unregisterWorker(worker.id);
  const reasons = { lostReason: "lost", poisonReason: "poison" };
  await storage.releaseLost({ leaseMs: 60_000, poisonLimit: 5, ...reasons });
}

/** Dispatches tasks, and loses each of them while it runs as often as `losses` says. */
async function suspects(
  fleet: Fleet,
  task: Task<number, number>,
  losses: readonly number[],
): Promise<string[]> {
  const web = fleet.create({ tasks: [task] });
  const ids = (await web.dispatchMany(task, losses.map((_, i) => i))).map(({ id }) => id);
  for (let round = 0; round < Math.max(...losses); round++) {
    await lose(fleet, ids.filter((_, i) => round < losses[i]!));
  }
  return ids;
}

Deno.test("a task that may have ended its process is in progress in storage before its handler starts", async () => {
  await using fleet = new Fleet();
  const seen: unknown[] = [];
  const task: Task<number, number> = defineTask<number>({
    type: "work",
    async onStarted({ taskId }) {
      seen.push((await (await fleet.storage()).get(taskId))!.status);
    },
    handle: (_, { attempt }) => void seen.push(attempt),
  });
  const ids = await suspects(fleet, task, [1]);
  await fleet.start({ tasks: [task] });
  await fleet.pass(1000);
  assertEquals(seen, ["InProgress", 2]);
  const trail = ["Queued", "InProgress", "ServiceStopped", "Queued", "InProgress", "Completed"];
  assertEquals(await fleet.trail(ids[0]!), trail);
});

Deno.test("a task that was never lost starts without waiting for storage", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const task = defineTask<null>({ type: "work", handle: () => {} });
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  await everTask.dispatch(task, null);
  await fleet.pass(1000);
  assertEquals(fleet.kinds(), ["dispatched", "started", "completed"]);
  assertEquals(faults.calls.get("setStatusMany"), 1);
});

const interruptions: [what: string, act: (e: EverTask, id: string) => void, end: unknown[]][] = [
  ["is cancelled", (everTask, id) => void everTask.cancel(id), ["Cancelled", 2]],
  ["is interrupted by a stop", (everTask) => void everTask.stop({ timeout: 10 }), [
    "ServiceStopped",
    1,
  ]],
];
for (const [what, act, end] of interruptions) {
  Deno.test(`a suspect that ${what} before storage has answered never starts`, async () => {
    await using fleet = new Fleet();
    const faults = new Faults();
    const answered = gate();
    const task = defineTask<number>({ type: "work", handle: () => {} });
    const [id] = await suspects(fleet, task, [1]) as [string];
    faults.rule = (verb) => verb === "setStatusMany" ? { until: answered.opened } : null;
    const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
    await fleet.pass(1000);
    act(everTask, id);
    await fleet.pass(1000);
    answered.open();
    await fleet.pass(1000);
    assert(!fleet.kinds(id).includes("started"));
    const { status, attempt, lostCount } = (await (await fleet.storage()).get(id))!;
    assertEquals([status, attempt, lostCount], [...end, 1]);
  });
}

Deno.test("tasks that were lost several times run one at a time, and other tasks run in parallel to them", async () => {
  await using fleet = new Fleet();
  const running = new Set<number>();
  const together: number[][] = [];
  const task = defineTask<number>({
    type: "work",
    async handle(n) {
      running.add(n);
      together.push([...running].sort());
      await new Promise<void>((resolve) => fleet.clock.setTimer(resolve, 1000));
      running.delete(n);
    },
  });
  // Tasks run one at a time after 3 losses: half of the poison limit of 5, rounded up.
  const ids = await suspects(fleet, task, [3, 4, 1, 3, 2]);
  const everTask = await fleet.start({ tasks: [task] });
  await fleet.pass(10_000, 100);
  assertEquals(together.slice(0, 3), [[0], [0, 2], [0, 2, 4]]);
  const apart = together.map((numbers) => numbers.filter((n) => [0, 1, 3].includes(n)));
  assertEquals(apart, [[0], [0], [0], [1], [3]]);
  for (const id of ids) assertEquals((await everTask.get(id))!.status, "Completed");
});

Deno.test("a suspect that waits for its turn is given back at a stop, and can be cancelled", async () => {
  await using fleet = new Fleet();
  const task = defineTask<number>({
    type: "work",
    handle: (_, { signal }) => untilAborted(signal),
  });
  const ids = await suspects(fleet, task, [3, 3, 3]);
  const everTask = await fleet.start({ tasks: [task] });
  await fleet.pass(1000);
  await everTask.cancel(ids[1]!);
  await fleet.pass(1000);
  await fleet.stop(everTask, 1000);
  const storage = await fleet.storage();
  const records = await Promise.all(ids.map((id) => storage.get(id)));
  assertEquals(
    records.map((record) => [record!.status, record!.attempt, record!.workerId]),
    [["ServiceStopped", 3, null], ["Cancelled", 4, null], ["ServiceStopped", 3, null]],
  );
});

Deno.test("a loss uses up no retry", async () => {
  await using fleet = new Fleet();
  const attempts: number[] = [];
  const task = defineTask<number>({
    type: "work",
    retry: linearRetry(1, 1_000),
    handle(_, { attempt }) {
      attempts.push(attempt);
      throw new Error("busy");
    },
  });
  const [id] = await suspects(fleet, task, [1]) as [string];
  const everTask = await fleet.start({ tasks: [task] });
  await fleet.pass(3_000, 500);
  assertEquals([attempts, (await everTask.get(id))!.status], [[2, 3], "Failed"]);
});

Deno.test("the timeout of a suspect counts from its start, and not from its report to storage", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const task = defineTask<number>({
    type: "work",
    timeout: 3_000,
    handle: (_, { signal }) =>
      Promise.race([
        untilAborted(signal),
        new Promise<void>((resolve) => fleet.clock.setTimer(resolve, 2_000)),
      ]),
  });
  const [id] = await suspects(fleet, task, [1]) as [string];
  let writes = 0;
  faults.rule = (verb) =>
    verb === "setStatusMany" && writes++ === 0
      ? { until: new Promise((resolve) => void fleet.clock.setTimer(resolve, 2_500)) }
      : null;
  const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
  await fleet.pass(6_000, 100);
  const { status, executionTimeMs } = (await everTask.get(id))!;
  assertEquals([status, executionTimeMs], ["Completed", 2_000]);
});

Deno.test("a suspect that is cancelled while it waits for its turn never starts", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const ran: number[] = [];
  const task = defineTask<number>({
    type: "work",
    async handle(n) {
      ran.push(n);
      await release.opened;
    },
  });
  const ids = await suspects(fleet, task, [3, 3, 3]);
  const everTask = await fleet.start({ tasks: [task] });
  await everTask.cancel(ids[1]!);
  await fleet.settle();
  assertEquals(ran, [0]);
  release.open();
  await fleet.settle();
  assertEquals([ran, (await everTask.get(ids[1]!))!.status], [[0, 2], "Cancelled"]);
  assertEquals(fleet.kinds(ids[1]!).at(-1), "cancelled", "it was never started");
});

Deno.test("tasks that were never lost run in parallel, even with a poison limit of 0", async () => {
  await using fleet = new Fleet();
  const release = gate();
  let running = 0;
  const task = defineTask<number>({
    type: "work",
    async handle() {
      running++;
      await release.opened;
    },
  });
  const everTask = await fleet.start({ tasks: [task], poisonLimit: 0 });
  await everTask.dispatchMany(task, [1, 2, 3]);
  await fleet.settle();
  assertEquals(running, 3);
  release.open();
});
