// Status changes without a lease, as an administrator makes them. A task with a new waiting status
// gets a due instant, so that a worker finds it. An unknown status is rejected.

import { InvalidArgumentError } from "../../../guards/errors.ts";
import type { RunEnd, StatusChange, StatusTransition } from "../../../storage/requests.ts";
import type { TaskStatus } from "../../../storage/task_status.ts";
import { expectNear, expectRejection, expectSame, expectThat } from "../expect.ts";
import { hour, type Scene, topic } from "../scene.ts";

const waiting: readonly TaskStatus[] = ["WaitingQueue", "Queued", "Pending"];

/** Invalid statuses, some of which are similar to valid ones. */
const unknown = ["Done", "queued", "Queued ", "", "__proto__", null, undefined, 5];

/** Stores a task that was dispatched for an instant or to run at once, and has ended. */
async function ended(s: Scene, status: TaskStatus, at?: number): Promise<string> {
  const later = { queue: "later", status: "WaitingQueue", due: { at: at! } } as const;
  const id = await s.add(at === undefined ? {} : later);
  await s.change(id, [status]);
  return id;
}

export const changesByHand = topic("changes by hand", {
  "a waiting task that gets another waiting status keeps its due instant": async (s) => {
    for (const status of waiting) {
      const ids = [
        await s.add(),
        await s.add({ status: "WaitingQueue", due: { inMs: hour } }),
        await s.addSeries({ due: { inMs: hour } }),
      ];
      for (const id of ids) {
        const { dueAt } = await s.row(id);
        await s.change(id, [status]);
        const row = await s.row(id);
        expectSame([row.status, row.dueAt], [status, dueAt], `${status} keeps the due instant`);
      }
    }
  },

  "an ended task that gets a waiting status is due at the instant of its dispatch, or now if that instant is past":
    async (s) => {
      const worker = await s.worker();
      for (const status of waiting) {
        const now = await s.now();
        const atOnce = await ended(s, "Failed");
        const cases = [
          ["dispatched at once", atOnce, now],
          ["dispatched for later", await ended(s, "Cancelled", now + hour), now + hour],
          [
            "dispatched for an instant that has passed",
            await ended(s, "Completed", now - hour),
            now,
          ],
        ] as const;
        for (const [which, id, dueAt] of cases) {
          expectSame((await s.row(id)).dueAt, null, "it has ended");
          const { applied } = await s.storage.setStatus(id, status, null, "Full");
          const row = await s.row(id);
          expectSame([applied, row.status, row.exception], [true, status, null], "the change");
          expectNear(row.dueAt, dueAt, `${status}, ${which}`);
        }
        const claimed = await s.claim(worker, { queues: ["default"] });
        expectSame(claimed.map(({ id }) => id), [atOnce], "it can be claimed");
        await s.change(atOnce, ["Completed"]);
      }
    },

  "a series that gets a waiting status is due at its next run, or now if it has none": async (
    s,
  ) => {
    for (const status of waiting) {
      const now = await s.now();
      const planned = await s.addSeries({}, { nextRunAt: now + hour });
      await s.change(planned, ["Failed"]);
      const over = await s.addSeries();
      await s.storage.updateCurrentRun(over, 1, null, "Full");
      for (const [id, dueAt] of [[planned, now + hour], [over, now]] as const) {
        expectSame((await s.row(id)).dueAt, null, "it does not wait");
        await s.change(id, [status]);
        expectNear((await s.row(id)).dueAt, dueAt, status);
      }
      expectNear((await s.row(planned)).series!.nextRunAt, now + hour, "the next run stays");
    }
  },

  "WaitingQueue and Pending take a task from its worker; Queued leaves it there": async (s) => {
    for (const status of waiting) {
      const { id, lease } = await s.claimed({ queue: status });
      await s.change(id, [status]);
      const { workerId, dueAt } = await s.row(id);
      const late = await s.storage.setStatus(id, "Completed", null, "Full", { lease });
      if (status === "Queued") {
        expectSame([workerId, dueAt], [lease.workerId, null], "it is held as before");
        expectSame(late.applied, true, "and its worker ends it");
      } else {
        expectSame([workerId, late.applied], [null, false], "its lease has ended");
        expectNear(dueAt, await s.now(), "and it is due");
      }
    }
  },

  "a request to cancel stays when the task gets a waiting status": async (s) => {
    const { id } = await s.claimed();
    await s.storage.requestCancel([id]);
    await s.change(id, ["Pending"]);
    const { cancelRequested, workerId, dueAt } = await s.row(id);
    expectSame([cancelRequested, workerId], [true, null], "the request stands");
    expectNear(dueAt, await s.now(), "the worker that claims it next cancels it");
  },

  "the last of several transitions decides whether a task waits": async (s) => {
    const [waits, ends] = await s.addMany(2);
    await s.change(waits!, [["Failed", "it broke"], "Queued"]);
    await s.change(ends!, ["Queued", ["Failed", "it broke"]]);
    expectThat((await s.row(waits!)).dueAt !== null, "it waits");
    expectSame((await s.row(ends!)).dueAt, null, "it does not");
  },

  "an unknown status is rejected, and nothing is written": async (s) => {
    const [id, other] = await s.addMany(2);
    const series = await s.addSeries();
    const good: StatusTransition = { status: "Failed", exception: null, agoMs: 0 };
    const change = (taskId: string, ...transitions: StatusTransition[]): StatusChange => ({
      taskId,
      auditLevel: "Full",
      transitions,
    });
    const end = (...transitions: StatusTransition[]): RunEnd => ({
      ...change(series, ...transitions),
      executionTimeMs: 1,
      nextRunAt: null,
    });
    for (const text of unknown) {
      const bad: StatusTransition = { ...good, status: text as TaskStatus };
      const refused = (call: Promise<unknown>) =>
        expectRejection(call, InvalidArgumentError, `the status ${text}`);
      await refused(s.storage.setStatusMany([change(id!, bad)]));
      await refused(s.storage.setStatusMany([change(id!, bad, good)]));
      await refused(s.storage.setStatusMany([change(id!, good), change(other!, bad)]));
      await refused(s.storage.updateCurrentRunMany([end(bad)]));
      await refused(s.storage.updateCurrentRunMany([end(bad, good)]));
    }
    const rows = await Promise.all([id!, other!, series].map((taskId) => s.row(taskId)));
    expectSame(
      rows.map(({ status }) => status),
      ["Queued", "Queued", "WaitingQueue"],
      "the rows are unchanged",
    );
    expectSame((await s.historyRows())[0], 3, "and there is no audit row");
  },
});
