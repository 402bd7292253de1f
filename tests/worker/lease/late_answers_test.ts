// Tests answers of storage that arrive after the worker was lost, or while it gives back unknown
// tasks. No task may run twice.

import { assertEquals } from "@std/assert";
import { defineTask, type EverTask, LeaseLostError } from "../../../mod.ts";
import { Faults, type Verb } from "../../support/faulty_storage.ts";
import { Fleet, gate, untilAborted } from "../../support/fleet.ts";

/**
 * A worker with faults, a process that only dispatches, and a task that records its runs, which
 * last as long as `work`.
 */
async function scene(fleet: Fleet, work?: Promise<void>) {
  const faults = new Faults();
  const ran: string[] = [];
  const task = defineTask<string>({
    type: "work",
    handle(name) {
      ran.push(name);
      return work;
    },
  });
  const worker = await fleet.start({ tasks: [task], wrap: faults.wrap, leaseDuration: 15_000 });
  const web = fleet.create({ tasks: [task] });
  return { faults, ran, task, worker, web };
}

/** Makes storage treat a worker as lost, and waits until it has registered again. */
async function registerAnew(fleet: Fleet, worker: EverTask): Promise<void> {
  const before = worker.workerId!;
  await (await fleet.storage()).unregisterWorker(before);
  await fleet.passUntil(() => ![before, null].includes(worker.workerId), 500);
}

for (const verb of ["claim", "persist"] as const) {
  Deno.test(`an answer to ${verb} that arrives after the worker has registered again starts no handler`, async () => {
    await using fleet = new Fleet();
    const { faults, ran, task, worker, web } = await scene(fleet);
    const answered = gate();
    let calls = 0;
    faults.rule = (called) => called === verb && calls++ === 0 ? { until: answered.opened } : null;
    const dispatcher = verb === "claim" ? web : worker;
    const dispatched = dispatcher.dispatch(task, "task");
    await fleet.settle();
    const before = worker.workerId;
    const [record] = (await web.list()).items;
    assertEquals(record!.workerId, before, "the worker holds the task in storage");
    await registerAnew(fleet, worker);
    answered.open();
    await fleet.pass(5_000, 500);
    const { id } = await dispatched;
    const { status, lostCount, leaseToken } = (await web.get(id))!;
    assertEquals([ran, status, lostCount, leaseToken], [["task"], "Completed", 1, 2]);
    assertEquals(fleet.kinds(id).includes("leaseLost"), false);
  });
}

/** Loses the answer of a claim, so that the worker gives back unknown tasks. */
async function raiseSuspicion(
  fleet: Fleet,
  { faults, web, task }: Awaited<ReturnType<typeof scene>>,
) {
  const { rule } = faults;
  let isLost = false;
  faults.rule = (verb, args) => {
    if (verb !== "claim" || isLost) return rule(verb, args);
    isLost = true;
    return { at: "after" };
  };
  await web.dispatch(task, "doubtful");
  await fleet.pass(100, 10);
}

const moments: [when: string, verb: Verb][] = [
  ["is being stored while", "persist"],
  ["is dispatched while", "releaseUnknown"],
];
for (const [when, held] of moments) {
  Deno.test(`a task that ${when} unknown tasks are given back is kept`, async () => {
    await using fleet = new Fleet();
    const work = gate();
    const all = await scene(fleet, work.opened);
    const { faults, ran, task, worker, web } = all;
    const answered = gate();
    let calls = 0;
    if (held === "persist") {
      faults.rule = (verb) => verb === held && calls++ === 0 ? { until: answered.opened } : null;
    } else {
      faults.rule = (verb) =>
        verb === held && calls++ === 0 ? { heldUntil: answered.opened } : null;
      await raiseSuspicion(fleet, all);
    }
    const dispatched = worker.dispatch(task, "task");
    await fleet.settle();
    if (held === "persist") await raiseSuspicion(fleet, all);
    assertEquals([calls, faults.calls.get("releaseUnknown")], [1, 1]);
    answered.open();
    const { id } = await dispatched;
    await fleet.pass(1_000, 100);
    work.open();
    await fleet.settle();
    assertEquals([ran.toSorted(), (await web.get(id))!.attempt], [["doubtful", "task"], 1]);
  });
}

Deno.test("a completion that is rejected because another worker has completed the task is reported as a lost lease", async () => {
  await using fleet = new Fleet();
  const { faults, task, worker } = await scene(fleet);
  const network = gate();
  let writes = 0;
  faults.rule = (verb) => {
    if (verb === "claim") return { at: "before" }; // keeps this worker from claiming the task again
    if (verb !== "setStatusMany" || writes++ > 0) return null;
    return { heldUntil: network.opened, losesAnswer: true };
  };
  const { id } = await worker.dispatch(task, "task");
  await fleet.settle();
  assertEquals(writes, 1);
  const storage = await fleet.storage();
  await storage.release(worker.workerId!, [{ taskId: id, token: 1, dueAt: fleet.clock.now() }]);
  await storage.registerWorker({ id: "other", host: "elsewhere" });
  const queues = [{ name: "default", limit: 1 }];
  const { tasks: [claimed] } = await storage.claim({ workerId: "other", types: ["work"], queues });
  await storage.setStatus(id, "Completed", null, "Full", {
    lease: { workerId: "other", token: claimed!.leaseToken },
  });
  network.open();
  await fleet.pass(100, 10);
  assertEquals([writes, worker.workerId === null], [2, false]);
  assertEquals(fleet.kinds(id), ["dispatched", "started", "leaseLost"]);
});

Deno.test("a handler is stopped if storage rejects its report, because the worker no longer holds the task", async () => {
  await using fleet = new Fleet();
  const reasons: unknown[] = [];
  const task = defineTask<null>({
    type: "work",
    handle: (_, { signal }) => untilAborted(signal).catch((reason) => void reasons.push(reason)),
  });
  const faults = new Faults();
  const worker = await fleet.start({ tasks: [task], wrap: faults.wrap });
  faults.rule = (verb) => verb === "claim" ? { at: "before" } : null;
  const { id } = await worker.dispatch(task, null);
  await fleet.settle();
  const dueAt = fleet.clock.now() + 60_000;
  await (await fleet.storage()).release(worker.workerId!, [{ taskId: id, token: 1, dueAt }]);
  await fleet.pass(200, 50);
  assertEquals(reasons.map((reason) => reason instanceof LeaseLostError), [true]);
  assertEquals((await worker.get(id))!.status, "Queued");
});

Deno.test("a worker whose end of a run is rejected reports neither a next run nor missed runs", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "work", queue: "default", handle() {} });
  const web = fleet.create({ tasks: [task] });
  const { id } = await web.dispatch(task, null, { recurring: (r) => r.everyHour() });
  await fleet.pass(5 * 3_600_000); // occurrences are missed because no worker runs
  const faults = new Faults();
  const written = gate();
  faults.rule = (verb) => verb === "updateCurrentRunMany" ? { heldUntil: written.opened } : null;
  const worker = await fleet.start({ tasks: [task], wrap: faults.wrap });
  assertEquals(faults.calls.get("updateCurrentRunMany"), 1);
  faults.rule = (verb) => verb === "claim" ? { at: "before" } : null;
  const { leaseToken, series } = (await web.get(id))!;
  const dueAt = series!.nextRunAt!.getTime();
  await (await fleet.storage()).release(worker.workerId!, [{
    taskId: id,
    token: leaseToken,
    dueAt,
  }]);
  written.open();
  await fleet.settle();
  assertEquals(fleet.kinds(id), ["dispatched"]);
});

Deno.test("a task whose report storage rejected can be given back as unknown later", async () => {
  await using fleet = new Fleet();
  let runs = 0;
  const task = defineTask<null>({
    type: "work",
    handle: (_, { signal }) => runs++ === 0 ? untilAborted(signal).catch(() => {}) : undefined,
  });
  const faults = new Faults();
  const worker = await fleet.start({ tasks: [task], wrap: faults.wrap });
  const { id } = await worker.dispatch(task, null);
  await fleet.settle();
  const dueAt = fleet.clock.now() + 60_000;
  await (await fleet.storage()).release(worker.workerId!, [{ taskId: id, token: 1, dueAt }]);
  await fleet.pass(1_000, 50); // the report is rejected, and the handler ends
  let isLost = false;
  faults.rule = (verb) => {
    if (verb !== "claim" || isLost || fleet.clock.now() < dueAt) return null;
    isLost = true;
    return { at: "after" };
  };
  await fleet.pass(180_000, 1_000);
  const { status, workerId } = (await worker.get(id))!;
  assertEquals([isLost, status, workerId, runs], [true, "Completed", null, 2]);
});
