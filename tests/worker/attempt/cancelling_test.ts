// Tests cancel() of waiting, retrying, prefetched and running tasks, in this and in another
// process.

import { assert, assertEquals } from "@std/assert";
import { defineTask, linearRetry, TaskCancelledError } from "../../../mod.ts";
import { Fleet, gate, untilAborted } from "../../support/fleet.ts";

const oneAtATime = { default: { parallelism: 1 } };

for (const where of ["its own process", "another process"] as const) {
  Deno.test(`a running task is cancelled from ${where}: its signal aborts at once`, async () => {
    await using fleet = new Fleet();
    let reason: unknown;
    const task = defineTask<null>({
      type: "long",
      handle: (_, { signal }) =>
        untilAborted(signal).catch((error) => {
          reason = error;
          throw error;
        }),
    });
    const owner = await fleet.start({ tasks: [task] });
    const { id } = await owner.dispatch(task, null);
    await fleet.pass(500);
    const canceller = where === "its own process" ? owner : fleet.create({ tasks: [task] });
    assertEquals(await canceller.cancel(id), "requested");
    await fleet.settle();
    assert(reason instanceof TaskCancelledError);
    assertEquals((await owner.get(id))!.status, "Cancelled");
    assertEquals(fleet.kinds(id).at(-1), "cancelled");
    assertEquals(await canceller.cancel(id), "ended");
  });

  Deno.test(`a prefetched task is cancelled from ${where} without being run`, async () => {
    await using fleet = new Fleet();
    const release = gate();
    const ran: string[] = [];
    const task = defineTask<string>({
      type: "long",
      handle: async (name) => {
        ran.push(name);
        await release.opened;
      },
    });
    const owner = await fleet.start({ tasks: [task], queues: oneAtATime });
    const [, second] = await owner.dispatchMany(task, ["first", "second"]);
    await fleet.settle();
    assert((await owner.get(second!.id))!.workerId !== null, "it was prefetched");
    const canceller = where === "its own process" ? owner : fleet.create({ tasks: [task] });
    assertEquals(await canceller.cancel(second!.id), "requested");
    await fleet.settle();
    const record = (await owner.get(second!.id))!;
    assertEquals([record.status, record.workerId], ["Cancelled", null]);
    release.open();
    await fleet.settle();
    assertEquals(ran, ["first"]);
  });
}

Deno.test("a waiting, a delayed and a retrying task are cancelled at once", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({
    type: "flaky",
    retry: linearRetry(3, { minutes: 1 }),
    handle() {
      ran++;
      throw new Error("busy");
    },
  });
  const everTask = await fleet.start({ tasks: [task] });
  const web = fleet.create({ tasks: [task] });
  const retrying = await everTask.dispatch(task, null);
  const delayed = await everTask.dispatch(task, null, { delay: { minutes: 1 } });
  await fleet.settle();
  for (const { id } of [retrying, delayed]) {
    assertEquals(await web.cancel(id), "cancelled");
    assertEquals((await web.get(id))!.status, "Cancelled");
  }
  await fleet.pass(300_000, 60_000);
  assertEquals(ran, 1);
  assertEquals(await web.cancel("01900000-0000-7000-8000-000000000000"), "unknown");
});

Deno.test("cancelling a running occurrence ends its series, also when the handler completes", async () => {
  await using fleet = new Fleet();
  const release = gate();
  let ran = 0;
  const task = defineTask<null>({
    type: "report",
    handle: async () => {
      ran++;
      await release.opened; // ignores its signal
    },
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null, {
    recurring: (run) => run.every(1).minutes(),
  });
  await fleet.pass(61_000, 1_000);
  assertEquals(ran, 1);
  assertEquals(await everTask.cancel(id), "requested");
  release.open();
  await fleet.pass(300_000, 60_000);
  assertEquals(ran, 1);
  const record = (await everTask.get(id))!;
  assertEquals([record.series!.nextRunAt, record.dueAt], [null, null]);
});

Deno.test("a cancelled task is never retried, for any error of the handler", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({
    type: "long",
    retry: linearRetry(5, 1).handleWhen(() => true),
    handle: async (_, { signal }) => {
      ran++;
      await untilAborted(signal).catch(() => {
        throw new Error("interrupted");
      });
    },
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await fleet.settle();
  await everTask.cancel(id);
  await fleet.pass(1_000, 100);
  assertEquals([ran, (await everTask.get(id))!.status], [1, "Cancelled"]);
});

Deno.test("a cancelled handler that does not stop loses its slot after the grace period", async () => {
  await using fleet = new Fleet();
  const never = gate();
  let next = 0;
  const stubborn = defineTask<null>({ type: "stubborn", handle: () => never.opened });
  const other = defineTask<null>({ type: "other", handle: () => void next++ });
  const everTask = await fleet.start({ tasks: [stubborn, other], queues: oneAtATime });
  const { id } = await everTask.dispatch(stubborn, null);
  await everTask.dispatch(other, null);
  await fleet.settle();
  await everTask.cancel(id);
  await fleet.pass(4_000, 500);
  assertEquals(next, 0);
  await fleet.pass(1_500, 500);
  assertEquals([next, (await everTask.get(id))!.status], [1, "Cancelled"]);
  assertEquals(fleet.kinds(id), ["dispatched", "started", "stuck", "cancelled"]);
  never.open();
});

Deno.test("cancel() ends a series while its claimed run waits for a slot; a dispatch makes it due again", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const ran: string[] = [];
  const task = defineTask<string>({
    type: "work",
    queue: "default",
    handle: async (name) => {
      ran.push(name);
      if (name === "first") await release.opened;
    },
  });
  const everTask = await fleet.start({ tasks: [task], queues: oneAtATime });
  await everTask.dispatch(task, "first");
  const register = () =>
    everTask.dispatch(task, "series", {
      recurring: (r) => r.runNow().andThen().everyHour(),
      taskKey: "series",
    });
  const { id } = await register();
  await fleet.settle();
  assertEquals((await everTask.get(id))!.workerId, everTask.workerId, "it was prefetched");
  assertEquals(await everTask.cancel(id), "requested");
  await fleet.settle();
  const { status, dueAt, series } = (await everTask.get(id))!;
  assertEquals([status, dueAt, series!.nextRunAt, series!.runCount], ["Cancelled", null, null, 0]);
  assertEquals(await register(), { id, outcome: "updated" });
  release.open();
  await fleet.settle();
  assertEquals(ran, ["first", "series"]);
});

Deno.test("a task whose worker is lost after a cancel request is not started by the next worker", async () => {
  await using fleet = new Fleet();
  let ran = 0;
  const task = defineTask<null>({ type: "work", handle: () => void ran++ });
  const web = fleet.create({ tasks: [task] });
  const { id } = await web.dispatch(task, null);
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "dead", host: "elsewhere" });
  await storage.claim({
    workerId: "dead",
    types: ["work"],
    queues: [{ name: "default", limit: 1 }],
  });
  assertEquals(await web.cancel(id), "requested");
  await storage.unregisterWorker("dead");
  await fleet.start({ tasks: [task] });
  await fleet.pass(1_000, 100);
  const { status, workerId } = (await web.get(id))!;
  assertEquals([ran, status, workerId], [0, "Cancelled", null]);
  assertEquals(fleet.kinds(id), ["dispatched", "lost", "cancelled"]);
});

Deno.test("a cancel that follows a timeout within the grace period ends the series", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const task = defineTask<null>({ type: "work", timeout: 1_000, handle: () => release.opened });
  const everTask = await fleet.start({ tasks: [task], abortGrace: 5_000 });
  const { id } = await everTask.dispatch(task, null, {
    recurring: (r) => r.runNow().andThen().everyHour(),
  });
  await fleet.pass(2_000, 500);
  assertEquals(fleet.kinds(id).at(-1), "timeout");
  assertEquals(await everTask.cancel(id), "requested");
  release.open();
  await fleet.settle();
  const { status, dueAt, series } = (await everTask.get(id))!;
  assertEquals([status, dueAt, series!.nextRunAt], ["Completed", null, null]);
});

Deno.test("a task that is cancelled while onStarted runs does not reach its handler", async () => {
  await using fleet = new Fleet();
  const hook = gate();
  let ran = 0;
  const task = defineTask<null>({
    type: "work",
    onStarted: () => hook.opened,
    handle: () => void ran++,
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await fleet.settle();
  await everTask.cancel(id);
  hook.open();
  await fleet.settle();
  assertEquals([ran, (await everTask.get(id))!.status], [0, "Cancelled"]);
});
