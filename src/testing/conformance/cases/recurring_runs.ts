// The end of a recurring task's run: counts, next run, history.

import { expectNear, expectSame, expectThat, expectValue } from "../expect.ts";
import { hour, minute, topic } from "../scene.ts";

export const recurringRuns = topic("recurring runs", {
  "the end of a run increments the count, and the series waits for the next run": async (s) => {
    const id = await s.addSeries();
    const [task] = await s.claim(await s.worker());
    const lease = { workerId: "worker-a", token: expectValue(task, "claimed").leaseToken };
    const nextRunAt = await s.now() + hour;
    const result = await s.storage.updateCurrentRun(id, 12.5, nextRunAt, "Full", { lease });
    expectSame(result.applied, true, "it is applied");
    const row = await s.row(id);
    expectSame([row.status, row.series?.runCount, row.series?.nextRunAt, row.dueAt], [
      "Completed",
      1,
      nextRunAt,
      nextRunAt,
    ], "the series rests until the next run");
    expectSame(
      [row.workerId, row.attempt, row.lostCount, row.executionTimeMs],
      [null, 0, 0, 12.5],
      "the lease has ended",
    );
    expectNear(row.lastExecutionAt, await s.now(), "the last execution ended now");
    expectSame(await s.claim("worker-a"), [], "it is not due yet");
    await s.unit.passTime(hour + minute);
    const [again] = await s.claim("worker-a");
    expectSame([again?.id, again?.attempt, again?.series?.runCount], [id, 1, 1], "then it is");
  },

  "several transitions of a run and its end are one write": async (s) => {
    const id = await s.addSeries();
    const [task] = await s.claim(await s.worker());
    const lease = { workerId: "worker-a", token: expectValue(task, "claimed").leaseToken };
    const nextRunAt = await s.now() + hour;
    const transitions = [
      { status: "Queued", exception: null, agoMs: 3 * minute },
      { status: "InProgress", exception: null, agoMs: 2 * minute },
      { status: "Failed", exception: "it broke", agoMs: minute },
    ] as const;
    await s.storage.updateCurrentRunMany([{
      taskId: id,
      auditLevel: "Full",
      transitions,
      lease,
      executionTimeMs: 60_000,
      nextRunAt,
    }]);
    expectSame(
      await s.statuses(id),
      ["WaitingQueue", "Queued", "InProgress", "Failed: it broke"],
      "the changes",
    );
    const { items: [run] } = await s.storage.runsAudit(id);
    expectSame(
      [run?.status, run?.exception, run?.executionTimeMs],
      ["Failed", "it broke", 60_000],
      "the run",
    );
    expectNear(
      run?.executedAt ?? null,
      await s.now() - minute,
      "which ended with the last transition",
    );
    const row = await s.row(id);
    expectSame(
      [row.status, row.exception, row.dueAt],
      ["Failed", "it broke", nextRunAt],
      "a failed run does not end the series",
    );
  },

  "a run without a next run ends the series": async (s) => {
    const id = await s.addSeries();
    await s.storage.updateCurrentRun(id, 1, null, "Full");
    const row = await s.row(id);
    expectSame([row.status, row.dueAt, row.series?.nextRunAt, row.series?.runCount], [
      "Completed",
      null,
      null,
      1,
    ], "it has ended");
    await s.unit.passTime(24 * hour);
    expectSame(await s.claim(await s.worker()), [], "it never runs again");
  },

  "a skipped occurrence sets the next run and does not count": async (s) => {
    const id = await s.addSeries();
    const nextRunAt = await s.now() + hour;
    const options = { counts: false, status: "WaitingQueue", exception: "no slot" } as const;
    await s.storage.updateCurrentRun(id, 5, nextRunAt, "Full", options);
    const row = await s.row(id);
    expectSame(
      [row.series?.runCount, row.series?.nextRunAt, row.dueAt],
      [0, nextRunAt, nextRunAt],
      "it moved on",
    );
    expectSame([row.lastExecutionAt, row.executionTimeMs], [null, null], "there was no execution");
    expectSame(await s.runs(id), [], "and no run");
    expectSame(
      await s.statuses(id),
      ["WaitingQueue", "WaitingQueue: no slot"],
      "the change is audited",
    );
  },

  "the end of a run clears its rate limit slot": async (s) => {
    const id = await s.addSeries();
    const rateSlotAt = await s.now() - minute;
    await s.change(id, ["WaitingQueue"], { dueInMs: 0, rateSlotAt });
    const [task] = await s.claim(await s.worker());
    expectSame(task?.rateSlotAt, rateSlotAt, "the run has a slot");
    await s.storage.updateCurrentRun(id, 1, await s.now() + hour, "Full");
    expectSame((await s.row(id)).rateSlotAt, null, "the next one has none");
  },

  "attempts and losses are 0 for the next run": async (s) => {
    const id = await s.addSeries();
    await s.claim(await s.worker("lost"));
    await s.storage.unregisterWorker("lost");
    await s.releaseLost();
    const [task] = await s.claim(await s.worker());
    expectSame([task?.attempt, task?.lostCount], [2, 1], "the second attempt, after a loss");
    const lease = { workerId: "worker-a", token: task!.leaseToken };
    await s.storage.updateCurrentRun(id, 1, await s.now() + hour, "Full", { lease });
    const row = await s.row(id);
    expectSame([row.attempt, row.lostCount], [0, 0], "afresh");
  },

  "a one-shot task has no runs": async (s) => {
    const id = await s.add();
    const result = await s.storage.updateCurrentRun(id, 1, null, "Full");
    expectSame(result.applied, false, "it is not applied");
    expectSame(
      [(await s.row(id)).status, ...await s.statuses(id)],
      ["Queued", "Queued"],
      "nothing was written",
    );
    expectSame(await s.runs(id), [], "no run");
  },

  "a run of an unknown task is not applied": async (s) => {
    const unknown = await s.storage.updateCurrentRun(s.id(), 1, null, "Full");
    expectSame(unknown.applied, false, "it is not applied");
    expectSame(await s.historyRows(), [0, 0, 0], "no history");
  },

  "many runs end in one call and are answered in order": async (s) => {
    const tasks = Array.from({ length: 300 }, () => s.recurring());
    const ids = (await s.storage.persist(tasks)).map((result) => result.id);
    expectSame((await s.claim(await s.worker(), { limit: 300 })).length, 300, "all are claimed");
    const nextRunAt = await s.now() + hour;
    const transitions = [{ status: "Completed", exception: null, agoMs: 0 }] as const;
    const runs = [...ids.slice(0, 150), s.id(), ...ids.slice(150)]
      .map((
        taskId,
      ) => ({
        taskId,
        auditLevel: "Minimal",
        transitions,
        executionTimeMs: 1,
        nextRunAt,
      } as const));
    const results = await s.storage.updateCurrentRunMany(runs);
    expectSame(
      results.map((r) => r.applied),
      runs.map((run) => ids.includes(run.taskId)),
      "all but the unknown one",
    );
    expectSame((await s.historyRows())[1], 300, "a run each");
    const [first, second] = [ids[0]!, ids[1]!];
    await s.storage.updateCurrentRunMany([{ ...runs[0]!, counts: false }, runs[1]!]);
    const rows = [await s.row(first), await s.row(second)];
    expectSame(rows.map((row) => row.series?.runCount), [1, 2], "one of them was skipped");
    expectSame([(await s.runs(first)).length, (await s.runs(second)).length], [1, 2], "its runs");
    expectSame(rows.map((row) => [row.attempt, row.workerId]), [[0, null], [0, null]], "afresh");
    expectSame(await s.storage.updateCurrentRunMany([]), [], "an empty list is fine");
  },

  "a series between runs has its next run, and its runs are listed in order": async (s) => {
    const id = await s.addSeries();
    for (let run = 1; run <= 5; run++) {
      const status = run % 2 ? "Completed" : "Failed";
      const exception = run % 2 ? null : `run ${run} broke`;
      await s.storage.updateCurrentRun(id, run, await s.now() + hour, "Full", {
        status,
        exception,
      });
    }
    const expected = [
      "Completed",
      "Failed: run 2 broke",
      "Completed",
      "Failed: run 4 broke",
      "Completed",
    ];
    expectSame(await s.runs(id), expected, "in the order of writing");
    expectSame((await s.row(id)).series?.runCount, 5, "five runs");
  },

  "the run count stays at 2^31 - 1": ["setRunCount", async (s) => {
    const id = await s.addSeries();
    await s.unit.setRunCount?.(id, 2 ** 31 - 2);
    for (const expected of [2 ** 31 - 1, 2 ** 31 - 1]) {
      const { applied } = await s.storage.updateCurrentRun(id, 1, await s.now() + hour, "Full");
      expectThat(applied, "a run at the limit is not an error");
      expectSame((await s.row(id)).series?.runCount, expected, "the count");
    }
    expectSame((await s.runs(id)).length, 2, "both runs are audited");
  }],

  "the end of a run in the caller's transaction is stored only if the transaction commits": [
    "transaction",
    async (s) => {
      const id = await s.addSeries();
      const nextRunAt = await s.now() + hour;
      const transaction = expectValue(s.unit.transaction, "the harness runs transactions").bind(
        s.unit,
      );
      await transaction(async (connection) => {
        await s.storage.updateCurrentRun(id, 1, nextRunAt, "Full", { connection });
      }, "rollback");
      expectSame([(await s.row(id)).series?.runCount, (await s.runs(id)).length], [0, 0], "undone");
      await transaction(async (connection) => {
        await s.storage.updateCurrentRun(id, 1, nextRunAt, "Full", { connection });
      }, "commit");
      expectSame([(await s.row(id)).series?.runCount, (await s.runs(id)).length], [1, 1], "done");
    },
  ],
});
