// Claims: the claimed tasks and their order.

import { WorkerLostError } from "../../../storage/errors.ts";
import type { NewTask } from "../../../storage/requests.ts";
import { expectNear, expectRejection, expectSame, expectValue } from "../expect.ts";
import { hour, minute, retryPolicy, series, topic } from "../scene.ts";

export const claim = topic("claim", {
  "a claim returns all that a worker needs to run the task": async (s) => {
    const workerId = await s.worker();
    const id = await s.add({
      priority: 3,
      taskKey: "key",
      traceContext: "00-1-2-01",
      retryPolicy,
      auditLevel: "Minimal",
    });
    const before = await s.row(id);
    const claimed = await s.storage.claim({
      workerId,
      types: ["send-email"],
      queues: [{ name: "default", limit: 5 }],
    });
    expectNear(claimed.now, await s.now(), "the storage's clock");
    expectSame(claimed.tasks, [{
      id,
      type: "send-email",
      payload: before.payload,
      status: "Queued",
      auditLevel: "Minimal",
      queue: "default",
      priority: 3,
      taskKey: "key",
      createdAt: before.createdAt,
      dueAt: before.dueAt!,
      attempt: 1,
      lostCount: 0,
      leaseToken: 1,
      cancelRequested: false,
      rateSlotAt: null,
      traceContext: "00-1-2-01",
      retryPolicy,
      series: null,
    }], "the claimed task");
    const row = await s.row(id);
    expectSame([row.workerId, row.attempt, row.leaseToken, row.dueAt, row.status], [
      workerId,
      1,
      1,
      null,
      "Queued",
    ], "the row is held, its status is as before");
    expectSame(await s.statuses(id), [], "a claim writes no audit row");
  },

  "a claim of a series returns the series": async (s) => {
    const id = await s.addSeries({}, { maxRuns: 4 });
    const [task] = await s.claim(await s.worker());
    expectSame(task?.id, id, "it is claimed");
    expectSame(task?.series ?? null, { ...series({ maxRuns: 4 }), runCount: 0 }, "with its series");
  },

  "a claimed task is not claimed again": async (s) => {
    await s.addMany(3);
    const [a, b] = [await s.worker("worker-a"), await s.worker("worker-b")];
    expectSame((await s.claim(a)).length, 3, "the first worker gets them");
    expectSame((await s.claim(b)).length, 0, "the second gets none");
    expectSame((await s.claim(a)).length, 0, "nor does the first again");
  },

  "highest priority goes first, then longest due, then lowest id": async (s) => {
    const now = await s.now();
    const at = (minutesAgo: number) => ({ at: now - minutesAgo * minute });
    const tasks = {
      lateLow: s.task({ priority: -5, due: at(90) }),
      second: s.task({ priority: 0, due: at(10) }),
      third: s.task({ priority: 0, due: at(10) }),
      first: s.task({ priority: 0, due: at(20) }),
      urgent: s.task({ priority: 32_767, due: at(1) }),
      last: s.task({ priority: -32_768, due: at(99) }),
    };
    const { urgent, first, second, third, lateLow, last } = tasks;
    await s.storage.persist([third, lateLow, urgent, last, second, first]);
    const claimed = await s.claim(await s.worker());
    const names = claimed.map((task) =>
      Object.entries(tasks).find(([, t]) => t.id === task.id)?.[0]
    );
    expectSame(names, ["urgent", "first", "second", "third", "lateLow", "last"], "the order");
  },

  "a claim with a limit takes the first tasks of the order": async (s) => {
    const ids = await s.addMany(10);
    const urgent = await s.add({ priority: 1 });
    const older = await s.add({ due: { at: await s.now() - hour } });
    const workerId = await s.worker();
    const first = await s.claim(workerId, { limit: 5 });
    expectSame(first.map((t) => t.id), [urgent, older, ...ids.slice(0, 3)], "the first five");
    const rest = await s.claim(workerId, { limit: 100 });
    expectSame(rest.map((t) => t.id), ids.slice(3), "then the rest");
  },

  "delayed and recurring tasks are claimed in one order with all other tasks": async (
    s,
  ) => {
    const now = await s.now();
    const kinds: Partial<NewTask>[] = [
      { status: "Queued" },
      { status: "WaitingQueue" },
      { status: "Queued", series: series({ nextRunAt: now }) },
      { status: "WaitingQueue", series: series({ nextRunAt: now }) },
    ];
    // Two tasks of each kind for each priority and due instant. As claims take five tasks, each
    // group is split between two claims.
    const tasks = [1, 0].flatMap((priority) =>
      [20, 10].flatMap((minutesAgo) =>
        [...kinds, ...kinds].map((kind) =>
          s.task({ ...kind, priority, due: { at: now - minutesAgo * minute } })
        )
      )
    );
    await s.addMany(3, { priority: 2, status: "WaitingQueue", due: { inMs: hour } });
    await s.storage.persist(tasks.toReversed());
    const workerId = await s.worker();
    const claimed: string[] = [];
    for (let portion = 5; portion === 5;) {
      const next = await s.claim(workerId, { limit: 5 });
      claimed.push(...next.map((task) => task.id));
      portion = next.length;
    }
    expectSame(claimed, tasks.map((task) => task.id), "by priority, due instant and id");
  },

  "each queue has its own limit": async (s) => {
    for (const queue of ["a", "b", "c"]) await s.addMany(5, { queue });
    const workerId = await s.worker();
    const queues = [{ name: "a", limit: 2 }, { name: "b", limit: 0 }, { name: "c", limit: 9 }];
    const { tasks } = await s.storage.claim({ workerId, types: ["send-email"], queues });
    const count = (queue: string) => tasks.filter((task) => task.queue === queue).length;
    expectSame([count("a"), count("b"), count("c")], [2, 0, 5], "tasks from each");
  },

  "a task is not claimed before it is due": async (s) => {
    const workerId = await s.worker();
    const id = await s.add({ status: "WaitingQueue", due: { inMs: hour } });
    expectSame(await s.claim(workerId), [], "not yet");
    await s.unit.passTime(hour - minute);
    expectSame(await s.claim(workerId), [], "still not");
    await s.unit.passTime(2 * minute);
    expectSame((await s.claim(workerId)).map((t) => t.id), [id], "now it is due");
  },

  "tasks of unknown types are not claimed, even at the head of the queue": async (s) => {
    const strangers = await s.addMany(30, { type: "of-a-newer-version", priority: 9 });
    const ids = await s.addMany(3);
    const claimed = await s.claim(await s.worker(), { limit: 10 });
    expectSame(claimed.map((t) => t.id), ids, "only known types are claimed");
    const row = await s.row(strangers[0]!);
    expectSame([row.status, row.attempt, row.workerId], ["Queued", 0, null], "the others wait");
    const known = await s.claim("worker-a", { limit: 10, types: ["of-a-newer-version", "x"] });
    expectSame(known.length, 10, "until a worker knows them");
  },

  "types and queues are case-sensitive": async (s) => {
    await s.add({ type: "Report", queue: "Email" });
    const workerId = await s.worker();
    expectSame(
      await s.claim(workerId, { types: ["report"], queues: ["Email"] }),
      [],
      "another type",
    );
    expectSame(
      await s.claim(workerId, { types: ["Report"], queues: ["email"] }),
      [],
      "another queue",
    );
    const claimed = await s.claim(workerId, { types: ["Report"], queues: ["Email"] });
    expectSame(claimed.length, 1, "the right ones");
  },

  "a claim without types or queues takes nothing": async (s) => {
    await s.add();
    const workerId = await s.worker();
    expectSame(await s.claim(workerId, { types: [] }), [], "no types");
    expectSame(await s.claim(workerId, { queues: [] }), [], "no queues");
  },

  "a claim of several types keeps the order by priority and id": async (s) => {
    const types = ["a", "b", "c"];
    const tasks = Array.from(
      { length: 60 },
      (_, n) => s.task({ type: types[n % 3]!, priority: n % 4 }),
    );
    await s.storage.persist(tasks);
    const expected = [3, 2, 1, 0].flatMap((p) => tasks.filter((t) => t.priority === p)).map((t) =>
      t.id
    );
    const claimed = await s.claim(await s.worker(), { types, limit: 100 });
    expectSame(claimed.map((t) => t.id), expected, "by priority, then by id, for any types");
  },

  "an unregistered worker cannot claim": async (s) => {
    await s.add();
    const error = await expectRejection(s.claim("nobody"), WorkerLostError, "it is refused");
    expectSame(error.workerId, "nobody", "the error names the worker");
    await s.worker("gone");
    await s.storage.unregisterWorker("gone");
    await expectRejection(s.claim("gone"), WorkerLostError, "an unregistered one is rejected, too");
    const [row] = (await s.storage.list()).items;
    expectSame(expectValue(row, "the task").attempt, 0, "nothing was claimed");
  },

  "ended tasks are not claimed": async (s) => {
    const ids = await s.addMany(4);
    const statuses = ["Completed", "Failed", "Cancelled", "ServiceStopped"] as const;
    for (const [n, status] of statuses.entries()) await s.change(ids[n]!, [status]);
    expectSame(await s.claim(await s.worker()), [], "they have ended");
  },
});
