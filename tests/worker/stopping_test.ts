// Tests the graceful stop: prefetched tasks return to storage, running tasks may finish,
// aborted tasks run again, and all changes are written.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { defineTask, linearRetry, StoppedError, WorkerStoppedError } from "../../mod.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate, untilAborted } from "../support/fleet.ts";

const oneAtATime = { default: { parallelism: 1 } };

Deno.test("prefetched tasks return to storage at once, unchanged, and running ones may finish", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const task = defineTask<number>({ type: "work", handle: () => release.opened });
  const everTask = await fleet.start({ tasks: [task], queues: oneAtATime });
  const results = await everTask.dispatchMany(task, [1, 2, 3]);
  await fleet.pass(500);
  const stopped = everTask.stop();
  await fleet.settle();
  const storage = await fleet.storage();
  const records = async () =>
    await Promise.all(results.map(async ({ id }) => (await storage.get(id))!));
  assertEquals((await records()).map((r) => [r.status, r.attempt, r.workerId === null]), [
    ["InProgress", 1, false],
    ["Queued", 0, true],
    ["Queued", 0, true],
  ]);
  release.open();
  await fleet.until(stopped);
  assertEquals((await records()).map((r) => r.status), ["Completed", "Queued", "Queued"]);
  assertEquals(await storage.workers(), []);
});

Deno.test("a task that does not finish in time is aborted, becomes ServiceStopped and runs again without a counted attempt", async () => {
  await using fleet = new Fleet();
  const attempts: number[] = [];
  const reasons: unknown[] = [];
  const task = defineTask<null>({
    type: "long",
    retry: linearRetry(0, 1),
    handle: async (_, { attempt, signal }) => {
      attempts.push(attempt);
      if (attempts.length > 1) return;
      await untilAborted(signal).catch((reason) => {
        reasons.push(reason);
        throw reason;
      });
    },
  });
  const first = await fleet.start({ tasks: [task] });
  const { id } = await first.dispatch(task, null);
  await fleet.pass(1_000);
  await fleet.stop(first, 10_000);
  const record = (await (await fleet.storage()).get(id))!;
  assertEquals([record.status, record.attempt, record.lostCount, record.workerId], [
    "ServiceStopped",
    0,
    0,
    null,
  ]);
  assert(record.dueAt !== null && record.dueAt <= fleet.clock.now());
  assert(reasons[0] instanceof WorkerStoppedError);
  await fleet.start({ tasks: [task] });
  assertEquals(attempts, [1, 1]);
  assertEquals(await fleet.trail(id), [
    "Queued",
    "InProgress",
    "ServiceStopped",
    "Queued",
    "InProgress",
    "Completed",
  ]);
});

Deno.test("a handler that ignores the stop does not delay it, and its task runs again", async () => {
  await using fleet = new Fleet();
  const never = gate();
  const task = defineTask<null>({ type: "stubborn", handle: () => never.opened });
  const everTask = await fleet.start({ tasks: [task], abortGrace: 2_000 });
  const { id } = await everTask.dispatch(task, null);
  await fleet.settle();
  const started = fleet.clock.monotonic();
  await fleet.stop(everTask, 5_000);
  assertEquals(fleet.clock.monotonic() - started, 7_000);
  const record = (await (await fleet.storage()).get(id))!;
  assertEquals([record.status, record.attempt], ["ServiceStopped", 0]);
  never.open();
  await fleet.settle();
  assertEquals((await (await fleet.storage()).get(id))!.status, "ServiceStopped");
});

Deno.test("ends of tasks, retries that wait for a slow hook, and log lines are written before stop resolves", async () => {
  await using fleet = new Fleet();
  const hook = gate();
  const done = defineTask<null>({ type: "done", handle: (_, { log }) => log.info("was here") });
  const flaky = defineTask<null>({
    type: "flaky",
    handle() {
      throw new Error("busy");
    },
    onRetry: () => hook.opened,
  });
  const everTask = await fleet.start({ tasks: [done, flaky], persistentLogs: true });
  const [{ id: doneId }, { id: flakyId }] = await Promise.all([
    everTask.dispatch(done, null),
    everTask.dispatch(flaky, null),
  ]);
  await fleet.settle();
  const stopped = everTask.stop();
  await fleet.settle();
  hook.open();
  await fleet.until(stopped);
  const storage = await fleet.storage();
  assertEquals((await storage.get(doneId))!.status, "Completed");
  assertEquals((await storage.executionLogs(doneId)).items.map((line) => line.message), [
    "was here",
  ]);
  const flakyRecord = (await storage.get(flakyId))!;
  assertEquals([flakyRecord.status, flakyRecord.attempt, flakyRecord.workerId], [
    "Pending",
    1,
    null,
  ]);
});

Deno.test("stop is idempotent, and afterwards nothing is dispatched", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "work", handle() {} });
  const everTask = await fleet.start({ tasks: [task] });
  const stops = [everTask.stop(), everTask.stop(), everTask[Symbol.asyncDispose]()];
  await fleet.until(Promise.all(stops));
  await everTask.stop();
  await assertRejects(() => everTask.dispatch(task, null), StoppedError);
  await assertRejects(() => everTask.statistics(), StoppedError);
  await assertRejects(() => everTask.start(), StoppedError);
});

Deno.test("a task that a handler dispatches while its worker stops waits in storage", async () => {
  await using fleet = new Fleet();
  const release = gate();
  let followUp = "";
  const next = defineTask<null>({ type: "next", handle() {} });
  const task = defineTask<null>({
    type: "work",
    handle: async (_, { dispatch }) => {
      await release.opened;
      followUp = (await dispatch(next, null)).id;
    },
  });
  const everTask = await fleet.start({ tasks: [task, next] });
  await everTask.dispatch(task, null);
  await fleet.settle();
  const stopped = everTask.stop();
  release.open();
  await fleet.until(stopped);
  const record = (await (await fleet.storage()).get(followUp))!;
  assertEquals([record.status, record.workerId], ["Queued", null]);
});

for (const verb of ["persist", "claim"] as const) {
  Deno.test(`a task that storage assigns to a stopping worker is given back (${verb})`, async () => {
    await using fleet = new Fleet();
    const faults = new Faults();
    const answered = gate();
    let ran = 0;
    const task = defineTask<null>({ type: "work", handle: () => void ran++ });
    const web = fleet.create({ tasks: [task] });
    const everTask = await fleet.start({ tasks: [task], wrap: faults.wrap });
    let calls = 0;
    faults.rule = (called) => called === verb && calls++ === 0 ? { until: answered.opened } : null;
    const dispatched = (verb === "claim" ? web : everTask).dispatch(task, null);
    await fleet.settle();
    const stopped = everTask.stop();
    await fleet.settle();
    answered.open();
    const { id } = await dispatched;
    await fleet.until(stopped);
    const { status, workerId, attempt } = (await web.get(id))!;
    assertEquals([ran, calls, status, workerId, attempt], [0, 1, "Queued", null, 0]);
  });
}

Deno.test("a stop leaves no timer behind, even if a heartbeat is answered during it", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const answered = gate();
  const rateLimit = { permits: 1, period: 5_000 };
  const task = defineTask<null>({ type: "work", rateLimit, handle() {} });
  const everTask = await fleet.start({
    tasks: [task],
    wrap: faults.wrap,
    retention: { statusAuditDays: 1 },
  });
  await everTask.dispatchMany(task, [null, null, null]);
  await fleet.settle();
  let isAsked = false;
  faults.rule = (verb) => {
    if (verb !== "heartbeat") return null;
    isAsked = true;
    return { until: answered.opened };
  };
  await fleet.passUntil(() => isAsked, 500);
  const stopped = fleet.stop(everTask);
  await fleet.settle();
  answered.open();
  await stopped;
  assertEquals(fleet.clock.timerCount, 0);
});

Deno.test("a stop waits for the writes of log lines, for up to the duration of a lease", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const task = defineTask<null>({ type: "work", handle: (_, { log }) => log.info("was here") });
  const everTask = await fleet.start({
    tasks: [task],
    wrap: faults.wrap,
    persistentLogs: true,
    leaseDuration: 15_000,
    abortGrace: 2_000,
  });
  faults.rule = (verb) =>
    verb === "saveExecutionLogs"
      ? { heldUntil: new Promise((resolve) => void fleet.clock.setTimer(resolve, 10_000)) }
      : null;
  const { id } = await everTask.dispatch(task, null);
  await fleet.settle();
  await fleet.stop(everTask);
  const { items } = await (await fleet.storage()).executionLogs(id);
  assertEquals(items.map(({ message }) => message), ["was here"]);
});

Deno.test("prefetched tasks do not start once a stop has begun, even if a claim delays their return", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const [release, claimed] = [gate(), gate()];
  const ran: number[] = [];
  const task = defineTask<number>({
    type: "work",
    async handle(n) {
      ran.push(n);
      await release.opened;
    },
  });
  const web = fleet.create({ tasks: [task] });
  const everTask = await fleet.start({ tasks: [task], queues: oneAtATime, wrap: faults.wrap });
  const [, second] = await everTask.dispatchMany(task, [1, 2]);
  await fleet.settle();
  faults.rule = (verb) => verb === "claim" ? { until: claimed.opened } : null;
  await everTask.cancel((await web.dispatch(task, 3)).id); // its notification makes the worker claim
  await everTask.queues.resume("default");
  await fleet.settle();
  const stopped = everTask.stop();
  release.open();
  await fleet.settle();
  assertEquals(ran, [1]);
  claimed.open();
  await fleet.until(stopped);
  const { status, workerId } = (await web.get(second!.id))!;
  assertEquals([ran, status, workerId], [[1], "Queued", null]);
});
