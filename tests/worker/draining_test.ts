// Tests workers that an operator asks to stop: they claim nothing more, finish what runs, and end.

import { assertEquals } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { Fleet, gate } from "../support/fleet.ts";

const oneAtATime = { default: { parallelism: 1 } };
const operator = { by: "ada", reason: "the host is replaced" };

Deno.test("a worker that drains finishes its running tasks, gives back the others, and ends", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const task = defineTask<number>({ type: "work", handle: () => release.opened });
  const web = fleet.create({ tasks: [task] });
  const everTask = await fleet.start({ tasks: [task], queues: oneAtATime });
  const results = await web.dispatchMany(task, [1, 2, 3]);
  await fleet.pass(500);
  const { workerId } = everTask;
  assertEquals(await web.operate.drainWorker(workerId!, operator), true);
  await fleet.settle();

  const storage = await fleet.storage();
  const records = async () =>
    await Promise.all(results.map(async ({ id }) => (await storage.get(id))!));
  assertEquals((await records()).map((r) => [r.status, r.attempt, r.workerId]), [
    ["InProgress", 1, workerId],
    ["Queued", 0, null],
    ["Queued", 0, null],
  ]);
  // Its heartbeats keep the lease while the handler runs, longer than the grace of a stop.
  await fleet.pass(600_000, 1_000);
  assertEquals((await web.operate.workers()).map((w) => [w.id, w.alive, w.draining]), [
    [workerId, true, true],
  ]);
  release.open();
  await fleet.passUntil(() => everTask.workerId === null);
  assertEquals((await records()).map((r) => r.status), ["Completed", "Queued", "Queued"]);
  assertEquals(await storage.workers(), []);

  const other = await fleet.start({ tasks: [task], queues: oneAtATime });
  await fleet.pass(1_000);
  assertEquals((await records()).map((r) => r.status), ["Completed", "Completed", "Completed"]);
  const { items: [action] } = await web.operate.actions.list();
  assertEquals([action!.verb, action!.by, action!.reason, action!.target], [
    "drainWorker",
    operator.by,
    operator.reason,
    { kind: "worker", id: workerId },
  ]);
  await fleet.stop(other);
});

Deno.test("an idle worker that drains ends at once, and its instance still dispatches", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({ type: "work", handle() {} });
  const everTask = await fleet.start({ tasks: [task] });
  assertEquals(await everTask.operate.drainWorker(everTask.workerId!, operator), true);
  await fleet.passUntil(() => everTask.workerId === null);
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(60_000, 1_000);
  const storage = await fleet.storage();
  assertEquals([(await storage.get(id))!.status, await storage.workers()], ["Queued", []]);
});

Deno.test("a stop ends a worker that drains within its timeout", async () => {
  await using fleet = new Fleet();
  const never = gate();
  const task = defineTask<null>({ type: "work", handle: () => never.opened });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(500);
  await everTask.operate.drainWorker(everTask.workerId!, operator);
  await fleet.pass(1_000);
  await fleet.stop(everTask, 5_000);
  assertEquals((await (await fleet.storage()).get(id))!.status, "ServiceStopped");
  never.open();
});

Deno.test("a worker that drains does not serve its queues", async () => {
  await using fleet = new Fleet();
  const release = gate();
  const task = defineTask<null>({ type: "work", handle: () => release.opened });
  const web = fleet.create({ tasks: [task] });
  const everTask = await fleet.start({ tasks: [task] });
  await web.dispatch(task, null);
  await fleet.pass(500);
  await web.operate.drainWorker(everTask.workerId!, operator);
  await fleet.settle();
  const { id } = await web.dispatch(task, null);
  await fleet.pass(500);
  const { reasons } = await web.operate.explain(id);
  assertEquals(reasons.map(({ kind }) => kind), ["queueUnserved"]);
  const [queue] = await web.operate.queues();
  assertEquals([queue!.queue, queue!.workerIds, queue!.places], ["default", [], 0]);
  release.open();
  await fleet.passUntil(() => everTask.workerId === null);
});

Deno.test("an unknown worker cannot be drained", async () => {
  await using fleet = new Fleet();
  const everTask = await fleet.start({ tasks: [] });
  assertEquals(await everTask.operate.drainWorker("nobody", operator), false);
  await fleet.pass(60_000, 1_000);
  assertEquals((await everTask.operate.workers()).map((w) => w.draining), [false]);
  assertEquals((await everTask.operate.actions.list()).items, []);
});
