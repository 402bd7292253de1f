// Lost workers: how they are detected, how their tasks are released, and when a task fails.

import { WorkerLostError } from "../../../storage/errors.ts";
import { expectNear, expectRejection, expectSame, expectSameSet, expectThat } from "../expect.ts";
import { day, hour, leaseMs, minute, topic } from "../scene.ts";

export const lostWorkers = topic("lost workers", {
  "a worker with a recent heartbeat keeps its tasks": async (s) => {
    const { id } = await s.claimed();
    await s.unit.passTime(leaseMs - minute);
    expectSame(await s.releaseLost(), [], "not late yet");
    await s.storage.heartbeat("worker-a", leaseMs);
    await s.unit.passTime(leaseMs - minute);
    expectSame(await s.releaseLost(), [], "the heartbeat counts");
    expectSame((await s.row(id)).workerId, "worker-a", "the lease holds");
  },

  "a late worker is removed, and its tasks are due again": async (s) => {
    const { id } = await s.claimed({ queue: "email" });
    await s.change(id, ["InProgress"]);
    await s.unit.passTime(leaseMs + minute);
    await s.worker("worker-b");
    const lost = await s.releaseLost({}, await s.unit.another());
    expectSame(lost, [{
      taskId: id,
      type: "send-email",
      queue: "email",
      workerId: "worker-a",
      lostCount: 1,
      poisoned: false,
    }], "the answer lists the lost tasks");
    const row = await s.row(id);
    expectSame([row.status, row.exception, row.workerId, row.attempt, row.lostCount], [
      "ServiceStopped",
      "The worker was lost.",
      null,
      1,
      1,
    ], "the row");
    expectNear(row.dueAt, await s.now(), "due now");
    expectSame(await s.statuses(id), [
      "Queued",
      "InProgress",
      "ServiceStopped: The worker was lost.",
    ], "the audit");
    expectSame(
      (await s.storage.workers()).map((w) => w.id),
      ["worker-b"],
      "the late worker is removed",
    );
    expectSame(await s.releaseLost(), [], "nothing is taken twice");
    const [again] = await s.claim("worker-b", { queues: ["email"] });
    expectSame([again?.id, again?.attempt, again?.lostCount, again?.status], [
      id,
      2,
      1,
      "ServiceStopped",
    ], "another one gets it");
  },

  "a heartbeat of a clock that was ahead does not keep a worker alive": [
    "setClockBack",
    async (s) => {
      const { id } = await s.claimed();
      await s.worker("worker-b");
      await s.unit.setClockBack!(day);
      const othersLost = async (workerId: string) =>
        (await s.storage.heartbeat(workerId, leaseMs)).othersLost;
      expectSame(await othersLost("worker-b"), true, "they may be lost");
      expectSame(await s.releaseLost(), [], "they get one lease to send a heartbeat");
      await s.unit.passTime(leaseMs - minute);
      expectSame(await othersLost("worker-b"), false, "it has not passed");
      await s.unit.passTime(2 * minute);
      expectSame(await othersLost("worker-b"), true, "one of them was silent for a lease");
      const lost = await s.releaseLost();
      expectSame(lost.map((t) => [t.taskId, t.workerId]), [[id, "worker-a"]], "its task is taken");
      expectSame((await s.storage.workers()).map((w) => w.id), ["worker-b"], "the other one lives");
    },
  ],

  "a worker with a heartbeat in the future has one lease to send another heartbeat": [
    "setClockBack",
    async (s) => {
      const { id } = await s.claimed();
      await s.unit.setClockBack!(day);
      expectSame(await s.releaseLost(), [], "it has one lease to send a heartbeat");
      await s.unit.passTime(leaseMs + minute);
      expectSame((await s.releaseLost()).map((t) => t.taskId), [id], "it has sent none");
    },
  ],

  "all tasks are found that a worker claimed since the instant it reported": async (s) => {
    await s.worker();
    const { claimsFrom } = await s.storage.heartbeat("worker-a", leaseMs);
    const { id } = await s.claimed();
    const born = await s.add({ claimFor: "worker-a" });
    await s.storage.heartbeat("worker-a", leaseMs, claimsFrom);
    expectSame(await s.storage.releaseUnknown("worker-a", [id]), 1, "the unknown one is found");
    expectSame((await s.row(born)).workerId, null, "it is given back");
    await s.unit.passTime(leaseMs + minute);
    expectSame((await s.releaseLost()).map((t) => t.taskId), [id], "the known one is found");
  },

  "a clock that is set back hides no task that a worker claimed since the instant it reported": [
    "setClockBack",
    async (s) => {
      await s.worker();
      const { claimsFrom } = await s.storage.heartbeat("worker-a", leaseMs);
      await s.unit.setClockBack!(day);
      const { id } = await s.claimed();
      const born = await s.add({ claimFor: "worker-a" });
      await s.storage.heartbeat("worker-a", leaseMs, claimsFrom);
      await s.unit.passTime(leaseMs + minute);
      expectSameSet((await s.releaseLost()).map((t) => t.taskId), [id, born], "both are found");
    },
  ],

  "a lost worker is notified and cannot claim": async (s) => {
    await s.claimed();
    await s.unit.passTime(leaseMs + minute);
    await s.releaseLost();
    const beat = await s.storage.heartbeat("worker-a", leaseMs);
    expectSame([beat.alive, beat.cancelRequests], [false, []], "it is not alive any more");
    await expectRejection(s.claim("worker-a"), WorkerLostError, "it cannot claim");
    expectSame(await s.storage.workers(), [], "the heartbeat does not bring it back");
  },

  "the tasks of a worker that unregistered are due again": async (s) => {
    const { id } = await s.claimed();
    await s.storage.unregisterWorker("worker-a");
    expectSame((await s.row(id)).workerId, "worker-a", "unregistering takes nothing away");
    await s.storage.requestCancel([id]);
    const { alive, cancelRequests } = await s.storage.heartbeat("worker-a", leaseMs);
    expectSame([alive, cancelRequests], [false, []], "a late heartbeat has no effect");
    expectSame(await s.storage.workers(), [], "it is not known any more");
    const lost = await s.releaseLost();
    expectSame(lost.map((t) => [t.taskId, t.workerId]), [[id, "worker-a"]], "they are found");
  },

  "a worker that unregistered and still holds tasks cannot claim before it registers again": async (
    s,
  ) => {
    await s.claimed();
    await s.add();
    await s.unit.passTime(hour);
    await s.storage.unregisterWorker("worker-a");
    await expectRejection(s.claim("worker-a"), WorkerLostError, "it is not registered");
    const born = await s.persist(s.task({ claimFor: "worker-a" }));
    expectSame(born.claimed, false, "nor is a new task stored as claimed for it");
    await s.worker("worker-a");
    expectSame((await s.claim("worker-a")).length, 2, "it is registered");
    const [worker] = await s.storage.workers();
    expectNear(worker!.startedAt, await s.now(), "anew");
  },

  "a heartbeat reports whether other workers were lost": async (s) => {
    await s.worker("worker-b");
    await s.claimed();
    const othersLost = async () => (await s.storage.heartbeat("worker-b", leaseMs)).othersLost;
    expectSame(await othersLost(), false, "all live");
    await s.storage.unregisterWorker("worker-a");
    expectSame(await othersLost(), true, "no worker holds the task");
    await s.releaseLost();
    expectSame(await othersLost(), false, "it was taken");
    await s.worker("worker-c");
    await s.unit.passTime(leaseMs + minute);
    expectSame(await othersLost(), true, "another worker is late");
    await s.releaseLost();
    expectSame(await othersLost(), false, "it was given up");
  },

  "only the lost worker's tasks are taken": async (s) => {
    await s.worker("worker-a");
    await s.addMany(10);
    const first = await s.claim("worker-a", { limit: 4 });
    await s.unit.passTime(leaseMs + minute);
    await s.worker("worker-b");
    const second = await s.claim("worker-b", { limit: 4 });
    const lost = await s.releaseLost();
    expectSameSet(lost.map((t) => t.taskId), first.map((t) => t.id), "the lost one's");
    for (const task of second) {
      expectSame((await s.row(task.id)).workerId, "worker-b", "the living one keeps its own");
    }
  },

  "a task that was lost too often fails": async (s) => {
    const id = await s.add();
    for (let round = 1; round <= 3; round++) {
      const workerId = await s.worker(`worker-${round}`);
      const [task] = await s.claim(workerId);
      expectSame(
        [task?.attempt, task?.lostCount],
        [round, round - 1],
        "attempts count at the claim",
      );
      await s.change(id, ["InProgress"]);
      await s.storage.unregisterWorker(workerId);
      const [lost] = await s.releaseLost({ poisonLimit: 2 });
      expectSame(
        [lost?.taskId, lost?.lostCount, lost?.poisoned],
        [id, round, round > 2],
        `loss ${round}`,
      );
    }
    const row = await s.row(id);
    expectSame([row.status, row.exception, row.dueAt, row.workerId, row.lostCount], [
      "Failed",
      "The task killed its workers.",
      null,
      null,
      3,
    ], "it failed permanently");
    const trail = await s.statuses(id);
    expectSame(
      trail.at(-1),
      "Failed: The task killed its workers.",
      "with its reason in the audit",
    );
    await s.unit.passTime(24 * hour);
    expectSame(await s.claim(await s.worker()), [], "it is not claimed again");
  },

  "a task that never started does not fail, however often its worker is lost": async (s) => {
    const id = await s.add();
    const poison = await s.add();
    for (let round = 1; round <= 4; round++) {
      const workerId = await s.worker(`worker-${round}`);
      const [task, other] = await s.claim(workerId);
      expectSame(
        [task?.attempt, task?.lostCount],
        round === 1 ? [1, 0] : [2, 1],
        "the claims that started nothing are undone",
      );
      expectSame([other?.id, other?.attempt], [poison, round], "the other one's count");
      await s.change(poison, ["InProgress"]);
      await s.storage.unregisterWorker(workerId);
      const lost = await s.releaseLost({ poisonLimit: 3 });
      expectSame(
        lost.map(({ taskId, lostCount, poisoned }) => [taskId, lostCount, poisoned]),
        [[id, 1, false], [poison, round, round > 3]],
        `loss ${round}`,
      );
      const row = await s.row(id);
      expectSame([row.status, row.exception, row.attempt, row.lostCount, row.workerId], [
        "ServiceStopped",
        "The worker was lost.",
        1,
        1,
        null,
      ], "one loss is counted");
      expectNear(row.dueAt, await s.now(), "due now");
    }
    expectSame((await s.row(poison)).status, "Failed", "the one that was running each time");
    const [task] = await s.claim(await s.worker("worker-5"));
    expectSame([task?.id, task?.attempt, task?.lostCount], [id, 2, 1], "one attempt counts");
  },

  "a retry that waited in a lost worker keeps its attempts": async (s) => {
    const { id } = await s.claimed();
    await s.change(id, ["InProgress", ["Pending", "Error: busy"]], { dueInMs: 0 });
    for (const name of ["worker-b", "worker-c"]) {
      const [task] = await s.claim(await s.worker(name));
      expectSame((task?.attempt ?? 0) - (task?.lostCount ?? 0), 2, "the second attempt");
      await s.storage.unregisterWorker(name);
      await s.releaseLost({ poisonLimit: 0 });
    }
    const row = await s.row(id);
    expectSame([row.status, row.attempt, row.lostCount], ["ServiceStopped", 2, 1], "one counts");
  },

  "with a poison limit of 0, only a running task fails": async (s) => {
    await s.worker();
    const [running, waiting] = await s.addMany(2);
    await s.claim("worker-a");
    await s.change(running!, ["InProgress"]);
    await s.storage.unregisterWorker("worker-a");
    await s.releaseLost({ poisonLimit: 0 });
    expectSame((await s.row(running!)).status, "Failed", "it may have ended the process");
    expectSame((await s.row(waiting!)).status, "ServiceStopped", "it had not started");
  },

  "a series that was lost too often loses its next run in the same write": async (s) => {
    const id = await s.addSeries();
    await s.claim(await s.worker());
    await s.change(id, ["InProgress"]);
    await s.storage.unregisterWorker("worker-a");
    const [lost] = await s.releaseLost({ poisonLimit: 0 });
    expectThat(lost?.poisoned === true, "limit 0: the first loss exceeds it");
    const row = await s.row(id);
    expectSame([row.status, row.dueAt, row.series?.nextRunAt, row.series?.runCount], [
      "Failed",
      null,
      null,
      0,
    ], "it has ended");
    expectSame(await s.runs(id), [], "and did not run");
  },

  "a series whose worker was lost keeps its planned run": async (s) => {
    const id = await s.addSeries({}, { nextRunAt: 1_700_000_300_000 });
    await s.claim(await s.worker());
    await s.storage.unregisterWorker("worker-a");
    await s.releaseLost();
    const row = await s.row(id);
    expectSame(
      [row.status, row.series?.nextRunAt],
      ["ServiceStopped", 1_700_000_300_000],
      "the planned instant stays",
    );
    expectNear(row.dueAt, await s.now(), "it is due now");
  },

  "two processes that release lost workers concurrently release each task once": async (s) => {
    await s.worker("worker-a");
    const ids = await s.addMany(200);
    await s.claim("worker-a", { limit: 200 });
    await s.storage.unregisterWorker("worker-a");
    const other = await s.unit.another();
    const [first, second] = await Promise.all([s.releaseLost(), s.releaseLost({}, other)]);
    expectSameSet([...first, ...second].map((t) => t.taskId), ids, "no duplicate and no loss");
    const { items } = await s.storage.list({}, { limit: 1000 });
    expectThat(items.every((row) => row.lostCount === 1), "each was lost once");
  },
});
