// Cancellation: waiting tasks are cancelled at once, running tasks by their worker.

import { expectNear, expectSame, expectThat } from "../expect.ts";
import { hour, leaseMs, minute, topic } from "../scene.ts";

export const cancel = topic("cancel", {
  "a waiting task is cancelled at once": async (s) => {
    const soon = await s.add();
    const later = await s.add({ status: "WaitingQueue", due: { inMs: hour } });
    const outcomes = await s.storage.requestCancel([soon, later]);
    expectSame(outcomes, ["cancelled", "cancelled"], "both are cancelled");
    for (const id of [soon, later]) {
      const row = await s.row(id);
      expectSame(
        [row.status, row.dueAt, row.cancelRequested],
        ["Cancelled", null, false],
        "the row",
      );
      expectSame((await s.statuses(id)).at(-1), "Cancelled", "the audit");
    }
    await s.unit.passTime(2 * hour);
    expectSame(await s.claim(await s.worker()), [], "they never run");
  },

  "a task that waits for its next attempt is cancelled, and only its history keeps the error":
    async (s) => {
      const { id, lease } = await s.claimed();
      await s.change(id, [["Pending", "it broke"]], { lease, dueInMs: hour });
      expectSame(await s.storage.requestCancel([id]), ["cancelled"], "it is cancelled");
      expectSame((await s.row(id)).exception, null, "without exception");
      expectSame(await s.statuses(id), ["Queued", "Pending: it broke", "Cancelled"], "the audit");
    },

  "a cancelled task keeps its rate limit slot in the row until it is due again": async (s) => {
    const { id, lease } = await s.claimed();
    const rateSlotAt = await s.now() + hour;
    await s.change(id, ["WaitingQueue"], { lease, dueInMs: hour, returnAttempt: true, rateSlotAt });
    expectSame(await s.storage.requestCancel([id]), ["cancelled"], "it is cancelled");
    expectSame((await s.row(id)).rateSlotAt, rateSlotAt, "the row");
    expectSame(await s.storage.makeDue([id]), [true], "it is retried");
    expectSame((await s.row(id)).rateSlotAt, null, "from the start");
  },

  "a series between two runs is cancelled and never runs again": async (s) => {
    const id = await s.addSeries();
    await s.storage.updateCurrentRun(id, 1, await s.now() + hour, "Full");
    expectSame(await s.storage.requestCancel([id]), ["cancelled"], "it is cancelled");
    const row = await s.row(id);
    expectSame([row.status, row.dueAt, row.series?.nextRunAt, row.series?.runCount], [
      "Cancelled",
      null,
      null,
      1,
    ], "it has no next run");
    expectSame(await s.storage.requestCancel([id]), ["ended"], "it has ended");
  },

  "a series with a next run but no due instant is cancelled, too": async (s) => {
    const id = await s.addSeries();
    await s.change(id, ["Completed"]);
    const before = await s.row(id);
    expectThat(before.dueAt === null && before.series?.nextRunAt !== null, "ended by hand");
    expectSame(await s.storage.requestCancel([id]), ["cancelled"], "it is cancelled");
    expectSame((await s.row(id)).series?.nextRunAt ?? null, null, "it has no next run");
  },

  "a claimed task is marked, and the heartbeat notifies its worker": async (s) => {
    const { id, lease } = await s.claimed();
    await s.claimed({}, "worker-b");
    await s.change(id, ["InProgress"], { lease });
    const other = await s.unit.another();
    expectSame(await other.requestCancel([id]), ["requested"], "its owner is asked");
    expectSame(await other.requestCancel([id]), ["requested"], "asking again changes nothing");
    const row = await s.row(id);
    expectSame(
      [row.status, row.cancelRequested, row.workerId],
      ["InProgress", true, "worker-a"],
      "it still runs",
    );
    expectSame(await s.statuses(id), ["Queued", "InProgress"], "no change of its status");
    expectSame(
      (await s.storage.heartbeat("worker-a", leaseMs)).cancelRequests,
      [id],
      "the owner is told",
    );
    expectSame(
      (await s.storage.heartbeat("worker-b", leaseMs)).cancelRequests,
      [],
      "no other worker is told",
    );
    await s.change(id, ["Cancelled"], { lease });
    expectSame((await s.row(id)).cancelRequested, false, "the request is cleared");
    expectSame(
      (await s.storage.heartbeat("worker-a", leaseMs)).cancelRequests,
      [],
      "no request is left",
    );
  },

  "a request to cancel stays after a retry that was written at the same time": async (s) => {
    const { id, lease } = await s.claimed();
    await s.storage.requestCancel([id]);
    await s.change(id, [["Pending", "it broke"]], { lease, dueInMs: 5 * hour });
    expectNear((await s.row(id)).dueAt, await s.now(), "it is due at once");
    const [again] = await s.claim("worker-a");
    expectSame([again?.id, again?.cancelRequested], [id, true], "who claims it sees the request");
  },

  "a request to cancel stays after the end of a run, and the series is due at once": async (s) => {
    const id = await s.addSeries();
    const [task] = await s.claim(await s.worker());
    await s.storage.requestCancel([id]);
    const lease = { workerId: "worker-a", token: task!.leaseToken };
    await s.storage.updateCurrentRun(id, 1, await s.now() + 5 * hour, "Full", { lease });
    const [again] = await s.claim("worker-a");
    expectSame([again?.id, again?.cancelRequested], [id, true], "who claims it sees the request");
  },

  "a request to cancel stays after the task is given back, and the task is due at once": async (
    s,
  ) => {
    const { id, lease } = await s.claimed();
    await s.storage.requestCancel([id]);
    const dueAt = await s.now() + 5 * hour;
    await s.storage.release("worker-a", [{ taskId: id, token: lease.token, dueAt }]);
    expectNear((await s.row(id)).dueAt, await s.now(), "it is due at once");
    const [again] = await s.claim("worker-a");
    expectSame([again?.id, again?.cancelRequested], [id, true], "who claims it sees the request");
  },

  "a request to cancel stays after the worker is lost": async (s) => {
    const { id } = await s.claimed();
    await s.storage.requestCancel([id]);
    await s.unit.passTime(leaseMs + minute);
    await s.releaseLost();
    const [again] = await s.claim(await s.worker("worker-b"));
    expectSame([again?.id, again?.cancelRequested], [id, true], "who claims it sees the request");
  },

  "a request to cancel ends with its task, for every kind of end": async (s) => {
    const held = async () => {
      const { id, lease } = await s.claimed();
      await s.storage.requestCancel([id]);
      return { taskId: id, lease, auditLevel: "Full" } as const;
    };
    const transitions = [
      { status: "InProgress", exception: null, agoMs: 1 },
      { status: "Completed", exception: null, agoMs: 0 },
    ] as const;
    const alone = await held();
    await s.change(alone.taskId, ["Completed"], { lease: alone.lease, executionTimeMs: 1 });
    const failed = await held();
    await s.change(failed.taskId, [["Failed", "it broke"]], { lease: failed.lease });
    const together = [await held(), await held()];
    await s.storage.setStatusMany(together.map((change) => (
      { ...change, transitions, executionTimeMs: 1 }
    )));
    const series = await s.addSeries();
    await s.claim("worker-a");
    await s.storage.requestCancel([series]);
    await s.storage.updateCurrentRun(series, 1, null, "Full");
    const poisoned = await held();
    await s.change(poisoned.taskId, ["InProgress"]);
    await s.storage.unregisterWorker("worker-a");
    const lost = await s.releaseLost({ poisonLimit: 0 });
    expectSame(
      lost.map(({ taskId }) => taskId),
      [poisoned.taskId],
      "only this task was still held",
    );
    for (const { taskId } of [alone, failed, ...together, { taskId: series }, poisoned]) {
      const row = await s.row(taskId);
      expectSame(
        [row.cancelRequested, row.dueAt],
        [false, null],
        `${row.status}: no request is left`,
      );
    }
  },

  "ended and unknown tasks have different outcomes": async (s) => {
    const ended = await s.addMany(3);
    await s.change(ended[0]!, ["Completed"]);
    await s.change(ended[1]!, ["Failed"]);
    await s.change(ended[2]!, ["ServiceStopped"]);
    const waiting = await s.add();
    const outcomes = await s.storage.requestCancel([
      ended[0]!,
      s.id(),
      waiting,
      ended[1]!,
      ended[2]!,
    ]);
    expectSame(outcomes, ["ended", "unknown", "cancelled", "ended", "ended"], "in order");
    expectSame(
      await s.statuses(ended[0]!),
      ["Queued", "Completed"],
      "an ended task stays unchanged",
    );
    expectSame(await s.storage.requestCancel([]), [], "an empty list is fine");
  },

  "many tasks are cancelled in one call": async (s) => {
    const ids = await s.addMany(500);
    const outcomes = await s.storage.requestCancel(ids);
    expectThat(outcomes.length === 500 && outcomes.every((o) => o === "cancelled"), "all of them");
    expectSame((await s.storage.statistics()).tasksByStatus.Cancelled, 500, "are cancelled");
  },
});
