// Many processes on one database: each operation is applied exactly once.

import type { ClaimedTask } from "../../../storage/records.ts";
import { StorageError } from "../../../storage/errors.ts";
import type { StatusChange } from "../../../storage/requests.ts";
import type { Storage } from "../../../storage/storage.ts";
import { ConformanceError, expectSame, expectSameSet, expectThat } from "../expect.ts";
import { leaseMs, minute, type Scene, topic } from "../scene.ts";
import { actionOn } from "./operations.ts";

/** The end of a task that worker-a has claimed. */
function toEnd({ id, leaseToken }: ClaimedTask): StatusChange {
  const transitions = [{ status: "Completed", exception: null, agoMs: 0 }] as const;
  const lease = { workerId: "worker-a", token: leaseToken };
  return { taskId: id, auditLevel: "Full", transitions, lease };
}

/** Repeats an operation after transient errors, such as a deadlock, as every caller does. */
async function insist<T>(verb: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= 20; attempt++) {
    try {
      return await verb();
    } catch (error) {
      if (!(error instanceof StorageError && error.transient)) throw error;
    }
  }
  throw new ConformanceError("20 transient errors in a row: there is no progress.");
}

async function processes(s: Scene, count: number): Promise<Storage[]> {
  const others = Array.from({ length: count - 1 }, () => s.unit.another());
  return [s.storage, ...await Promise.all(others)];
}

/** Claims until nothing is left. */
async function drain(
  s: Scene,
  workerId: string,
  storage: Storage,
  limit = 50,
): Promise<ClaimedTask[]> {
  const all: ClaimedTask[] = [];
  for (;;) {
    const tasks = await insist(() => s.claim(workerId, { storage, limit }));
    all.push(...tasks);
    if (tasks.length === 0) return all;
  }
}

export const concurrency = topic("concurrency", {
  "many claimers share 2,000 tasks without duplicate and without loss": async (s) => {
    const later = { status: "WaitingQueue", due: { inMs: 0 } } as const;
    const ids = [
      ...await s.addMany(500),
      ...await s.addMany(500, later),
      ...await s.addMany(500, { ...later, priority: 1 }),
      ...await s.addMany(500, { priority: 1 }),
    ];
    const storages = await processes(s, 4);
    const claims = storages.flatMap((storage, n) =>
      [1, 2].map(async (m) => drain(s, await s.worker(`worker-${n}-${m}`, storage), storage))
    );
    const claimed = (await Promise.all(claims)).flat();
    expectSameSet(claimed.map((task) => task.id), ids, "each task is claimed once");
    expectThat(
      claimed.every((task) => task.attempt === 1 && task.leaseToken === 1),
      "each claim is the first one of its task",
    );
  },

  "tasks that are stored while others claim are all claimed once": async (s) => {
    const storages = await processes(s, 4);
    const workers = await Promise.all(
      storages.map((storage, n) => s.worker(`worker-${n}`, storage)),
    );
    const stored: string[] = [];
    const store = async () => {
      for (let batch = 0; batch < 20; batch++) {
        const tasks = Array.from({ length: 20 }, () => s.task());
        const results = await insist(() => storages[batch % 4]!.persist(tasks));
        stored.push(...results.map((result) => result.id));
      }
    };
    const rounds = storages.map(async (storage, n) => {
      const all: ClaimedTask[] = [];
      for (let round = 0; round < 10; round++) all.push(...await drain(s, workers[n]!, storage, 7));
      return all;
    });
    const [, ...claimed] = await Promise.all([store(), ...rounds]);
    const rest = await drain(s, workers[0]!, s.storage);
    expectSameSet([...claimed.flat(), ...rest].map((task) => task.id), stored, "each once");
  },

  "workers that claim and finish concurrently end every task once": async (s) => {
    const ids = await s.addMany(600);
    const storages = await processes(s, 3);
    await Promise.all(storages.map(async (storage, n) => {
      const workerId = await s.worker(`worker-${n}`, storage);
      for (;;) {
        const tasks = await insist(() => s.claim(workerId, { storage, limit: 20 }));
        if (tasks.length === 0) break;
        const changes = tasks.map((task) => ({
          taskId: task.id,
          auditLevel: task.auditLevel,
          lease: { workerId, token: task.leaseToken },
          transitions: [
            { status: "InProgress", exception: null, agoMs: 2 },
            { status: "Completed", exception: null, agoMs: 0 },
          ],
        } as const));
        const results = await insist(() => storage.setStatusMany(changes));
        expectThat(results.every((result) => result.applied), "the holder's writes are applied");
      }
    }));
    expectSame((await s.storage.statistics()).tasksByStatus.Completed, 600, "all have ended");
    for (const id of [ids[0]!, ids[300]!, ids[599]!]) {
      expectSame(
        await s.statuses(id),
        ["Queued", "InProgress", "Completed"],
        "each audit trail is whole",
      );
    }
    expectSame((await s.historyRows())[0], 1800, "and nothing is written twice");
  },

  "writers that change the same tasks in opposite order do not block each other": async (s) => {
    const ids = await s.addMany(120);
    const storages = await processes(s, 4);
    const transition = { status: "InProgress", exception: null, agoMs: 0 } as const;
    await Promise.all(storages.map(async (storage, n) => {
      const order = n % 2 ? ids : [...ids].reverse();
      for (let round = 0; round < 5; round++) {
        const changes = order.map((
          taskId,
        ) => ({ taskId, auditLevel: "Full", transitions: [transition] } as const));
        await insist(() => storage.setStatusMany(changes));
      }
    }));
    expectSame((await s.historyRows())[0], 120 * (1 + 4 * 5), "every change is applied once");
  },

  "operators and workers that change the same tasks at once do not block each other": async (s) => {
    const ids = await s.addMany(60);
    const [own, other, workers] = await processes(s, 3);
    await workers!.registerWorker({ id: "worker-a", host: "test" });
    const target = { kind: "tasks", id: null } as const;
    const batch = { continues: null, skipped: 0, next: null };
    let changed = 0;
    const operate = async (storage: Storage, order: "newest" | "oldest") => {
      for (let round = 0; round < 4; round++) {
        const { items } = await storage.list({ ids }, { limit: 60, order });
        const edits = items.map(({ id, version }) => (
          { taskId: id, version, change: { priority: round } }
        ));
        const action = actionOn("", { target });
        const { applied } = await insist(() => storage.editTasks({ edits, action, batch }));
        changed += applied.filter((isApplied) => isApplied).length;
      }
    };
    const work = async () => {
      // A claim may skip tasks that are being changed.
      for (let ended = 0, round = 0; ended < ids.length && round < 200; round++) {
        const claimed = await insist(() => s.claim("worker-a", { limit: 10, storage: workers! }));
        await insist(() => workers!.setStatusMany(claimed.map(toEnd)));
        ended += claimed.length;
      }
    };
    await Promise.all([operate(own!, "newest"), operate(other!, "oldest"), work()]);
    const { items } = await s.storage.list({ ids }, { limit: 60 });
    const ended = items.filter(({ status }) => status === "Completed");
    expectSame([items.length, ended.length], [60, 60], "each task has run");
    const { items: actions } = await s.storage.operatorActions();
    const noted = actions.map((action) => action.changed + action.skipped);
    expectSame(noted, Array(8).fill(60), "each batch is recorded once, with all of its tasks");
    const sum = actions.reduce((sum, action) => sum + action.changed, 0);
    expectSame(sum, changed, "the returned ids are those of the changed tasks");
  },

  "of two writes that end a task with the same lease, only one is applied": async (s) => {
    const storages = await processes(s, 2);
    for (let round = 0; round < 20; round++) {
      const { id, lease } = await s.claimed();
      const results = await Promise.all(
        storages.map((storage, n) =>
          insist(() => storage.setStatus(id, n ? "Completed" : "Failed", null, "Full", { lease }))
        ),
      );
      expectSame(results.filter((result) => result.applied).length, 1, "one is applied");
      expectSame((await s.statuses(id)).length, 2, "one audit row");
    }
  },

  "parallel runs of one series are all counted": async (s) => {
    const id = await s.addSeries();
    const storages = await processes(s, 4);
    await Promise.all(
      Array.from(
        { length: 40 },
        (_, n) => insist(() => storages[n % 4]!.updateCurrentRun(id, 1, 4_000_000_000_000, "Full")),
      ),
    );
    const count = (await s.row(id)).series?.runCount;
    expectSame([count, (await s.runs(id)).length], [40, 40], "none is lost");
  },

  "if a worker is removed as lost while it writes, each of its tasks is either written or released":
    async (s) => {
      const [first, second] = await processes(s, 2);
      for (let round = 0; round < 10; round++) {
        const workerId = await s.worker(`worker-${round}`);
        await s.addMany(10);
        const tasks = await s.claim(workerId);
        await s.unit.passTime(leaseMs + minute);
        const changes = tasks.map((task) => ({
          taskId: task.id,
          auditLevel: "Full",
          lease: { workerId, token: task.leaseToken },
          transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
        } as const));
        const [results, lost] = await Promise.all([
          insist(() => first!.setStatusMany(changes)),
          insist(() => s.releaseLost({}, second)),
        ]);
        const lostIds = new Set(lost.map((task) => task.taskId));
        for (const [n, task] of tasks.entries()) {
          expectSame(
            results[n]!.applied,
            !lostIds.has(task.id),
            "it is either written or released",
          );
          const { status } = await s.row(task.id);
          expectSame(
            status,
            results[n]!.applied ? "Completed" : "ServiceStopped",
            "the row has the status of that write",
          );
        }
        await s.storage.requestCancel([...lostIds]);
      }
    },

  "a cancel and a claim at the same time agree": async (s) => {
    const [first, second] = await processes(s, 2);
    const workerId = await s.worker();
    for (let round = 0; round < 20; round++) {
      const id = await s.add();
      const [tasks, [outcome]] = await Promise.all([
        insist(() => s.claim(workerId, { storage: first! })),
        insist(() => second!.requestCancel([id])),
      ]);
      const row = await s.row(id);
      if (tasks.length > 0) {
        expectSame(
          [outcome, row.cancelRequested],
          ["requested", true],
          "claimed first, then requested to cancel",
        );
      } else {
        expectSame([outcome, row.status], ["cancelled", "Cancelled"], "cancelled first");
      }
    }
  },
});
