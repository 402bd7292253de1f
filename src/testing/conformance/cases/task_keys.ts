// The task-key rules: the effect of a second dispatch with the same key, by the state of the first
// task.

import type { NewTask } from "../../../storage/requests.ts";
import { expectNear, expectSame, expectThat, expectValue } from "../expect.ts";
import { hour, retryPolicy, type Scene, topic } from "../scene.ts";

const taskKey = "nightly";
const otherSchedule = '{"every":1,"unit":"hours"}';

/** Returns a second task with the key, recognisable by its payload. */
function second(s: Scene, overrides: Partial<NewTask> = {}): NewTask {
  return s.task({
    taskKey,
    payload: '"second"',
    handlerName: "Second",
    queue: "second",
    ...overrides,
  });
}

export const taskKeys = topic("task keys", {
  "a task that is updated by a later task of its batch keeps its first audit row": async (s) => {
    for (const auditLevel of ["None", "Minimal"] as const) {
      const key = `${taskKey} ${auditLevel}`;
      const [first, later] = [
        s.task({ taskKey: key, auditLevel: "Full" }),
        s.task({ taskKey: key, auditLevel, status: "WaitingQueue", due: { inMs: hour } }),
      ];
      const results = await s.storage.persist([s.task(), first, s.task(), later, s.task()]);
      expectSame(results.map(({ outcome }) => outcome), [
        "created",
        "created",
        "created",
        "updated",
        "created",
      ], "the outcomes");
      const { items } = await s.storage.statusAudit(first.id);
      expectSame(items.map(({ newStatus }) => newStatus), ["Queued"], auditLevel);
    }
  },
  "a waiting one-shot is updated in place": async (s) => {
    const id = await s.add({ taskKey, priority: 1 });
    const task = second(s, {
      type: "other",
      priority: 9,
      auditLevel: "Minimal",
      traceContext: "00-1-2-01",
      retryPolicy,
      status: "WaitingQueue",
      due: { inMs: hour },
    });
    expectSame(await s.persist(task), { id, outcome: "updated", claimed: false }, "updated");
    expectSame(await s.storage.get(task.id), null, "no second row");
    const row = await s.row(id);
    expectSame(
      [
        row.type,
        row.payload,
        row.handlerName,
        row.queue,
        row.priority,
        row.auditLevel,
        row.traceContext,
        row.retryPolicy,
      ],
      ["other", '"second"', "Second", "second", 9, "Minimal", "00-1-2-01", retryPolicy],
      "it has the new one's fields",
    );
    expectSame(row.status, "WaitingQueue", "and its status");
    expectNear(row.dueAt, await s.now() + hour, "and its due instant");
    expectSame(row.scheduledAt, row.dueAt, "which it was dispatched for");
  },

  "with skipBusy, tasks are stored if no other write locks their keys": async (
    s,
  ) => {
    const id = await s.add({ taskKey });
    const tasks = [s.task(), second(s), s.task({ taskKey: "other" })];
    const results = await s.storage.persist(tasks, { skipBusy: true });
    expectSame(
      results.map((result) => [result.id, result.outcome, result.claimed]),
      [[tasks[0]!.id, "created", false], [id, "updated", false], [tasks[2]!.id, "created", false]],
      "no key is busy",
    );
  },

  "an update that changes the status writes an audit row as the new audit level requires": async (
    s,
  ) => {
    const id = await s.add({ taskKey });
    await s.persist(second(s));
    expectSame(await s.statuses(id), ["Queued"], "Queued stays Queued: no row");
    await s.persist(second(s, { status: "WaitingQueue", due: { inMs: hour } }));
    expectSame(await s.statuses(id), ["Queued", "WaitingQueue"], "Full: a row");
    await s.persist(second(s, { auditLevel: "Minimal" }));
    expectSame(await s.statuses(id), ["Queued", "WaitingQueue"], "Minimal: no row");
  },

  "a one-shot task that waits for its next attempt is updated and starts with attempt 0": async (
    s,
  ) => {
    const { id, lease } = await s.claimed({ taskKey });
    await s.change(id, ["InProgress", ["Pending", "it broke"]], { lease, dueInMs: hour });
    const result = await s.persist(second(s));
    expectSame([result.id, result.outcome], [id, "updated"], "updated");
    const row = await s.row(id);
    expectSame(
      [row.status, row.exception, row.attempt, row.lostCount],
      ["Queued", null, 0, 0],
      "afresh",
    );
    expectNear(row.dueAt, await s.now(), "due now");
  },

  "a one-shot task whose worker was lost is updated, because it waits again": async (s) => {
    const { id } = await s.claimed({ taskKey });
    await s.storage.unregisterWorker("worker-a");
    await s.releaseLost();
    const result = await s.persist(second(s));
    expectSame([result.id, result.outcome], [id, "updated"], "updated");
    const row = await s.row(id);
    expectSame([row.status, row.exception, row.lostCount], ["Queued", null, 0], "afresh");
  },

  "a one-shot in progress, or claimed, stays unchanged": async (s) => {
    const { id, lease } = await s.claimed({ taskKey });
    const whileClaimed = await s.persist(second(s));
    expectSame(whileClaimed, { id, outcome: "existing", claimed: false }, "claimed");
    await s.change(id, ["InProgress"], { lease });
    expectSame((await s.persist(second(s))).outcome, "existing", "in progress");
    const row = await s.row(id);
    expectSame(
      [row.queue, row.workerId, row.status],
      ["default", "worker-a", "InProgress"],
      "as it was",
    );
    expectThat(row.payload !== '"second"', "its payload is the first one's");
  },

  "an unclaimed one-shot task in progress stays unchanged, too": async (s) => {
    const id = await s.add({ taskKey });
    await s.change(id, ["InProgress"]);
    expectSame(
      await s.persist(second(s)),
      { id, outcome: "existing", claimed: false },
      "in progress, by hand",
    );
    expectSame((await s.row(id)).queue, "default", "as it was");
  },

  "an update clears a request to cancel a one-shot task": async (s) => {
    const { id, lease } = await s.claimed({ taskKey });
    await s.storage.requestCancel([id]);
    await s.change(id, [["Pending", "it broke"]], { lease, dueInMs: hour });
    expectSame((await s.persist(second(s))).outcome, "updated", "updated");
    const [again] = await s.claim("worker-a", { queues: ["second"] });
    expectSame([again?.id, again?.cancelRequested], [id, false], "the request is forgotten");
  },

  "a one-shot task that has ended loses its key to a new task": async (s) => {
    for (const status of ["Completed", "Failed", "Cancelled", "ServiceStopped"] as const) {
      const key = `ended as ${status}`;
      const old = await s.add({ taskKey: key });
      await s.change(old, [[status, status === "Failed" ? "it broke" : null]]);
      const task = second(s, { taskKey: key });
      const result = await s.persist(task);
      expectSame([result.id, result.outcome], [task.id, "created"], `${status} is replaced`);
      const row = await s.row(old);
      expectSame([row.status, row.taskKey], [status, null], "the old one stays, without the key");
      const holder = expectValue(await s.storage.getByTaskKey(key), "the key is held");
      expectSame(holder.id, task.id, "by the new one");
      expectSame(await s.statuses(task.id), ["Queued"], "which has its own history");
    }
  },

  "a waiting one-shot can become a series": async (s) => {
    const id = await s.add({ taskKey });
    const at = await s.now() + hour;
    const result = await s.persist(s.recurring({ taskKey, due: { at } }, { nextRunAt: at }));
    expectSame([result.id, result.outcome], [id, "updated"], "updated");
    const row = await s.row(id);
    expectSame([row.series?.nextRunAt, row.series?.runCount, row.dueAt], [at, 0, at], "it recurs");
  },

  "a series never becomes a one-shot": async (s) => {
    const id = await s.addSeries({ taskKey });
    const result = await s.persist(second(s));
    expectSame([result.id, result.outcome], [id, "existing"], "nothing happens");
    const row = await s.row(id);
    expectThat(row.series !== null && row.payload !== '"second"', "the series is as it was");
    await s.storage.updateCurrentRun(id, 1, null, "Full");
    expectSame((await s.persist(second(s))).outcome, "existing", "not even an ended one");
  },

  "a series in progress, or claimed, stays unchanged": async (s) => {
    const id = await s.addSeries({ taskKey });
    const [task] = await s.claim(await s.worker());
    const again = s.recurring({ taskKey, payload: '"second"' }, { schedule: otherSchedule });
    expectSame((await s.persist(again)).outcome, "existing", "claimed");
    const lease = { workerId: "worker-a", token: expectValue(task, "claimed").leaseToken };
    await s.change(id, ["InProgress"], { lease });
    expectSame(await s.persist({ ...again, id: s.id() }), {
      id,
      outcome: "existing",
      claimed: false,
    }, "in progress");
    expectThat((await s.row(id)).payload !== '"second"', "nothing changed");
  },

  "a series registered again with the same schedule keeps its next run and its run count": async (
    s,
  ) => {
    const now = await s.now();
    const id = await s.addSeries({ taskKey }, { nextRunAt: now });
    await s.storage.updateCurrentRun(id, 5, now + hour, "Full");
    const before = await s.row(id);
    const again = s.recurring(
      { taskKey, payload: '"second"', priority: 7, due: { at: now + 9 * hour } },
      { nextRunAt: now + 9 * hour, anchorAt: now, maxRuns: 3, info: "renamed" },
    );
    const result = await s.persist(again);
    expectSame([result.id, result.outcome], [id, "updated"], "updated");
    const row = await s.row(id);
    expectSame(
      row.series,
      { ...before.series!, maxRuns: 3, info: "renamed" },
      "next run, anchor and count are kept",
    );
    expectSame(
      [row.dueAt, row.status],
      [before.dueAt, before.status],
      "as are due instant and status",
    );
    expectSame(
      [row.payload, row.priority],
      ['"second"', 7],
      "payload and priority are the new ones",
    );
  },

  "a series registered again with another schedule gets the new next run and keeps its count":
    async (s) => {
      const now = await s.now();
      const id = await s.addSeries({ taskKey }, { nextRunAt: now });
      await s.storage.updateCurrentRun(id, 5, now + hour, "Full");
      const nextRunAt = now + 9 * hour;
      const again = s.recurring({ taskKey, due: { at: nextRunAt } }, {
        schedule: otherSchedule,
        nextRunAt,
        anchorAt: now,
      });
      expectSame((await s.persist(again)).outcome, "updated", "updated");
      const row = await s.row(id);
      expectSame(
        row.series,
        { ...again.series!, runCount: 1 },
        "all but the count is new",
      );
      expectSame(
        [row.dueAt, row.status],
        [nextRunAt, "WaitingQueue"],
        "it waits for the new next run",
      );
    },

  "a series that keeps its next run keeps its attempts, losses and rate limit slot": async (s) => {
    const id = await s.addSeries({ taskKey });
    await s.claim(await s.worker("lost"));
    await s.storage.unregisterWorker("lost");
    await s.releaseLost();
    const [task] = await s.claim(await s.worker());
    const lease = { workerId: "worker-a", token: expectValue(task, "claimed").leaseToken };
    const rateSlotAt = await s.now() + hour;
    await s.change(id, [["Pending", "it broke"]], { lease, dueInMs: hour, rateSlotAt });
    const { version: _before, ...before } = await s.row(id);
    await s.persist(s.recurring({ taskKey, priority: 4 }));
    const { version: _, ...row } = await s.row(id);
    expectSame(row, { ...before, priority: 4, exception: null }, "all but the exception is kept");
    expectSame(
      [row.attempt, row.lostCount, row.rateSlotAt],
      [2, 1, rateSlotAt],
      "the attempts, too",
    );
    await s.persist(s.recurring({ taskKey }, { schedule: otherSchedule }));
    const afresh = await s.row(id);
    expectSame(
      [afresh.attempt, afresh.lostCount, afresh.rateSlotAt],
      [0, 0, null],
      "another schedule starts afresh",
    );
  },

  "a cancelled series that is registered again starts again": async (s) => {
    const now = await s.now();
    const id = await s.addSeries({ taskKey }, { nextRunAt: now });
    await s.storage.updateCurrentRun(id, 5, now + hour, "Full");
    await s.storage.requestCancel([id]);
    const nextRunAt = now + 2 * hour;
    const again = s.recurring({ taskKey, due: { at: nextRunAt } }, { nextRunAt, anchorAt: now });
    const result = await s.persist(again);
    expectSame([result.id, result.outcome], [id, "updated"], "updated");
    const row = await s.row(id);
    expectSame(row.series, { ...again.series!, runCount: 0 }, "it starts anew");
    expectSame([row.dueAt, row.status], [nextRunAt, "WaitingQueue"], "and waits for its first run");
  },

  "a series that has ended and is registered again starts again": async (s) => {
    const id = await s.addSeries({ taskKey });
    await s.storage.updateCurrentRun(id, 5, null, "Full", {
      status: "Failed",
      exception: "it broke",
    });
    const nextRunAt = await s.now() + hour;
    const again = s.recurring({ taskKey, due: { at: nextRunAt } }, { nextRunAt });
    expectSame((await s.persist(again)).outcome, "updated", "updated");
    const row = await s.row(id);
    expectSame([row.exception, row.series?.runCount, row.dueAt], [null, 0, nextRunAt], "anew");
  },

  "the rules apply to the tasks of one call in their order": async (s) => {
    const [a, b, c] = [second(s), second(s), second(s, { taskKey: "other" })];
    const results = await s.storage.persist([a, b, c]);
    expectSame(results.map((r) => [r.id, r.outcome]), [[a.id, "created"], [a.id, "updated"], [
      c.id,
      "created",
    ]], "the second finds the first");
  },

  "two processes that dispatch the same new key concurrently store one row": async (s) => {
    const other = await s.unit.another();
    for (let round = 0; round < 10; round++) {
      const key = `round-${round}`;
      const tasks = Array.from({ length: 6 }, () => s.task({ taskKey: key }));
      const results = await Promise.all(
        tasks.map((task, n) => s.persist(task, n % 2 ? other : s.storage)),
      );
      const created = results.filter((result) => result.outcome === "created");
      expectSame(created.length, 1, "one of them creates the task");
      expectSame(new Set(results.map((r) => r.id)).size, 1, "and all get its id");
    }
    expectSame((await s.storage.list()).items.length, 10, "one row for each key");
  },

  "two processes that replace the same ended task concurrently store one row": async (s) => {
    const other = await s.unit.another();
    for (let round = 0; round < 5; round++) {
      const key = `round-${round}`;
      const old = await s.add({ taskKey: key });
      await s.change(old, ["Completed"]);
      const results = await Promise.all([
        s.persist(s.task({ taskKey: key })),
        s.persist(s.task({ taskKey: key }), other),
      ]);
      expectSame(results.filter((r) => r.outcome === "created").length, 1, "one creates");
      expectThat(results.every((r) => r.id !== old), "and both get the new id");
      expectSame(results[0]!.id, results[1]!.id, "which is the same");
    }
  },
});
