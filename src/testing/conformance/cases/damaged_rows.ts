// Damaged rows: a row that was edited by hand or damaged by a disk affects only its own task.

import type { Damage } from "../harness.ts";
import { expectSame, expectSameSet, expectThat, expectValue } from "../expect.ts";
import { hour, type Scene, topic } from "../scene.ts";

const damages: readonly Damage[] = ["counters", "instants"];

/** Stores three due tasks, and damages the second. */
async function addThree(s: Scene, damage: Damage): Promise<readonly string[]> {
  const ids = [...await s.addMany(2), await s.addSeries()];
  await s.unit.damage?.(ids[1]!, damage);
  return ids;
}

export const damagedRows = topic("damaged rows", {
  "a damaged row does not affect claims of other tasks, and its task can be set to Failed": [
    "damage",
    async (s) => {
      const workerId = await s.worker();
      for (const damage of damages) {
        const ids = await addThree(s, damage);
        const tasks = await s.claim(workerId);
        expectSameSet(tasks.map(({ id }) => id), ids, `${damage}: all are claimed`);
        for (const { id, leaseToken, series } of tasks) {
          const lease = { workerId, token: leaseToken };
          const end = { taskId: id, auditLevel: "Full", lease } as const;
          const transitions = [{ status: "Failed", exception: "damaged", agoMs: 0 }] as const;
          const [result] = series === null
            ? await s.storage.setStatusMany([{ ...end, transitions }])
            : await s.storage.updateCurrentRunMany([
              { ...end, transitions, executionTimeMs: 0, nextRunAt: null, counts: false },
            ]);
          expectThat(result!.applied, `${damage}: the lease of ${id} is held`);
          const row = await s.row(id);
          expectSame(
            [row.status, row.exception, row.workerId, row.dueAt],
            ["Failed", "damaged", null, null],
            `${damage}: it has ended`,
          );
        }
        expectSame(await s.claim(workerId), [], `${damage}: nothing is left to claim`);
      }
    },
  ],

  "counters stop at 2^31 - 1": ["damage", async (s) => {
    const workerId = await s.worker();
    const id = await s.add();
    await s.unit.damage?.(id, "counters");
    const [task] = await s.claim(workerId);
    const { attempt, leaseToken } = expectValue(task, "it is claimed");
    expectSame([attempt, leaseToken], [2 ** 31 - 1, 2 ** 31 - 1], "the counters of a claim");
    expectSame((await s.row(id)).leaseToken, leaseToken, "the row has the same token");
  }],

  "a damaged row can be read": ["damage", async (s) => {
    for (const damage of damages) {
      const ids = await addThree(s, damage);
      const { items } = await s.storage.list({}, { limit: 3 });
      expectSameSet(items.map(({ id }) => id), ids, `${damage}: all are listed`);
      for (const id of ids) expectSame((await s.row(id)).id, id, `${damage}: it can be read`);
      const now = await s.now();
      const dueAt = await s.storage.nextDueAt(["default", "recurring"], ["send-email"]);
      expectThat(dueAt !== null && dueAt <= now, `${damage}: something is due`);
      await s.storage.backlog();
    }
  }],

  "a damaged row does not prevent the release of a lost worker's tasks": ["damage", async (s) => {
    for (const damage of damages) {
      const workerId = await s.worker(`lost-${damage}`);
      const ids = await s.addMany(3, { queue: damage });
      for (const { id, leaseToken } of await s.claim(workerId, { queues: [damage] })) {
        await s.change(id, ["InProgress"], { lease: { workerId, token: leaseToken } });
      }
      await s.unit.damage?.(ids[1]!, damage);
      await s.unit.passTime(hour);
      const lost = await s.releaseLost();
      expectSameSet(lost.map(({ taskId }) => taskId), ids, `${damage}: all are released`);
      for (const id of ids) {
        expectSame((await s.row(id)).workerId, null, `${damage}: ${id} is free`);
      }
    }
  }],
});
