// Storing tasks: the fields of a new row, and repeated writes.

import { auditLevels } from "../../../audit/audit_level.ts";
import { shouldCreateStatusAudit } from "../../../storage/kit/audit_policy.ts";
import type { NewTask } from "../../../storage/requests.ts";
import { expectNear, expectSame, expectThat, expectValue } from "../expect.ts";
import { hour, retryPolicy, series, topic } from "../scene.ts";

export const persist = topic("persist", {
  "a new task is returned as it was stored, due at once": async (s) => {
    const task = s.task({
      queue: "email",
      priority: 7,
      taskKey: "welcome-1",
      traceContext: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      retryPolicy,
    });
    const result = await s.persist(task);
    expectSame(result, { id: task.id, outcome: "created", claimed: false }, "it is created");
    const { createdAt, dueAt, version: _, ...row } = await s.row(task.id);
    const now = await s.now();
    expectNear(createdAt, now, "it is created now, by the storage's clock");
    expectNear(dueAt, now, "it is due now");
    expectSame(row, {
      id: task.id,
      type: "send-email",
      handlerName: "Send an e-mail",
      payload: '{"to":"ada@example.org"}',
      status: "Queued",
      exception: null,
      auditLevel: "Full",
      queue: "email",
      priority: 7,
      taskKey: "welcome-1",
      scheduledAt: null,
      lastExecutionAt: null,
      executionTimeMs: null,
      attempt: 0,
      lostCount: 0,
      workerId: null,
      leaseToken: 0,
      cancelRequested: false,
      rateSlotAt: null,
      traceContext: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      retryPolicy,
      series: null,
      tags: [],
    }, "every field comes back");
  },

  "a task keeps its retry policy through all changes": async (s) => {
    const { id, task, lease } = await s.claimed({ retryPolicy });
    expectSame(task.retryPolicy, retryPolicy, "the claim brings it");
    await s.change(id, [["Pending", "busy"]], { lease, dueInMs: 0 });
    const [second] = await s.claim("worker-a");
    expectSame([second?.attempt, second?.retryPolicy], [2, retryPolicy], "and the next one");
    await s.storage.unregisterWorker("worker-a");
    await s.releaseLost();
    const [third] = await s.claim(await s.worker("worker-b"));
    expectSame([third?.attempt, third?.retryPolicy], [3, retryPolicy], "after a loss, too");
    await s.change(id, [["Failed", "broken"]]);
    await s.storage.makeDue([id]);
    expectSame((await s.row(id)).retryPolicy, retryPolicy, "and when it starts afresh");
  },

  "a delayed task is due after its delay, by the storage's clock": async (s) => {
    const id = await s.add({ status: "WaitingQueue", due: { inMs: hour } });
    const row = await s.row(id);
    expectSame(row.dueAt, row.createdAt + hour, "the delay counts from the storage's now");
    expectSame(row.scheduledAt, row.dueAt, "the instant it was dispatched for is kept");
  },

  "a scheduled task is due at its instant": async (s) => {
    const at = await s.now() + 5 * hour + 1;
    const row = await s.row(await s.add({ status: "WaitingQueue", due: { at } }));
    expectSame([row.dueAt, row.scheduledAt], [at, at], "the instant is kept to the millisecond");
  },

  "instants of the distant past and future are kept to the millisecond": async (s) => {
    const instants = [
      "0001-01-01T00:00:00.001Z",
      "1900-02-28T23:59:59.999Z",
      "1969-12-31T23:59:59.999Z",
    ];
    instants.push("1970-01-01T00:00:00Z", "2038-01-19T03:14:08.001Z", "9999-12-31T23:59:59.999Z");
    for (const instant of instants) {
      const at = Date.parse(instant);
      const given = { anchorAt: at, runUntil: at, nextRunAt: at };
      const row = await s.row(await s.addSeries({ due: { at } }, given));
      expectSame([row.dueAt, row.scheduledAt], [at, at], instant);
      expectSame(row.series, { ...series(given), runCount: 0 }, `${instant} in a series`);
    }
  },

  "a task whose due instant is in the past keeps it": async (s) => {
    const at = await s.now() - 5 * hour;
    const row = await s.row(await s.add({ due: { at } }));
    expectSame([row.dueAt, row.scheduledAt], [at, null], "it was not dispatched for an instant");
  },

  "a series is returned as it was stored, with no runs": async (s) => {
    const at = await s.now() + hour;
    const given = { anchorAt: at - 5, maxRuns: 10, runUntil: at + hour, nextRunAt: at };
    const id = await s.addSeries({ due: { at } }, given);
    const row = await s.row(id);
    expectSame(row.series, { ...series(given), runCount: 0 }, "the series is kept");
    expectSame([row.dueAt, row.status], [at, "WaitingQueue"], "it waits for its first run");
  },

  "the first status audit row is written if and only if the level requires it": async (s) => {
    for (const auditLevel of auditLevels) {
      const now = await s.add({ auditLevel });
      const later = await s.add({ auditLevel, status: "WaitingQueue", due: { inMs: hour } });
      const rows = [...await s.statuses(now), ...await s.statuses(later)];
      const expected = (["Queued", "WaitingQueue"] as const)
        .filter((status) => shouldCreateStatusAudit(auditLevel, status, null));
      expectSame<unknown>(rows, expected, `at ${auditLevel}`);
    }
  },

  "many tasks are stored in one call and answered in order": async (s) => {
    const tasks = Array.from({ length: 1_500 }, (_, n) => s.task({ priority: n % 3 }));
    const results = await s.storage.persist(tasks);
    expectSame(results.map((r) => r.id), tasks.map((t) => t.id), "results are in order");
    const { tasksByStatus } = await s.storage.statistics();
    expectSame(tasksByStatus.Queued, 1_500, "all are stored");
  },

  "tasks of one batch that differ in one field keep their own values": async (s) => {
    const at = await s.now() - hour;
    const differences: Partial<NewTask>[] = [
      { type: "other" },
      { handlerName: "Other" },
      { payload: "5" },
      { queue: "other" },
      { priority: 5 },
      { auditLevel: "None" },
      { traceContext: "00-1-2-01" },
      { retryPolicy },
      { retryPolicy: retryPolicy.replace("500", "501") },
      { taskKey: "other" },
      { due: { at } },
      { due: { at: at + 1 } },
      { status: "WaitingQueue", due: { at } },
      { status: "WaitingQueue", due: { inMs: hour } },
      { status: "WaitingQueue", due: { inMs: 2 * hour } },
      { priority: 6, auditLevel: "None" },
    ];
    const tasks = [{}, ...differences].map((overrides) => s.task(overrides));
    await s.storage.persist(tasks);
    for (const task of tasks) {
      const row = await s.row(task.id);
      const { id: _, due, claimFor: __, status, ...fields } = task;
      const stored = Object.keys(fields).map((field) => row[field as keyof typeof fields]);
      expectSame<unknown>(stored, Object.values(fields), "its own fields");
      const dueAt = "at" in due ? due.at : row.createdAt + due.inMs;
      const scheduledAt = status === "WaitingQueue" ? dueAt : null;
      expectSame([row.status, row.dueAt, row.scheduledAt], [status, dueAt, scheduledAt], "when");
      const expected = task.auditLevel === "None" ? [] : [status];
      expectSame<unknown>(await s.statuses(task.id), expected, "its first audit row");
    }
  },

  "storing no tasks returns no results": async (s) => {
    expectSame(await s.storage.persist([]), [], "nothing to store");
  },

  "the same id is stored once, however often it is written": async (s) => {
    const task = s.task({ taskKey: "once" });
    const first = await s.persist(task);
    const again = await s.persist({ ...task, payload: '"other"' });
    expectSame(again, first, "a repeated write has the result of the first one");
    const twice = s.task();
    const both = await s.storage.persist([twice, twice]);
    expectSame(
      both.map((r) => [r.id, r.outcome]),
      [[twice.id, "created"], [twice.id, "created"]],
      "also within one call",
    );
    expectSame((await s.storage.list()).items.length, 2, "one row each");
    expectSame((await s.row(task.id)).payload, task.payload, "the first write stands");
    expectSame(await s.statuses(task.id), ["Queued"], "one audit row");
  },

  "a repeated write of a task that was claimed in between changes nothing": async (s) => {
    const task = s.task();
    await s.persist(task);
    const [claimed] = await s.claim(await s.worker());
    expectSame(expectValue(claimed, "it is claimed").id, task.id, "the task is claimed");
    const again = await s.persist(task);
    expectSame(
      [again.outcome, again.claimed],
      ["created", false],
      "the answer is that of a new task",
    );
    expectSame((await s.row(task.id)).workerId, "worker-a", "the claim stands");
  },

  "a task can be stored as claimed by the local worker": async (s) => {
    const workerId = await s.worker();
    const task = s.task({ claimFor: workerId });
    expectSame(
      await s.persist(task),
      { id: task.id, outcome: "created", claimed: true },
      "claimed",
    );
    const row = await s.row(task.id);
    expectSame(
      [row.workerId, row.attempt, row.leaseToken, row.dueAt],
      [workerId, 1, 1, null],
      "it is held",
    );
    expectSame(await s.claim(await s.worker("worker-b")), [], "no other worker can claim it");
    const lease = { workerId, token: 1 };
    const { applied } = await s.change(task.id, ["InProgress", "Completed"], { lease });
    expectThat(applied, "its worker can write about it");
    expectSame(await s.statuses(task.id), ["Queued", "InProgress", "Completed"], "the audit trail");
  },

  "a repeated write of a task that was stored as claimed reports the claim until it ends": async (
    s,
  ) => {
    const workerId = await s.worker();
    const task = s.task({ claimFor: workerId });
    await s.persist(task);
    expectSame((await s.persist(task)).claimed, true, "still held by the same worker");
    await s.change(task.id, ["Completed"], { lease: { workerId, token: 1 } });
    expectSame((await s.persist(task)).claimed, false, "not any more");
    expectSame((await s.row(task.id)).status, "Completed", "and its end stands");
  },

  "a repeated write of a task that was given back and claimed again reports it as not claimed":
    async (
      s,
    ) => {
      const workerId = await s.worker();
      const task = s.task({ claimFor: workerId });
      await s.persist(task);
      await s.storage.release(workerId, [{ taskId: task.id, token: 1, dueAt: await s.now() }]);
      const [again] = await s.claim(workerId);
      expectSame([again?.id, again?.leaseToken], [task.id, 2], "the same worker has claimed it");
      const { outcome, claimed } = await s.persist(task);
      expectSame([outcome, claimed], ["created", false], "the claim has already returned it");
      expectSame((await s.row(task.id)).leaseToken, 2, "and the claim stands");
    },

  "a task is not stored as claimed for an unknown worker, for later, or in a paused queue": async (
    s,
  ) => {
    const claimFor = await s.worker();
    await s.storage.setQueuePaused("paused", true);
    const results = await s.storage.persist([
      s.task({ claimFor: "nobody" }),
      s.task({ claimFor, status: "WaitingQueue", due: { inMs: hour } }),
      s.task({ claimFor, queue: "paused" }),
    ]);
    expectSame(results.map((r) => r.claimed), [false, false, false], "they wait as usual");
    for (const { id } of results) {
      const row = await s.row(id);
      expectSame([row.workerId, row.attempt], [null, 0], "nobody holds it");
      expectThat(row.dueAt !== null, "it is due at its time");
    }
  },

  "a task is stored in the caller's transaction, or not at all": ["transaction", async (s) => {
    const kept = s.task();
    const dropped = s.task({ taskKey: "dropped" });
    const transaction = expectValue(s.unit.transaction, "the harness runs transactions").bind(
      s.unit,
    );
    await transaction(async (connection) => {
      const [result] = await s.storage.persist([kept], { connection });
      expectSame(result?.outcome, "created", "it is created");
    }, "commit");
    await transaction(async (connection) => {
      await s.storage.persist([dropped], { connection });
    }, "rollback");
    expectSame((await s.row(kept.id)).status, "Queued", "the committed task exists");
    expectSame(await s.statuses(kept.id), ["Queued"], "with its audit row");
    expectSame(await s.storage.get(dropped.id), null, "the rolled back one does not exist");
    expectSame(await s.storage.getByTaskKey("dropped"), null, "nor is its key");
  }],
});
