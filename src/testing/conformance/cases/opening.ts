// Opening and closing.

import { StorageClosedError } from "../../../storage/errors.ts";
import { expectNear, expectRejection, expectSame, expectThat } from "../expect.ts";
import { topic } from "../scene.ts";

export const opening = topic("opening", {
  "opening twice is the same as once, and returns the storage's time": async (s) => {
    const { now } = await s.storage.open();
    expectNear(now, await s.now(), "open returns the storage's clock");
    await s.add();
    await s.storage.open();
    expectSame((await s.storage.list()).items.length, 1, "stored tasks are still there");
  },

  "many processes may open the same database at once": async (s) => {
    const others = await Promise.all([1, 2, 3, 4].map(() => s.unit.another()));
    const id = await s.add();
    for (const other of others) expectSame((await s.row(id, other)).id, id, "each sees the task");
  },

  "stored tasks are there for the next process after the first has closed": async (s) => {
    const first = await s.unit.another();
    const { id } = await s.persist(s.task(), first);
    await first.close();
    expectSame((await s.row(id)).status, "Queued", "the task outlives its process");
  },

  "a closed storage rejects every call and may be closed again": async (s) => {
    const other = await s.unit.another();
    await other.close();
    await other.close();
    const verbs = [
      () => other.persist([s.task()]),
      () => other.claim({ workerId: "w", types: ["a"], queues: [{ name: "default", limit: 1 }] }),
      () => other.setStatus(s.id(), "Completed", null, "Full"),
      () => other.heartbeat("w", 1000),
      () => other.get(s.id()),
      () => other.statistics(),
      () => other.operatorActions(),
    ];
    for (const verb of verbs) {
      await expectRejection(verb(), StorageClosedError, `${verb} is rejected after close`);
    }
    await s.add();
  },

  "an empty database has no tasks, workers or history": async (s) => {
    const { tasksByStatus } = await s.storage.statistics();
    expectSame(Object.values(tasksByStatus), Array(8).fill(0), "every status is counted, with 0");
    expectSame((await s.storage.list()).items, [], "the list is empty");
    expectSame(await s.storage.workers(), [], "there are no workers");
    const growth = await s.storage.auditGrowth();
    expectSame(growth.map(({ table, rows }) => `${table} ${rows}`), [
      "StatusAudit 0",
      "RunsAudit 0",
      "TaskExecutionLog 0",
    ], "the audit tables are empty");
  },

  "a storage has a name and polling intervals": async (s) => {
    const { name, polling: { busyMs, idleMs } } = await s.unit.another();
    expectThat(busyMs > 0 && idleMs >= busyMs, "0 < busyMs <= idleMs");
    expectSame(name, s.storage.name, "the name is the driver's");
    expectThat(name.length > 0, "and not empty");
  },
});
