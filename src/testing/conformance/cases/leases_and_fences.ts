// Leases: only the holder of a task can change it, and writes of a worker that has lost its lease
// are rejected.

import type { Lease, StatusChange } from "../../../storage/requests.ts";
import { expectSame, expectThat } from "../expect.ts";
import { hour, type Scene, topic } from "../scene.ts";

/** Returns the state that a rejected write must not change. */
async function stateOf(s: Scene, id: string) {
  return { row: await s.row(id), statuses: await s.statuses(id), runs: await s.runs(id) };
}

async function expectRefused(s: Scene, id: string, lease: Lease, why: string): Promise<void> {
  const before = await stateOf(s, id);
  const change = await s.change(id, ["InProgress", ["Failed", "too late"]], { lease, dueInMs: 5 });
  expectSame(change.applied, false, `setStatus is refused: ${why}`);
  const run = await s.storage.updateCurrentRun(id, 1, null, "Full", { lease });
  expectSame(run.applied, false, `updateCurrentRun is refused: ${why}`);
  expectSame(await stateOf(s, id), before, `nothing was written: ${why}`);
}

export const leasesAndFences = topic("leases and fences", {
  "a write with another worker's id or another token is rejected": async (s) => {
    const { id, lease } = await s.claimed({ queue: "default" });
    await expectRefused(s, id, { ...lease, workerId: "worker-b" }, "another worker");
    await expectRefused(s, id, { ...lease, workerId: "WORKER-A" }, "another name");
    await expectRefused(s, id, { ...lease, token: lease.token - 1 }, "an older token");
    await expectRefused(s, id, { ...lease, token: lease.token + 1 }, "a token from nowhere");
    expectThat((await s.change(id, ["Completed"], { lease })).applied, "the holder may write");
  },

  "a late write is rejected after the task was taken over": async (s) => {
    const { id, lease } = await s.claimed();
    await s.unit.passTime(hour);
    await s.worker("worker-b");
    await s.releaseLost();
    await expectRefused(s, id, lease, "nobody holds it");
    const [task] = await s.claim("worker-b");
    await expectRefused(s, id, lease, "another one holds it");
    const newLease = { workerId: "worker-b", token: task!.leaseToken };
    expectThat(
      (await s.change(id, ["InProgress", "Completed"], { lease: newLease })).applied,
      "the new holder writes",
    );
    await expectRefused(s, id, lease, "it has ended");
    expectSame((await s.row(id)).status, "Completed", "the new holder's result stands");
  },

  "a lease ends with the task, so a repeated end is rejected": async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, ["Completed"], { lease });
    await expectRefused(s, id, lease, "it has ended already");
    const seriesId = await s.addSeries();
    const [task] = await s.claim("worker-a");
    const seriesLease = { workerId: "worker-a", token: task!.leaseToken };
    await s.storage.updateCurrentRun(seriesId, 1, await s.now() + hour, "Full", {
      lease: seriesLease,
    });
    await expectRefused(s, seriesId, seriesLease, "the run has ended already");
    expectSame((await s.row(seriesId)).series?.runCount, 1, "it is counted once");
  },

  "the start of an attempt can be reported again, and is audited once": async (s) => {
    const ids = [...await s.addMany(2), await s.addSeries()];
    await s.worker();
    const claimed = await s.claim("worker-a", { limit: 3 });
    const reports = claimed.map(({ id: taskId, leaseToken: token }): StatusChange => ({
      taskId,
      auditLevel: "Full",
      transitions: [
        { status: "Queued", exception: null, agoMs: 0 },
        { status: "InProgress", exception: null, agoMs: 0 },
      ],
      lease: { workerId: "worker-a", token },
    }));
    const [first, ...others] = reports;
    await s.storage.setStatusMany([first!]);
    const started = await s.row(first!.taskId);
    // One that is repeated, and two that are not.
    const results = await s.storage.setStatusMany(reports);
    expectSame(results.map(({ applied }) => applied), [true, true, true], "all are applied");
    const again = await s.storage.setStatusMany(others);
    expectSame(again.map(({ applied }) => applied), [true, true], "and again");
    for (const id of ids) {
      const starts = (await s.statuses(id)).filter((status) => status === "InProgress");
      expectSame(starts, ["InProgress"], "one row tells of the start");
    }
    expectSame(await s.row(first!.taskId), started, "the repetition changed nothing");
    const { lease } = first!;
    const { applied } = await s.change(first!.taskId, ["Completed"], { lease: lease! });
    expectThat(applied, "the holder ends the task");
    const [late] = await s.storage.setStatusMany([first!]);
    expectSame(late!.applied, false, "a report after the end is rejected");
    expectSame(
      (await s.statuses(first!.taskId)).slice(-2),
      ["InProgress", "Completed"],
      "and writes nothing",
    );
  },

  "a write with an older token of the same worker is rejected": async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, [["Pending", "again"]], { lease, dueInMs: 0 });
    const [task] = await s.claim("worker-a");
    expectSame(task?.leaseToken, lease.token + 1, "each claim has its own token");
    await expectRefused(s, id, lease, "the claim before");
    expectThat(
      (await s.change(id, ["Completed"], { lease: { ...lease, token: lease.token + 1 } })).applied,
      "the newer one writes",
    );
  },

  "of many changes in one call, exactly those with a valid lease are applied": async (s) => {
    await s.worker();
    await s.worker("worker-b");
    const ids = await s.addMany(60);
    const mine = await s.claim("worker-a", { limit: 30 });
    await s.claim("worker-b", { limit: 30 });
    const transitions = [{ status: "Completed", exception: null, agoMs: 0 }] as const;
    const lease = { workerId: "worker-a", token: 1 };
    const results = await s.storage.setStatusMany(ids.map((taskId, index) => {
      const auditLevel = index % 2 === 0 ? "Full" : "None";
      return { taskId, auditLevel, transitions, lease, executionTimeMs: index };
    }));
    const held = new Set(mine.map((task) => task.id));
    expectSame(
      results.map((r) => r.applied),
      ids.map((id) => held.has(id)),
      "the own ones are applied",
    );
    const { tasksByStatus } = await s.storage.statistics();
    expectSame([tasksByStatus.Completed, tasksByStatus.Queued], [30, 30], "and no others");
    expectSame((await s.historyRows())[0], 75, "audit rows of applied changes");
    const { items } = await s.storage.list({ statuses: ["Completed"] });
    expectSame(
      items.map((task) => task.executionTimeMs),
      ids.map((id, index) => held.has(id) ? index : -1).filter((index) => index >= 0).reverse()
        .map((index) => index % 2 === 0 ? index : null),
      "each with its own execution, where its level keeps one",
    );
  },

  "of many writes, those with an older token of the same worker are rejected": async (s) => {
    const ids = await s.addMany(6);
    const series = (await s.storage.persist([s.recurring(), s.recurring()])).map(({ id }) => id);
    const first = await s.claim(await s.worker());
    await s.storage.release(
      "worker-a",
      first.map(({ id, leaseToken, dueAt }) => ({ taskId: id, token: leaseToken, dueAt })),
    );
    const tasks = await s.claim("worker-a");
    expectSame(tasks.map(({ leaseToken }) => leaseToken), tasks.map(() => 2), "all are held anew");
    const lease = (n: number) => ({ workerId: "worker-a", token: n % 2 === 0 ? 1 : 2 });

    const transitions = [
      { status: "InProgress", exception: null, agoMs: 1 },
      { status: "Completed", exception: null, agoMs: 0 },
    ] as const;
    const changes = ids.slice(0, 4).map((taskId, n) => (
      { taskId, auditLevel: "Full", transitions, lease: lease(n), executionTimeMs: 1 } as const
    ));
    const changed = await s.storage.setStatusMany(changes);
    expectSame(changed.map((r) => r.applied), [false, true, false, true], "status changes");
    const runs = series.map((taskId, n) => (
      { ...changes[0]!, taskId, lease: lease(n), nextRunAt: null }
    ));
    const ended = await s.storage.updateCurrentRunMany(runs);
    expectSame(ended.map((r) => r.applied), [false, true], "ends of runs");
    const { dueAt } = tasks[0]!;
    await s.storage.release(
      "worker-a",
      ids.slice(4).map((taskId, n) => ({ taskId, token: lease(n).token, dueAt })),
    );
    const rows = await Promise.all([...ids, ...series].map((id) => s.row(id)));
    expectSame(
      rows.map((row) => [row.status, row.workerId]),
      [
        ["Queued", "worker-a"],
        ["Completed", null],
        ["Queued", "worker-a"],
        ["Completed", null],
        ["Queued", "worker-a"],
        ["Queued", null],
        ["WaitingQueue", "worker-a"],
        ["Completed", null],
      ],
      "the task of the older lease is still held",
    );
  },

  "without a lease a write is applied, regardless of the holder": async (s) => {
    const { id, lease } = await s.claimed();
    expectThat((await s.change(id, ["Failed"])).applied, "it is applied");
    const row = await s.row(id);
    expectSame([row.status, row.workerId], ["Failed", null], "and ends the lease");
    await expectRefused(s, id, lease, "it was taken from the holder");
  },

  "a long run does not end the lease": async (s) => {
    const { id, lease } = await s.claimed();
    for (let n = 0; n < 5; n++) {
      await s.unit.passTime(hour);
      await s.storage.heartbeat("worker-a", 2 * hour);
      await s.releaseLost({ leaseMs: 2 * hour });
    }
    expectThat((await s.change(id, ["Completed"], { lease })).applied, "it still holds it");
  },

  "a late heartbeat alone does not end a lease": async (s) => {
    const { id, lease } = await s.claimed();
    await s.unit.passTime(hour);
    expectThat((await s.change(id, ["Completed"], { lease })).applied, "nobody took it over yet");
  },
});
