// Workers: their registration, their queues and types, and the age of their heartbeats.

import { expectNear, expectSame } from "../expect.ts";
import { hour, leaseMs, minute, topic } from "../scene.ts";

export const workers = topic("workers", {
  "workers report the queues and types that they serve": async (s) => {
    const host = "host";
    const serves = {
      queues: [{ name: "default", parallelism: 10 }, { name: 'é "\u0000', parallelism: 1 }],
      types: ["mail", "\ud800'"],
    };
    await s.storage.registerWorker({ id: "worker-a", host, serves });
    await s.unit.passTime(minute);
    await s.storage.registerWorker({ id: "worker-b", host });
    const told = async () => (await s.storage.workers()).map((worker) => worker.serves);
    expectSame(await told(), [serves, null], "null for a worker that does not report them");
    const others = { queues: [{ name: "mails", parallelism: 2 }], types: [] };
    await s.storage.registerWorker({ id: "worker-a", host, serves: others });
    expectSame(await told(), [others, null], "the last report");
  },

  "workers report their process": async (s) => {
    const host = "host";
    const known = {
      version: "1.2.3",
      applicationVersion: 'main "\u0000',
      runtime: 'Deno/2 "\u0000',
      pid: 4711,
    };
    const unknown = { ...known, applicationVersion: null, pid: null };
    await s.storage.registerWorker({ id: "worker-a", host, process: known });
    await s.unit.passTime(minute);
    await s.storage.registerWorker({ id: "worker-b", host, process: unknown });
    await s.unit.passTime(minute);
    await s.storage.registerWorker({ id: "worker-c", host });
    const workers = await s.storage.workers();
    const told = workers.map((worker) => [worker.serves, worker.process]);
    expectSame(told, [[null, known], [null, unknown], [null, null]], "each its own");
  },

  "workers are listed until they unregister": async (s) => {
    await s.worker("worker-a");
    await s.unit.passTime(minute);
    await s.worker("worker-b");
    const now = await s.now();
    const workers = await s.storage.workers();
    expectSame(workers.map((w) => [w.id, w.host]), [["worker-a", "worker-a.example.org"], [
      "worker-b",
      "worker-b.example.org",
    ]], "oldest first");
    expectNear(workers[0]!.startedAt, now - minute, "since when");
    expectNear(workers[1]!.heartbeatAt, now, "last seen");
    const beat = await s.storage.heartbeat("worker-a", leaseMs);
    expectSame([beat.alive, beat.cancelRequests, beat.pausedQueues, beat.othersLost], [
      true,
      [],
      [],
      false,
    ], "a heartbeat's answer");
    expectNear(beat.now, now, "with the storage's clock");
    const [worker] = await s.storage.workers();
    expectNear(worker!.heartbeatAt, now, "the heartbeat is seen");
    expectNear(worker!.startedAt, now - minute, "the start is as before");
    await s.storage.unregisterWorker("worker-a");
    await s.storage.unregisterWorker("worker-a");
    await s.storage.unregisterWorker("never-there");
    expectSame(
      (await s.storage.workers()).map((w) => w.id),
      ["worker-b"],
      "a clean end removes it",
    );
  },

  "a heartbeat has an age, by the storage's clock": async (s) => {
    await s.worker("worker-a");
    const ages = async () => (await s.storage.workers()).map((worker) => worker.heartbeatAgeMs);
    expectNear((await ages())[0]!, 0, "it has just been registered");
    await s.unit.passTime(hour);
    await s.worker("worker-b");
    const [old, fresh] = await ages();
    expectNear(old!, hour, "its last heartbeat was an hour ago");
    expectNear(fresh!, 0, "the other worker has its own heartbeat");
    await s.storage.heartbeat("worker-a", 2 * hour);
    expectNear((await ages())[0]!, 0, "it has sent another heartbeat");
  },

  "registering twice is the same as once": async (s) => {
    await s.worker();
    await s.unit.passTime(hour);
    await s.worker();
    const workers = await s.storage.workers();
    expectSame(workers.length, 1, "one row");
    const now = await s.now();
    expectNear(workers[0]!.startedAt, now - hour, "since the first time");
    expectNear(workers[0]!.heartbeatAt, now, "and the second is a heartbeat");
  },

  "the heartbeat of an unknown worker has no effect": async (s) => {
    const beat = await s.storage.heartbeat("nobody", leaseMs);
    expectSame(
      [beat.alive, beat.cancelRequests, beat.othersLost],
      [false, [], false],
      "it is not alive",
    );
    expectSame(await s.storage.workers(), [], "and does not become so");
  },

  "held tasks are counted by worker and queue": async (s) => {
    const held = async () =>
      (await s.storage.heldTasks())!
        .map(({ workerId, queue, count }) => `${workerId} | ${queue} | ${count}`).sort();
    const [wide, lone] = ["b\0 ", "worker-\0é"];
    expectSame(await held(), [], "none without a worker");
    await s.worker();
    await s.worker(lone);
    await s.addMany(4);
    await s.add({ queue: "other" });
    await s.add({ queue: wide });
    expectSame(await held(), [], "waiting tasks are not held");
    const [first] = await s.claim("worker-a", { queues: ["default", wide], limit: 2 });
    await s.claim(lone, { queues: ["default"], limit: 1 });
    expectSame(
      await held(),
      [`${lone} | default | 1`, `worker-a | ${wide} | 1`, "worker-a | default | 2"],
      "each worker's tasks",
    );
    await s.storage.unregisterWorker("worker-a");
    expectSame((await held()).length, 3, "a worker that stopped still holds its tasks");
    await s.change(first!.id, ["Completed"]);
    const left = (await s.storage.heldTasks())!.reduce((sum, { count }) => sum + count, 0);
    expectSame(left, 3, "an ended task is not held");
  },
});
