// Corrections of series that were planned by a clock that was ahead.

import { expectNear, expectSame } from "../expect.ts";
import { day, hour, minute, type Scene, topic } from "../scene.ts";

/** Stores a series whose next run is tomorrow, and returns a correction to the next hour. */
async function planned(s: Scene) {
  const now = await s.now();
  const plannedAt = now + day;
  const due = { at: plannedAt };
  const id = await s.addSeries({ due }, { anchorAt: now + day - hour, nextRunAt: plannedAt });
  const times = { nextRunAt: now + hour, anchorAt: now - minute, dueAt: now + hour };
  const correction = { taskId: id, plannedAt, ...times };
  return { id, now, correction };
}

export const seriesCorrections = topic("series corrections", {
  "a waiting series is due at its corrected next run": async (s) => {
    const { id, now, correction } = await planned(s);
    const before = await s.row(id);
    expectSame(await s.storage.correctSeries([correction]), [true], "it is corrected");
    const { version: _, ...after } = await s.row(id);
    const { version: _before, ...fields } = before;
    expectSame(after, {
      ...fields,
      dueAt: now + hour,
      series: { ...before.series!, nextRunAt: now + hour, anchorAt: now - minute },
    }, "the times have changed, and nothing else");
    expectSame(await s.statuses(id), ["WaitingQueue"], "no status change is audited");
    await s.worker();
    expectSame(await s.claim("worker-a"), [], "it is not due yet");
    await s.unit.passTime(hour + minute);
    await s.storage.heartbeat("worker-a", 2 * day);
    const [task] = await s.claim("worker-a");
    expectSame(task?.id, id, "then it is");
  },

  "a series between two runs is corrected, too": async (s) => {
    const id = await s.addSeries();
    const now = await s.now();
    await s.storage.updateCurrentRun(id, 1, now + day, "Full");
    const times = { nextRunAt: now + hour, anchorAt: now, dueAt: now + minute };
    const correction = { taskId: id, plannedAt: now + day, ...times };
    expectSame(await s.storage.correctSeries([correction]), [true], "it is corrected");
    const { dueAt, status, series } = await s.row(id);
    expectSame([dueAt, status, series?.runCount], [now + minute, "Completed", 1], "the row");
  },

  "of two processes that correct a series, one succeeds": async (s) => {
    const { id, now, correction } = await planned(s);
    const other = await s.unit.another();
    const later = { ...correction, nextRunAt: now + 2 * hour };
    expectSame(await other.correctSeries([correction]), [true], "the first");
    expectSame(await s.storage.correctSeries([later]), [false], "the second knows an old next run");
    expectSame((await s.row(id)).series?.nextRunAt, now + hour, "the next run");
  },

  "a series that a worker holds is not corrected": async (s) => {
    const { id, correction } = await planned(s);
    await s.storage.makeDue([id]);
    await s.worker();
    await s.claim("worker-a");
    const before = await s.row(id);
    expectSame(await s.storage.correctSeries([correction]), [false], "it is refused");
    expectSame(await s.row(id), before, "nothing has changed");
  },

  "an extra run of a corrected series stays due": async (s) => {
    const { id, now, correction } = await planned(s);
    await s.storage.makeDue([id]);
    expectSame(await s.storage.correctSeries([correction]), [true], "it is corrected");
    const { dueAt, series } = await s.row(id);
    expectNear(dueAt, now, "it is due now");
    expectSame(series?.nextRunAt, now + hour, "the next run after that");
  },

  "tasks that are not series, have ended or do not exist stay unchanged": async (s) => {
    const { now, correction } = await planned(s);
    const at = now + day;
    const delayed = await s.add({ status: "WaitingQueue", due: { at } });
    const ended = await s.addSeries({ due: { at } }, { nextRunAt: at });
    await s.storage.requestCancel([ended]);
    const before = [await s.row(delayed), await s.row(ended)];
    const others = [delayed, ended, s.id()].map((taskId) => ({ ...correction, taskId }));
    const [first, ...rest] = others;
    expectSame(
      await s.storage.correctSeries([first!, correction, ...rest]),
      [false, true, false, false],
      "answers are in the order of the list",
    );
    expectSame([await s.row(delayed), await s.row(ended)], before, "nothing has changed");
    expectSame(await s.storage.correctSeries([]), [], "an empty list is fine");
  },
});
