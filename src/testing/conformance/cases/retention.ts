// Retention: exactly the rows that the policy allows are deleted.

import { StorageError } from "../../../storage/errors.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../../storage/retention.ts";
import { expectSame, expectSameSet, expectThat, expectValue } from "../expect.ts";
import { day, logLine, type Scene, topic } from "../scene.ts";

const nothing = {
  statusAudit: 0,
  runsAudit: 0,
  executionLog: 0,
  tasks: 0,
  operatorActions: 0,
  done: true,
  busy: false,
};

function purge(
  s: Scene,
  policy: RetentionPolicy,
  options: Partial<PurgeOptions> = {},
): Promise<PurgeResult> {
  return s.storage.purge(policy, { budget: 100_000, ...options });
}

/**
 * Stores a series with history: runs that ended 40, 20 and 1 days ago, on each of these days one
 * run with an exception and one without. Each has a runs audit row and a status audit row.
 */
async function history(s: Scene): Promise<string> {
  const id = await s.addSeries({ auditLevel: "None" });
  for (const days of [40, 20, 1]) {
    for (const exception of [null, `broke ${days} days ago`]) {
      const options = { exception, agoMs: days * day };
      await s.storage.updateCurrentRun(id, 1, await s.now() + 99 * day, "Full", options);
    }
  }
  return id;
}

/** Stores a completed one-shot task at level Full. */
async function completed(s: Scene, overrides: Parameters<Scene["add"]>[0] = {}): Promise<string> {
  const id = await s.add(overrides);
  await s.change(id, ["Completed"], {
    executionTimeMs: 1,
    auditLevel: overrides.auditLevel ?? "Full",
  });
  return id;
}

function nullIfTransient(error: unknown): null {
  if (error instanceof StorageError && error.transient) return null;
  throw error;
}

export const retention = topic("retention", {
  "without limits everything stays": async (s) => {
    const id = await history(s);
    await completed(s);
    await s.unit.passTime(1000 * day);
    const policies: RetentionPolicy[] = [
      {},
      {
        statusAuditDays: null,
        runsAuditDays: 0,
        errorAuditDays: -5,
        executionLogDays: null,
        maxExecutionLogsPerTask: 0,
      },
      { deleteCompletedTasksAfterRetention: true },
    ];
    for (const policy of policies) {
      expectSame(await purge(s, policy), nothing, JSON.stringify(policy));
    }
    expectSame((await s.runs(id)).length, 6, "the history is whole");
  },

  "each table has its own age": async (s) => {
    const id = await history(s);
    expectSame(
      await purge(s, { statusAuditDays: 30 }),
      { ...nothing, statusAudit: 2 },
      "status audit",
    );
    expectSame((await s.runs(id)).length, 6, "runs are kept");
    expectSame(await purge(s, { runsAuditDays: 10 }), { ...nothing, runsAudit: 4 }, "runs audit");
    expectSame(await s.statuses(id), [
      "Completed",
      "Completed: broke 20 days ago",
      "Completed",
      "Completed: broke 1 days ago",
    ], "the younger changes stay");
    expectSame(
      await s.runs(id),
      ["Completed", "Completed: broke 1 days ago"],
      "the younger runs stay",
    );
    expectSame(
      await purge(s, { statusAuditDays: 30, runsAuditDays: 10 }),
      nothing,
      "nothing is left to delete",
    );
  },

  "errors have their own age, longer or shorter": async (s) => {
    const id = await history(s);
    const longer = { statusAuditDays: 10, runsAuditDays: 10, errorAuditDays: 30 };
    expectSame(
      await purge(s, longer),
      { ...nothing, statusAudit: 3, runsAudit: 3 },
      "errors are kept for longer",
    );
    const expected = ["Completed: broke 20 days ago", "Completed", "Completed: broke 1 days ago"];
    expectSame([await s.statuses(id), await s.runs(id)], [expected, expected], "what stays");
    const onlyErrors = { errorAuditDays: 10 };
    expectSame(
      await purge(s, onlyErrors),
      { ...nothing, statusAudit: 1, runsAudit: 1 },
      "only errors have an age",
    );
    expectSame((await s.statuses(id)).length, 2, "the clean rows stay");
  },

  "log lines are deleted by age and by number": async (s) => {
    const [a, b] = await s.addMany(2);
    const lines = [40, 30, 20, 10, 5, 1].map((days) => ({ agoMs: days * day, message: `${days}` }));
    for (const taskId of [a!, b!]) {
      await s.storage.saveExecutionLogs(
        lines.map((line) => ({ ...line, taskId, level: "Debug", exception: null, run: 1 })),
      );
    }
    expectSame(await purge(s, { executionLogDays: 25 }), { ...nothing, executionLog: 4 }, "by age");
    expectSame(
      await purge(s, { maxExecutionLogsPerTask: 3 }),
      { ...nothing, executionLog: 2 },
      "by number",
    );
    const messages = (await s.storage.executionLogs(a!)).items.map((item) => item.message);
    expectSame(messages, ["10", "5", "1"], "the newest stay");
    await s.storage.saveExecutionLogs([logLine(a!, "new")]);
    expectSame((await s.storage.executionLogs(a!)).items.at(-1)?.sequence, 7, "numbers go on");
  },

  "a completed or cancelled task is deleted with its history": async (s) => {
    const done = await completed(s, { tags: ["tenant:1"] });
    const cancelled = await s.add({ taskKey: "cancelled" });
    await s.storage.requestCancel([cancelled]);
    const silent = await completed(s, { auditLevel: "None" });
    await s.unit.passTime(31 * day);
    const recent = await completed(s);
    const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
    expectSame(
      await purge(s, { statusAuditDays: 40, deleteCompletedTasksAfterRetention: true }),
      nothing,
      "not yet",
    );
    expectSame(await purge(s, policy), { ...nothing, statusAudit: 4, tasks: 3 }, "they go");
    for (const id of [done, cancelled, silent]) {
      expectSame(await s.storage.get(id), null, "the row is gone");
      expectSame(await s.statuses(id), [], "and its history");
    }
    expectSame(await s.storage.getByTaskKey("cancelled"), null, "and its key");
    expectSame((await s.storage.list({ tags: ["tenant:1"] })).items, [], "and its tags");
    expectSame((await s.row(recent)).status, "Completed", "a recent one stays");
    const again = await s.persist(s.task({ taskKey: "cancelled" }));
    expectSame(again.outcome, "created", "the key is free");
  },

  "failed tasks, tasks that have not ended, and series are kept": async (s) => {
    const failed = await s.add();
    await s.change(failed, ["Failed"]);
    const waiting = await s.add({ status: "WaitingQueue", due: { inMs: 99 * day } });
    const endedSeries = await s.addSeries();
    await s.storage.updateCurrentRun(endedSeries, 1, null, "Full");
    const { id: claimed } = await s.claimed({ queue: "other" });
    await s.unit.passTime(50 * day);
    const policy = {
      statusAuditDays: 1,
      runsAuditDays: 1,
      deleteCompletedTasksAfterRetention: true,
    };
    const again = await s.add();
    await s.change(again, ["Completed"], { dueInMs: 99 * day });
    await s.unit.passTime(50 * day);
    for (const dryRun of [true, false]) {
      const result = await purge(s, policy, { dryRun });
      expectSame([result.tasks, result.done], [0, true], "no task is deleted");
    }
    for (const id of [failed, waiting, endedSeries, claimed, again]) await s.row(id);
  },

  "a task is deleted by its last execution, not by its creation": async (s) => {
    const { id, lease } = await s.claimed();
    await s.unit.passTime(31 * day);
    await s.change(id, ["Completed"], { lease, auditLevel: "Minimal", executionTimeMs: 1 });
    const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
    for (const dryRun of [true, false]) {
      const result = await purge(s, policy, { dryRun });
      expectSame(result, { ...nothing, statusAudit: 1 }, "its first change goes");
    }
    expectSame((await s.row(id)).status, "Completed", "it stays");
    await s.unit.passTime(31 * day);
    expectSame(await purge(s, policy), { ...nothing, tasks: 1 }, "and goes in its turn");
  },

  "a task is kept while an error or a log line of it is kept": async (s) => {
    const withError = await s.add();
    await s.change(withError, [["Pending", "it broke"]]);
    await s.change(withError, ["Completed"], { executionTimeMs: 1 });
    const withLog = await completed(s);
    await s.storage.saveExecutionLogs([logLine(withLog, "x")]);
    await s.unit.passTime(31 * day);
    const policy = {
      statusAuditDays: 30,
      errorAuditDays: 60,
      deleteCompletedTasksAfterRetention: true,
    };
    for (const dryRun of [true, false]) {
      const result = await purge(s, policy, { dryRun });
      expectSame(result, { ...nothing, statusAudit: 4 }, "both tasks stay");
    }
    expectSame(await s.statuses(withError), ["Pending: it broke"], "the error stays");
    expectSame((await s.storage.executionLogs(withLog)).items.length, 1, "the line stays");
    await s.unit.passTime(30 * day);
    const result = await purge(s, { ...policy, executionLogDays: 30 });
    expectSame(result, { ...nothing, statusAudit: 1, executionLog: 1, tasks: 2 }, "then they go");
  },

  "a dry run counts all and deletes nothing": async (s) => {
    const id = await history(s);
    const done = await completed(s);
    await s.storage.saveExecutionLogs([logLine(done, "x")]);
    await s.unit.passTime(31 * day);
    const policy = {
      statusAuditDays: 30,
      runsAuditDays: 60,
      executionLogDays: 30,
      deleteCompletedTasksAfterRetention: true,
    };
    const expected = { ...nothing, statusAudit: 8, runsAudit: 2, executionLog: 1, tasks: 1 };
    expectSame(
      await purge(s, policy, { dryRun: true, budget: 1 }),
      expected,
      "what would be deleted",
    );
    expectSame(await purge(s, policy, { dryRun: true }), expected, "the same again");
    expectSame((await s.runs(id)).length, 6, "nothing is deleted");
    expectSame(await purge(s, policy), expected, "the real run deletes just that");
  },

  "dry runs and a purge at the same time do not hinder each other": async (s) => {
    await completed(s);
    await s.unit.passTime(31 * day);
    const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
    const dryRun = () => purge(s, policy, { dryRun: true });
    const results = await Promise.all([dryRun(), purge(s, policy), dryRun()]);
    expectSame(results.map(({ busy }) => busy), [false, false, false], "none is refused");
    expectSame(results[1]!.tasks, 1, "the task is deleted");
  },

  "of many tasks with rows of many ages, exactly the expired rows and the tasks without others are deleted":
    async (s) => {
      const tasks = Array.from(
        { length: 60 },
        (_, n) => ({ n, task: s.task({ auditLevel: "None" }) }),
      );
      await s.storage.persist(tasks.map(({ task }) => task));
      // Ages from 1.5 to 40.5 days; every third row is an error, and every fourth task has failed.
      const changes = tasks.map(({ n, task }) => {
        const ages = [1, 2, 3].slice(n % 3).map((step) => 1.5 + (n * 7 + step * 13) % 40);
        const rows = ages.sort((a, b) => b - a).map((days, row) => ({
          days,
          exception: (n + row) % 3 === 0 ? `broke ${days} days ago` : null,
          status: row < ages.length - 1
            ? "Pending" as const
            : n % 4 === 0
            ? "Failed" as const
            : "Completed" as const,
        }));
        return { id: task.id, rows };
      });
      await s.storage.setStatusMany(changes.map(({ id: taskId, rows }) => ({
        taskId,
        auditLevel: "Full",
        executionTimeMs: 1,
        transitions: rows.map(({ days, ...change }) => ({ ...change, agoMs: days * day })),
      })));
      const policy = {
        statusAuditDays: 15,
        errorAuditDays: 25,
        deleteCompletedTasksAfterRetention: true,
      };
      let total = { statusAudit: 0, tasks: 0 };
      for (let done = false; !done;) {
        const result = await purge(s, policy, { budget: 17 });
        total = {
          statusAudit: total.statusAudit + result.statusAudit,
          tasks: total.tasks + result.tasks,
        };
        done = result.done;
      }
      const left = changes.map(({ rows, ...change }) => ({
        ...change,
        last: rows.at(-1)!,
        rows: rows.filter(({ days, exception }) => days < (exception === null ? 15 : 25)),
      })).filter(({ last, rows }) => rows.length > 0 || last.status === "Failed" || last.days < 15);
      const kept = left.reduce((sum, { rows }) => sum + rows.length, 0);
      const all = changes.reduce((sum, { rows }) => sum + rows.length, 0);
      expectSame(total, { statusAudit: all - kept, tasks: 60 - left.length }, "the numbers");
      const stored = (await s.storage.list({}, { limit: 100 })).items.map((row) => row.id);
      expectSameSet(stored, left.map(({ id }) => id), "the tasks that stay");
      for (const { id, rows } of left) {
        const texts = rows.map(({ status, exception }) =>
          exception === null ? status : `${status}: ${exception}`
        );
        expectSame(await s.statuses(id), texts, "the rows that stay");
      }
    },

  "a purge keeps to its budget, and the next one continues": async (s) => {
    const ids = await s.addMany(12);
    await s.storage.setStatusMany(ids.map((taskId) => (
      {
        taskId,
        auditLevel: "Full",
        transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
      } as const
    )));
    await s.unit.passTime(31 * day);
    const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
    let total = 0;
    for (let call = 1;; call++) {
      const result = await purge(s, policy, { budget: 10 });
      const deleted = result.statusAudit + result.runsAudit + result.executionLog + result.tasks;
      expectThat(deleted <= 10, "no more than the budget");
      total += deleted;
      if (result.done) break;
      expectThat(deleted > 0 && call < 10, "each call comes nearer to the end");
    }
    expectSame(total, 36, "24 audit rows and 12 tasks in the end");
    expectSame((await s.storage.list()).items, [], "nothing is left");
  },

  "a task that is queued again during a purge stays": ["transaction", async (s) => {
    const [kept, gone] = [await completed(s), await completed(s)];
    const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
    const other = await s.unit.another();
    // A first purge, so that a server needs less time for the next one.
    expectSame(await purge(s, policy), nothing, "not yet");
    await s.unit.passTime(31 * day);
    const transaction = expectValue(s.unit.transaction, "the harness runs transactions").bind(
      s.unit,
    );
    const purging: Promise<PurgeResult | null>[] = [];
    let settled = false;
    await transaction(async (connection) => {
      await s.storage.setStatus(kept, "Queued", null, "None", { connection });
      const purge = other.purge(policy, { budget: 100_000 }).catch(nullIfTransient);
      purging.push(purge.finally(() => settled = true));
      // Some stores skip the task or end the purge early, and some wait for the end of the
      // transaction.
      for (let read = 0; read < 200 && !settled; read++) await s.storage.get(gone);
    }, "commit");
    const [atOnce] = await Promise.all(purging);
    const { tasks, done } = atOnce ?? await purge(s, policy);
    expectSame([tasks, done], [1, true], "one of the tasks is deleted");
    expectSame(await s.storage.get(gone), null, "the ended one");
    const row = await s.row(kept);
    expectThat(row.status === "Queued" && row.dueAt !== null, "the other one waits");
    expectSame((await purge(s, policy)).tasks, 0, "it stays in the next purge, too");
  }],

  "processes that purge concurrently delete each row once": async (s) => {
    const ids = await s.addMany(300);
    await s.storage.setStatusMany(ids.map((taskId) => (
      {
        taskId,
        auditLevel: "Full",
        transitions: [{ status: "Completed", exception: null, agoMs: 0 }],
      } as const
    )));
    await s.unit.passTime(31 * day);
    const other = await s.unit.another();
    const policy = { statusAuditDays: 30, deleteCompletedTasksAfterRetention: true };
    const results = await Promise.all([purge(s, policy), other.purge(policy, { budget: 100_000 })]);
    results.push(await purge(s, policy));
    const sum = (field: "statusAudit" | "tasks") =>
      results.reduce((n, result) => n + result[field], 0);
    expectSame([sum("statusAudit"), sum("tasks")], [600, 300], "all of it, once");
    for (const result of results.filter((result) => result.busy)) {
      expectSame([result.statusAudit, result.tasks], [0, 0], "a busy one does nothing");
    }
  },
});
