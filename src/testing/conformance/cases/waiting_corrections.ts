// One-shots that wait since a clock was ahead: they are due sooner, others are not.

import { expectNear, expectSame } from "../expect.ts";
import { day, hour, topic } from "../scene.ts";

export const waitingCorrections = topic("waiting corrections", {
  "a task that was to run at once is due now": ["setClockBack", async (s) => {
    const id = await s.add();
    await s.unit.setClockBack!(day);
    expectSame(await s.storage.correctWaiting(10), 1, "it was made to wait");
    const row = await s.row(id);
    expectNear(row.dueAt, await s.now(), "it is due");
    expectSame([row.status, await s.statuses(id)], ["Queued", ["Queued"]], "as it was");
    expectSame(await s.storage.correctWaiting(10), 0, "nothing is left to do");
    await s.worker();
    expectSame((await s.claim("worker-a")).length, 1, "it can be claimed");
  }],

  "a task that was stopped is due now": ["setClockBack", async (s) => {
    const { id, lease } = await s.claimed();
    await s.change(id, [["ServiceStopped", "stopped"]], { lease, dueInMs: 0 });
    await s.unit.setClockBack!(day);
    expectSame(await s.storage.correctWaiting(10), 1, "it was made to wait");
    expectNear((await s.row(id)).dueAt, await s.now(), "it is due");
  }],

  "a task waits for its next attempt as long as it was to": ["setClockBack", async (s) => {
    const { id, lease } = await s.claimed();
    const retry = { lease, dueInMs: 40 * day + hour, executionTimeMs: 5 };
    await s.change(id, [["Pending", "Error: busy"]], retry);
    await s.unit.setClockBack!(day);
    for (const corrected of [1, 0]) {
      expectSame(await s.storage.correctWaiting(10), corrected, "once, and not again");
      const row = await s.row(id);
      const now = await s.now();
      expectNear(row.dueAt, now + 40 * day + hour, "as long after now as after its end");
      expectNear(row.lastExecutionAt, now, "which is taken for now");
    }
  }],

  "what waits for another reason stays where it is": ["setClockBack", async (s) => {
    const later = { status: "WaitingQueue", due: { inMs: hour } } as const;
    const delayed = await s.add(later);
    const series = await s.addSeries({ due: { at: await s.now() + hour } });
    const { id: retried, lease } = await s.claimed();
    await s.change(retried, [["Pending", "Error: busy"]], { lease, dueInMs: day });
    const { id: held } = await s.claimed({ queue: "held" });
    await s.unit.setClockBack!(day);
    const after = await s.add(later);
    const ids = [delayed, series, retried, held, after];
    const before = await Promise.all(ids.map((id) => s.row(id)));
    expectSame(await s.storage.correctWaiting(10), 0, "nothing is made due sooner");
    expectSame(await Promise.all(ids.map((id) => s.row(id))), before, "nothing has changed");
  }],

  "while the clock goes on, nothing is made due sooner": async (s) => {
    const { id, lease } = await s.claimed();
    const retry = { lease, dueInMs: day, executionTimeMs: 5 };
    await s.change(id, [["Pending", "Error: busy"]], retry);
    await s.add();
    const before = (await s.storage.list()).items;
    expectSame(await s.storage.correctWaiting(10), 0, "nothing");
    expectSame((await s.storage.list()).items, before, "all is as before");
  },

  "at most so many are made due sooner in one call": ["setClockBack", async (s) => {
    await s.addMany(5);
    await s.unit.setClockBack!(day);
    const counts = [];
    for (let call = 0; call < 4; call++) counts.push(await s.storage.correctWaiting(2));
    expectSame(counts, [2, 2, 1, 0], "the rest comes with the next call");
  }],
});
