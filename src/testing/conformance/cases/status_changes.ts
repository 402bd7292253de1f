// Status changes: one write for one or several transitions of a task, and its effect on lease and
// due instant.

import { expectNear, expectSame, expectThat, expectValue } from "../expect.ts";
import { day, hour, minute, topic } from "../scene.ts";

export const statusChanges = topic("status changes", {
  "a change sets status and exception and writes the audit row": async (s) => {
    const id = await s.add();
    const result = await s.storage.setStatus(id, "Failed", "it broke", "Full");
    expectSame(result.applied, true, "it is applied");
    const row = await s.row(id);
    expectSame([row.status, row.exception], ["Failed", "it broke"], "the row");
    expectSame(await s.statuses(id), ["Queued", "Failed: it broke"], "the audit");
  },

  "each of several transitions in one write has its own audit row and time": async (
    s,
  ) => {
    const { id, lease } = await s.claimed();
    await s.change(id, [["Queued", null, 3 * hour], ["InProgress", null, 2 * hour], [
      "Completed",
      null,
      hour,
    ]], { lease, executionTimeMs: 12.5 });
    const { items } = await s.storage.statusAudit(id);
    expectSame(
      items.map((row) => row.newStatus),
      ["Queued", "Queued", "InProgress", "Completed"],
      "in order",
    );
    const now = await s.now();
    expectNear(items[1]!.updatedAt, now - 3 * hour, "the first transition's time");
    expectNear(items[2]!.updatedAt, now - 2 * hour, "the second transition's time");
    expectNear(items[3]!.updatedAt, now - hour, "the last transition's time");
    expectThat(items.every((row) => row.taskId === id), "each names its task");
    const row = await s.row(id);
    expectSame(
      [row.status, row.executionTimeMs],
      ["Completed", 12.5],
      "the last transition stands",
    );
    expectNear(row.lastExecutionAt, now - hour, "the execution ended with the last transition");
  },

  "a task without errors at Full has exactly the audit rows Queued, InProgress, Completed": async (
    s,
  ) => {
    const { id: inTwo, lease } = await s.claimed();
    await s.change(inTwo, ["InProgress"], { lease });
    await s.change(inTwo, ["Completed"], { lease, executionTimeMs: 1 });
    const { id: inOne, lease: other } = await s.claimed();
    await s.change(inOne, ["InProgress", "Completed"], { lease: other, executionTimeMs: 1 });
    for (const id of [inTwo, inOne]) {
      expectSame(await s.statuses(id), ["Queued", "InProgress", "Completed"], "three rows");
      const row = await s.row(id);
      expectSame([row.workerId, row.dueAt, row.attempt], [null, null, 1], "it has ended");
    }
  },

  "InProgress and Queued keep the lease; any other status ends it": async (s) => {
    for (const status of ["Queued", "InProgress"] as const) {
      const { id, lease } = await s.claimed();
      await s.change(id, [status], { lease });
      const row = await s.row(id);
      expectSame(
        [row.workerId, row.leaseToken, row.dueAt],
        ["worker-a", lease.token, null],
        `${status} keeps it`,
      );
    }
    for (
      const status of [
        "Completed",
        "Failed",
        "Cancelled",
        "ServiceStopped",
        "Pending",
        "WaitingQueue",
      ] as const
    ) {
      const { id, lease } = await s.claimed();
      await s.change(id, [status], { lease });
      const row = await s.row(id);
      expectSame([row.status, row.workerId, row.dueAt], [status, null, null], `${status} ends it`);
    }
  },

  "InProgress and Queued keep the due instant of an unclaimed task": async (s) => {
    const id = await s.add();
    const { dueAt } = await s.row(id);
    await s.change(id, ["InProgress"]);
    await s.change(id, ["Queued"]);
    expectSame((await s.row(id)).dueAt, dueAt, "it is due as before");
    expectSame((await s.claim(await s.worker())).length, 1, "and can be claimed");
  },

  "an attempt that failed is due again after its delay": async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, ["InProgress", ["Pending", "it broke"]], { lease, dueInMs: 5 * minute });
    const row = await s.row(id);
    expectSame([row.status, row.exception, row.workerId, row.attempt], [
      "Pending",
      "it broke",
      null,
      1,
    ], "it waits");
    expectNear(row.dueAt, await s.now() + 5 * minute, "for its next attempt");
    expectSame(await s.claim("worker-a"), [], "not yet");
    await s.unit.passTime(6 * minute);
    const [again] = await s.claim("worker-a");
    expectSame([again?.id, again?.attempt, again?.status, again?.leaseToken], [
      id,
      2,
      "Pending",
      lease.token + 1,
    ], "then it is claimed again");
  },

  "the longest delay can be stored, by a dispatch and by a retry, and listed": async (s) => {
    const inMs = 365_000 * day;
    const waiting = await s.add({ status: "WaitingQueue", due: { inMs } });
    const { id, lease } = await s.claimed();
    await s.change(id, ["InProgress", ["Pending", "it broke"]], { lease, dueInMs: inMs });
    const latest = await s.now() + inMs;
    const { items } = await s.storage.list();
    expectSame(items.map((row) => row.id), [id, waiting], "both are listed");
    for (const { dueAt } of items) expectNear(dueAt, latest, "they are due in 1000 years");
    const dueAt = await s.storage.nextDueAt(["default"], ["send-email"]);
    expectNear(dueAt, latest, "the queue is due then, too");
  },

  "a change to Queued with a due instant ends the lease": async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, ["Queued"], { lease, dueInMs: 0 });
    const row = await s.row(id);
    expectSame([row.status, row.workerId], ["Queued", null], "it is given back");
    expectNear(row.dueAt, await s.now(), "and due");
  },

  "a returned attempt is not counted": async (s) => {
    const { id, lease } = await s.claimed();
    const rateSlotAt = await s.now() + hour;
    await s.change(id, ["WaitingQueue"], { lease, dueInMs: hour, returnAttempt: true, rateSlotAt });
    const row = await s.row(id);
    expectSame(
      [row.attempt, row.rateSlotAt],
      [0, rateSlotAt],
      "the attempt is returned, the slot is kept",
    );
    await s.unit.passTime(hour + minute);
    const [again] = await s.claim("worker-a");
    expectSame(again?.attempt, 1, "the next claim is the first attempt");
    expectThat(expectValue(again, "claimed").rateSlotAt !== null, "and brings the slot");
    await s.change(id, ["InProgress"], {
      lease: { workerId: "worker-a", token: again!.leaseToken },
    });
    expectSame((await s.row(id)).rateSlotAt, null, "the next change removes it");
    const { id: ended, lease: endedLease } = await s.claimed();
    await s.change(ended, ["Cancelled"], { lease: endedLease, returnAttempt: true });
    expectSame((await s.row(ended)).attempt, 0, "also at the end of the task");
    const unclaimed = await s.add();
    await s.change(unclaimed, ["Pending"], { returnAttempt: true });
    expectSame((await s.row(unclaimed)).attempt, 0, "attempts do not fall below 0");
  },

  "a change without an execution time keeps the last execution": async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, [["Pending", "it broke"]], { lease, dueInMs: 0, executionTimeMs: 7 });
    const { lastExecutionAt } = await s.row(id);
    await s.change(id, ["Cancelled"]);
    const row = await s.row(id);
    expectSame([row.executionTimeMs, row.lastExecutionAt], [7, lastExecutionAt], "it is kept");
    expectThat(lastExecutionAt !== null, "there was one");
  },

  "the last transition's exception replaces the previous exception, even if null": async (s) => {
    const id = await s.add();
    await s.change(id, [["Failed", "it broke"]]);
    await s.change(id, ["Queued"]);
    expectSame((await s.row(id)).exception, null, "no exception any more");
  },

  "setStatus takes all options of setStatusMany": async (s) => {
    const { id, lease } = await s.claimed();
    const rateSlotAt = await s.now() + hour;
    const rest = { lease, dueInMs: 2 * hour, returnAttempt: true, rateSlotAt, executionTimeMs: 3 };
    await s.storage.setStatus(id, "Pending", "it broke", "Full", { ...rest, agoMs: 4 * hour });
    const row = await s.row(id);
    expectSame([row.attempt, row.rateSlotAt, row.executionTimeMs], [0, rateSlotAt, 3], "the row");
    const now = await s.now();
    expectNear(row.dueAt, now + 2 * hour, "when it is due again");
    expectNear(row.lastExecutionAt, now - 4 * hour, "when it ended");
    const { items } = await s.storage.statusAudit(id);
    expectNear(items[1]?.updatedAt ?? null, now - 4 * hour, "when the status changed");
    const late = await s.storage.setStatus(id, "Completed", null, "Full", { lease });
    expectSame(late.applied, false, "the lease has ended");
  },

  "a change of an unknown task is not applied and writes nothing": async (s) => {
    const result = await s.storage.setStatus(s.id(), "Failed", "it broke", "Full");
    expectSame(result.applied, false, "it is not applied");
    expectSame((await s.historyRows())[0], 0, "no audit row");
  },

  "many changes are applied in one call and answered in order": async (s) => {
    const ids = await s.addMany(800);
    const transition = { status: "Completed", exception: null, agoMs: 0 } as const;
    const changes = ids.flatMap((taskId, n) => {
      const change = { taskId, auditLevel: "Full", transitions: [transition] } as const;
      return n % 100 === 0 ? [{ ...change, taskId: s.id() }, change] : [change];
    });
    const results = await s.storage.setStatusMany(changes);
    const known = new Set(ids);
    expectSame(
      results.map((r) => r.applied),
      changes.map((c) => known.has(c.taskId)),
      "each is answered",
    );
    expectSame((await s.storage.statistics()).tasksByStatus.Completed, 800, "all are applied");
    expectSame((await s.historyRows())[0], 1_600, "with an audit row each");
    expectSame(await s.storage.setStatusMany([]), [], "an empty list is fine");
  },

  "ends in one call keep their own status, exception and execution": async (s) => {
    const ends = [
      ["Completed", null, 5],
      ["Cancelled", null, 5],
      ["Completed", "warned", 7],
      ["Failed", "it broke", 9],
      ["Completed", null, null],
      ["ServiceStopped", null, null],
      ["Completed", null, 6],
    ] as const;
    await s.addMany(ends.length);
    const tasks = await s.claim(await s.worker());
    await s.storage.setStatusMany(ends.map(([status, exception, executionTimeMs], n) => ({
      taskId: tasks[n]!.id,
      auditLevel: "Full",
      lease: { workerId: "worker-a", token: tasks[n]!.leaseToken },
      transitions: [{ status, exception, agoMs: 0 }],
      ...(executionTimeMs === null ? {} : { executionTimeMs }),
    })));
    const rows = await Promise.all(tasks.map(({ id }) => s.row(id)));
    expectSame<unknown>(
      rows.map((row) => [row.status, row.exception, row.executionTimeMs]),
      ends,
      "as each ended",
    );
    expectThat(rows.every((row) => row.workerId === null && row.dueAt === null), "all have ended");
  },

  "a change is audited at the level that it names, not at the level of the row": async (s) => {
    const id = await s.add({ auditLevel: "Full" });
    await s.change(id, ["InProgress"], { auditLevel: "None" });
    expectSame(await s.statuses(id), ["Queued"], "no row at None");
    expectSame((await s.row(id)).auditLevel, "Full", "the row's own level stays");
  },

  "changes in a transaction happen only if the transaction commits": ["transaction", async (s) => {
    const id = await s.add();
    const transaction = expectValue(s.unit.transaction, "the harness runs transactions").bind(
      s.unit,
    );
    await transaction(async (connection) => {
      await s.storage.setStatus(id, "Failed", "undone", "Full", { connection });
    }, "rollback");
    expectSame([(await s.row(id)).status, ...await s.statuses(id)], ["Queued", "Queued"], "undone");
    await transaction(async (connection) => {
      await s.storage.setStatus(id, "Completed", null, "Full", { connection });
    }, "commit");
    expectSame(await s.statuses(id), ["Queued", "Completed"], "done");
  }],
});
