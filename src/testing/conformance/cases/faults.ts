// Faults: the connection breaks at any statement of an operation. The operation is then applied
// completely or not at all. If it fails, the error is transient, and a retry has the same result as
// an operation without a fault.

import { StorageError } from "../../../storage/errors.ts";
import type { Capability } from "../harness.ts";
import { expectSame, expectThat } from "../expect.ts";
import { day, hour, type Scene, topic } from "../scene.ts";
import { actionOn, editOf } from "./operations.ts";

/** The assumed maximum number of statements of an operation. */
const statements = 8;

/**
 * Breaks an operation at its first, second … statement.
 *
 * @param prepare Prepares the data, and returns the operation.
 * @param look Returns the data that the operation may change.
 */
async function breakEverywhere<T>(
  s: Scene,
  prepare: () => Promise<T>,
  verb: (subject: T) => Promise<unknown>,
  look: (subject: T) => Promise<unknown>,
): Promise<void> {
  const state = async (subject: T) => JSON.stringify(await look(subject));
  const whole = await prepare();
  const untouched = await state(whole);
  await verb(whole);
  const done = await state(whole);
  expectThat(done !== untouched, "the verb does something");

  for (let n = 1; n <= statements; n++) {
    const subject = await prepare();
    s.unit.failAt?.(n);
    const failed = await verb(subject).then(() => false, (error) => {
      const isTransient = error instanceof StorageError && error.transient;
      expectThat(
        isTransient,
        `statement ${n}: the error is a transient StorageError, not ${error}`,
      );
      return true;
    });
    s.unit.failAt?.(0);
    const found = await state(subject);
    const isWhole = found === done || (failed && found === untouched);
    expectThat(
      isWhole,
      `statement ${n}: half done\n  before: ${untouched}\n  after:  ${done}\n  found:  ${found}`,
    );
    if (failed) await verb(subject);
    expectSame(await state(subject), done, `statement ${n}: a retry has the same result`);
  }
}

/** A case that needs faults. */
function withFaults(check: (s: Scene) => Promise<void>): readonly [Capability, typeof check] {
  return ["failAt", check];
}

/** Returns a task's row and history, without ids and instants. */
async function standing(s: Scene, id: string) {
  const row = await s.storage.get(id);
  if (row === null) return null;
  const {
    status,
    exception,
    attempt,
    lostCount,
    leaseToken,
    cancelRequested,
    taskKey,
    payload,
  } = row;
  const flags = [
    row.dueAt !== null,
    row.workerId !== null,
    row.series?.runCount,
    row.series?.nextRunAt !== null,
  ];
  const history = [await s.statuses(id), await s.runs(id)];
  return {
    status,
    exception,
    attempt,
    lostCount,
    leaseToken,
    cancelRequested,
    taskKey,
    payload,
    flags,
    history,
  };
}

export const faults = topic("faults", {
  "a persist that breaks has stored all tasks or none": withFaults(async (s) => {
    let round = 0;
    await breakEverywhere(
      s,
      async () => {
        const key = `key-${++round}`;
        const ended = await s.add({ taskKey: `${key}-ended` });
        await s.change(ended, ["Completed"]);
        await s.add({ taskKey: `${key}-waiting` });
        const keys = [null, `${key}-ended`, `${key}-waiting`, `${key}-new`, null];
        return {
          ended,
          key,
          tasks: keys.map((taskKey) => s.task({ taskKey, auditLevel: "Full", payload: '"new"' })),
        };
      },
      ({ tasks }) => s.storage.persist(tasks),
      async ({ ended, key, tasks }) => {
        const found = await Promise.all(tasks.map((task) => standing(s, task.id)));
        const waiting = (await s.storage.getByTaskKey(`${key}-waiting`))!;
        const standings = [...found, await standing(s, ended), await standing(s, waiting.id)];
        return standings.map((standing) =>
          standing && { ...standing, taskKey: standing.taskKey?.replace(key, "") ?? null }
        );
      },
    );
  }),

  "a claim that breaks has claimed all tasks or none": withFaults(async (s) => {
    // If the answer of a claim is lost, its tasks are released once the worker counts as lost. Here
    // the worker lives and only claims again.
    await s.worker();
    for (let n = 1; n <= statements; n++) {
      const ids = await s.addMany(5);
      s.unit.failAt?.(n);
      const claimed = await s.claim("worker-a").catch((error) => {
        expectThat(error instanceof StorageError && error.transient, `statement ${n}: ${error}`);
        return null;
      });
      s.unit.failAt?.(0);
      const rows = await Promise.all(ids.map((id) => s.row(id)));
      const held = rows.filter((row) => row.workerId === "worker-a" && row.attempt === 1);
      const free = rows.filter((row) => row.dueAt !== null && row.attempt === 0);
      const isWhole = held.length === 5 || (claimed === null && free.length === 5);
      expectThat(isWhole, `statement ${n}: all are claimed, or none`);
      const rest = await s.claim("worker-a");
      expectSame(rest.length, free.length, `statement ${n}: free tasks can be claimed`);
    }
  }),

  "of status changes that break, all or none are applied": withFaults(async (s) => {
    await breakEverywhere(
      s,
      async () => [
        await s.claimed(),
        await s.claimed({}, "worker-b"),
        await s.claimed({ auditLevel: "None" }),
      ],
      (subject) =>
        s.storage.setStatusMany(subject.map(({ id, lease }, n) => ({
          taskId: id,
          lease,
          auditLevel: "Full",
          transitions: [
            { status: "InProgress", exception: null, agoMs: 5 },
            { status: n ? "Completed" : "Failed", exception: n ? null : "it broke", agoMs: 0 },
          ],
        }))),
      (subject) => Promise.all(subject.map(({ id }) => standing(s, id))),
    );
  }),

  "runs that break are counted once": withFaults(async (s) => {
    const nextRunAt = await s.now() + 99 * day;
    await s.worker();
    await breakEverywhere(
      s,
      async () => {
        await s.addSeries();
        await s.addSeries();
        return s.claim("worker-a");
      },
      (tasks) =>
        s.storage.updateCurrentRunMany(tasks.map((task) => ({
          taskId: task.id,
          lease: { workerId: "worker-a", token: task.leaseToken },
          auditLevel: "Full",
          transitions: [{ status: "Failed", exception: "it broke", agoMs: 0 }],
          executionTimeMs: 1,
          nextRunAt,
        }))),
      (tasks) => Promise.all(tasks.map((task) => standing(s, task.id))),
    );
  }),

  "a request to cancel that breaks can be repeated": withFaults(async (s) => {
    await breakEverywhere(
      s,
      async () => [
        (await s.claimed({ queue: "claimed" })).id,
        await s.add(),
        await s.addSeries({ due: { inMs: hour } }),
      ],
      (ids) => s.storage.requestCancel(ids),
      (ids) => Promise.all(ids.map((id) => standing(s, id))),
    );
  }),

  "a change by an operator that breaks is applied and recorded, or neither": withFaults(
    async (s) => {
      await breakEverywhere(
        s,
        async () => editOf(s, await s.add(), { payload: "[1]", status: "Queued" }),
        (edit) => s.storage.editTasks({ edits: [edit], action: actionOn(edit.taskId) }),
        async ({ taskId }) => [
          (await s.row(taskId)).payload,
          await s.statuses(taskId),
          (await s.storage.operatorActions({ taskId })).items.length,
        ],
      );
    },
  ),

  "a makeDue or a release that breaks can be repeated": withFaults(async (s) => {
    await breakEverywhere(
      s,
      async () => {
        const id = await s.add();
        await s.change(id, ["Failed"]);
        return id;
      },
      (id) => s.storage.makeDue([id]),
      (id) => standing(s, id),
    );
    await breakEverywhere(
      s,
      () => s.claimed({ queue: "released" }),
      ({ id, lease, task }) =>
        s.storage.release("worker-a", [{
          taskId: id,
          token: lease.token,
          dueAt: task.dueAt + day,
        }]),
      ({ id }) => standing(s, id),
    );
  }),

  "a release of lost workers that breaks loses nothing": withFaults(async (s) => {
    let round = 0;
    await breakEverywhere(
      s,
      async () => {
        const workerId = await s.worker(`worker-${++round}`);
        const queue = `queue-${round}`;
        const ids = [...await s.addMany(2, { queue }), await s.addSeries({ queue })];
        await s.claim(workerId, { queues: [queue] });
        await s.storage.unregisterWorker(workerId);
        return ids;
      },
      () => s.releaseLost(),
      (ids) => Promise.all(ids.map((id) => standing(s, id))),
    );
  }),

  "registrations, pauses and purges that break can be repeated": withFaults(async (s) => {
    let round = 0;
    const next = () => Promise.resolve(`name-${++round}`);
    await breakEverywhere(
      s,
      next,
      (id) => s.storage.registerWorker({ id, host: "here" }),
      async (id) => (await s.storage.workers()).some((worker) => worker.id === id),
    );
    await breakEverywhere(
      s,
      () => s.worker(`gone-${++round}`),
      (id) => s.storage.unregisterWorker(id),
      async (id) => (await s.storage.workers()).some((worker) => worker.id === id),
    );
    await breakEverywhere(
      s,
      next,
      (queue) => s.storage.setQueuePaused(queue, true),
      async (name) => (await s.storage.statistics()).queues.some(({ queue }) => queue === name),
    );
    await breakEverywhere(
      s,
      async () => {
        const id = await s.add();
        await s.change(id, [["Completed", null, 50 * day]]);
        return id;
      },
      async () => {
        const purge = () => s.storage.purge({ statusAuditDays: 30 }, { budget: 1000 });
        if (!(await purge()).busy) return;
        await s.unit.passTime(hour); // the lock of a broken purge expires
        await purge();
      },
      async (id) => (await s.statuses(id)).length,
    );
  }),
});
