// Releasing tasks that have not started, and making tasks due.

import { expectNear, expectSame } from "../expect.ts";
import { hour, type Scene, topic } from "../scene.ts";

async function makeDue(s: Scene, id: string): Promise<boolean> {
  return (await s.storage.makeDue([id]))[0]!;
}

export const releaseAndMakeDue = topic("release and make due", {
  "a task that was given back keeps its position and its attempts": async (s) => {
    const ids = await s.addMany(3);
    const workerId = await s.worker();
    const claimed = await s.claim(workerId);
    const [first] = claimed;
    const released = [{ taskId: first!.id, token: first!.leaseToken, dueAt: first!.dueAt }];
    await s.storage.release(workerId, released);
    const row = await s.row(ids[0]!);
    expectSame([row.workerId, row.attempt, row.status, row.dueAt], [
      null,
      0,
      "Queued",
      first!.dueAt,
    ], "as before the claim");
    const late = await s.add();
    const again = await s.claim(await s.worker("worker-b"));
    expectSame(again.map((task) => task.id), [ids[0]!, late], "it is before later ones");
    expectSame(
      [again[0]!.attempt, again[0]!.leaseToken],
      [1, 2],
      "the first attempt, under a new token",
    );
    expectSame(await s.statuses(ids[0]!), ["Queued"], "no audit rows");
  },

  "a task that the worker does not hold is not given back": async (s) => {
    const { id, lease, task } = await s.claimed();
    await s.worker("worker-b");
    const released = { taskId: id, token: lease.token, dueAt: task.dueAt };
    await s.storage.release("worker-b", [released]);
    await s.storage.release("worker-a", [{ ...released, token: lease.token + 1 }]);
    await s.storage.release("worker-a", [{ ...released, taskId: s.id() }]);
    await s.storage.release("worker-a", []);
    const row = await s.row(id);
    expectSame([row.workerId, row.attempt], ["worker-a", 1], "it is held as before");
  },

  "tasks that a worker holds without knowing it are given back": async (s) => {
    const ids = await s.addMany(4);
    const workerId = await s.worker();
    const [first, second] = await s.claim(workerId, { limit: 2 });
    const other = await s.worker("worker-b");
    await s.claim(other, { limit: 1 });
    expectSame(await s.storage.releaseUnknown(workerId, [first!.id]), 1, "one is given back");
    const row = await s.row(second!.id);
    expectSame([row.workerId, row.attempt, row.status], [null, 0, "Queued"], "as unclaimed");
    expectNear(row.dueAt, await s.now(), "due now");
    expectSame((await s.row(first!.id)).workerId, workerId, "known tasks stay with the worker");
    expectSame((await s.row(ids[2]!)).workerId, other, "tasks of other workers stay with them");
    expectSame(await s.storage.releaseUnknown(workerId, [first!.id]), 0, "nothing is left");
  },

  "many tasks are given back in one call": async (s) => {
    await s.addMany(600);
    const tasks = await s.claim(await s.worker(), { limit: 600 });
    const released = tasks.map((t) => ({ taskId: t.id, token: t.leaseToken, dueAt: t.dueAt }));
    await s.storage.release("worker-a", released);
    expectSame(
      (await s.claim("worker-a", { limit: 1000 })).length,
      600,
      "all can be claimed again",
    );
  },

  "a waiting task can be made due": async (s) => {
    const id = await s.add({ status: "WaitingQueue", due: { inMs: hour } });
    expectSame(await makeDue(s, id), true, "it is due");
    const row = await s.row(id);
    expectNear(row.dueAt, await s.now(), "now");
    expectSame(
      [row.status, await s.statuses(id)],
      ["WaitingQueue", ["WaitingQueue"]],
      "its status stays",
    );
    expectSame((await s.claim(await s.worker())).length, 1, "it can be claimed");
  },

  "a task that is already due keeps its position": async (s) => {
    const dueAt = await s.now() - hour;
    const id = await s.add({ due: { at: dueAt } });
    expectSame(await makeDue(s, id), true, "it is due");
    expectSame((await s.row(id)).dueAt, dueAt, "as before");
  },

  "a series between two runs gets an extra run and keeps its planned run": async (s) => {
    const id = await s.addSeries();
    const nextRunAt = await s.now() + 5 * hour;
    await s.storage.updateCurrentRun(id, 1, nextRunAt, "Full");
    expectSame(await makeDue(s, id), true, "it is due");
    const row = await s.row(id);
    expectNear(row.dueAt, await s.now(), "now");
    expectSame(
      [row.series?.nextRunAt, row.status],
      [nextRunAt, "Completed"],
      "the next run stays planned",
    );
  },

  "a one-shot task that failed, was cancelled or stopped is queued again with attempt 0": async (
    s,
  ) => {
    for (const status of ["Failed", "Cancelled", "ServiceStopped"] as const) {
      const { id, lease } = await s.claimed();
      await s.change(id, [[status, "it broke"]], { lease });
      expectSame(await makeDue(s, id), true, `${status}: it is due`);
      const row = await s.row(id);
      expectSame(
        [row.status, row.exception, row.attempt, row.lostCount],
        ["Queued", null, 0, 0],
        `${status}: afresh`,
      );
      expectSame(
        await s.statuses(id),
        ["Queued", `${status}: it broke`, "Queued"],
        `${status}: the audit`,
      );
      const [again] = await s.claim("worker-a");
      expectSame([again?.id, again?.attempt], [id, 1], `${status}: it can be claimed`);
    }
  },

  "a task that was lost and has failed is queued again with attempt 0": async (s) => {
    const { id } = await s.claimed();
    await s.change(id, ["InProgress"]);
    await s.storage.unregisterWorker("worker-a");
    await s.releaseLost();
    await s.change(id, [["Failed", "it broke"]]);
    const failed = await s.row(id);
    expectSame([failed.attempt, failed.lostCount], [1, 1], "as it failed");
    expectSame(await makeDue(s, id), true, "it is due");
    const [again] = await s.claim(await s.worker("worker-b"));
    expectSame([again?.id, again?.attempt, again?.lostCount], [id, 1, 0], "without its losses");
  },

  "a task that was cancelled after a request can run again": async (s) => {
    const { id, lease } = await s.claimed();
    await s.storage.requestCancel([id]);
    await s.change(id, ["Cancelled"], { lease });
    await makeDue(s, id);
    const [again] = await s.claim("worker-a");
    expectSame(again?.cancelRequested, false, "the old request is forgotten");
  },

  "claimed, completed and unknown tasks and ended series cannot be made due": async (s) => {
    const lost = await s.add();
    await s.claim(await s.worker("lost"));
    await s.storage.unregisterWorker("lost");
    await s.releaseLost();
    await s.claim(await s.worker());
    expectSame((await s.row(lost)).status, "ServiceStopped", "claimed again, and not started");
    const { id: claimed } = await s.claimed();
    const completed = await s.add();
    await s.change(completed, ["Completed"]);
    const endedSeries = await s.addSeries();
    await s.storage.updateCurrentRun(endedSeries, 1, null, "Full", { status: "Failed" });
    const waiting = await s.add();
    const ids = [lost, claimed, completed, endedSeries];
    const rows = () => Promise.all(ids.map((id) => s.row(id)));
    const before = await rows();
    const results = await s.storage.makeDue([...ids, s.id(), waiting]);
    expectSame(results, [false, false, false, false, false, true], "in order");
    expectSame(await rows(), before, "nothing changed");
    expectSame(await s.storage.makeDue([]), [], "an empty list is fine");
  },

  "a task is queued again with the audit row of its level": async (s) => {
    const id = await s.add({ auditLevel: "Minimal" });
    await s.change(id, ["Failed"], { auditLevel: "Minimal" });
    await makeDue(s, id);
    expectSame(await s.statuses(id), ["Failed"], "no row at Minimal: it is not an error");
  },
});
