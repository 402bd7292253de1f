// The deferred heartbeats of a lone worker have the same effect as written ones.

import { assertEquals } from "@std/assert";
import { FakeClock } from "../../../src/testing/mod.ts";
import { newTask } from "../../support/new_task.ts";
import { Scratch } from "./support.ts";

const leaseMs = 15_000;
const lost = { leaseMs, poisonLimit: 5, lostReason: "lost", poisonReason: "poison" };
const claim = (workerId: string) => ({
  workerId,
  types: ["send-email"],
  queues: [{ name: "default", limit: 10 }],
});

Deno.test("a worker whose heartbeats are kept in memory is never late", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ exclusive: true, clock });
  await storage.registerWorker({ id: "first", host: "here" });
  await storage.persist([newTask()]);
  await storage.claim(claim("first"));
  for (let n = 0; n < 10; n++) {
    await clock.advance(5_000);
    assertEquals((await storage.heartbeat("first", leaseMs)).alive, true);
  }
  assertEquals((await storage.workers()).map(({ heartbeatAt }) => heartbeatAt), [clock.now()]);
  // Another worker of this process registers, and evaluates the heartbeat.
  await storage.heartbeat("first", leaseMs);
  await storage.registerWorker({ id: "second", host: "here" });
  assertEquals((await storage.heartbeat("second", leaseMs)).othersLost, false);
  assertEquals(await storage.releaseLost(lost), []);
  // Now that there are two workers, a worker without heartbeats is lost.
  await clock.advance(20_000);
  assertEquals((await storage.heartbeat("second", leaseMs)).othersLost, true);
  assertEquals((await storage.releaseLost(lost)).map(({ workerId }) => workerId), ["first"]);
  assertEquals((await storage.heartbeat("first", leaseMs)).alive, false);
});

Deno.test("the answer of a heartbeat contains the current cancel requests and pauses", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ exclusive: true });
  await storage.registerWorker({ id: "worker", host: "here" });
  const task = newTask();
  await storage.persist([task]);
  await storage.claim(claim("worker"));
  const beat = () => storage.heartbeat("worker", leaseMs);
  assertEquals((await beat()).cancelRequests, []);
  await storage.requestCancel([task.id]);
  assertEquals((await beat()).cancelRequests, [task.id]);
  await storage.setStatus(task.id, "Cancelled", null, "Full");
  assertEquals((await beat()).cancelRequests, []);
  await storage.setQueuePaused("default", true);
  assertEquals((await beat()).pausedQueues, ["default"]);
  await storage.setQueuePaused("default", false);
  assertEquals((await beat()).pausedQueues, []);
  await storage.unregisterWorker("worker");
  assertEquals((await beat()).alive, false);
});

Deno.test("a cached answer has the time of its heartbeat, and is only for its worker", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const storage = await scratch.open({ exclusive: true, clock });
  await storage.registerWorker({ id: "worker", host: "here" });
  for (let n = 0; n < 3; n++) {
    await clock.advance(1_000);
    assertEquals((await storage.heartbeat("worker", leaseMs)).now, clock.now());
  }
  assertEquals((await storage.heartbeat("stranger", leaseMs)).alive, false);
});

Deno.test("each heartbeat checks again whether other workers were lost", async () => {
  await using scratch = new Scratch();
  const storage = await scratch.open({ exclusive: true });
  for (const id of ["worker", "gone"]) await storage.registerWorker({ id, host: "here" });
  const task = newTask({ claimFor: "gone" });
  await storage.persist([task]);
  await storage.unregisterWorker("gone");
  const othersLost = async () => (await storage.heartbeat("worker", leaseMs)).othersLost;
  assertEquals([await othersLost(), await othersLost()], [true, true]);
  const lease = { workerId: "gone", token: 1 };
  await storage.setStatus(task.id, "Completed", null, "Full", { lease });
  assertEquals(await othersLost(), false);
});

Deno.test("heartbeats are written if other processes can read them", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const [here, there] = [await scratch.open({ clock }), await scratch.open({ clock })];
  await here.registerWorker({ id: "worker", host: "here" });
  for (let n = 0; n < 3; n++) {
    await clock.advance(10_000);
    await here.heartbeat("worker", leaseMs);
    assertEquals((await there.workers()).map(({ heartbeatAgeMs }) => heartbeatAgeMs), [0]);
  }
});

Deno.test("the tasks of an ended process are found, even with exclusive access to the file", async () => {
  await using scratch = new Scratch();
  const clock = new FakeClock();
  const killed = await scratch.open({ exclusive: true, clock });
  await killed.registerWorker({ id: "killed", host: "here" });
  await killed.persist([newTask()]);
  await killed.claim(claim("killed"));
  await killed.heartbeat("killed", leaseMs);
  await killed.close();

  const storage = await scratch.open({ exclusive: true, clock });
  await storage.registerWorker({ id: "heir", host: "here" });
  assertEquals((await storage.heartbeat("heir", leaseMs)).othersLost, false);
  await clock.advance(20_000);
  assertEquals((await storage.heartbeat("heir", leaseMs)).othersLost, true);
  assertEquals((await storage.releaseLost(lost)).map(({ workerId }) => workerId), ["killed"]);
  assertEquals((await storage.heartbeat("heir", leaseMs)).othersLost, false);
});
