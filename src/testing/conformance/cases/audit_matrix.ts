// The audit levels: every level with every status, with and without an exception, by both methods
// that write audit rows.

import { type AuditLevel, auditLevels } from "../../../audit/audit_level.ts";
import {
  keepsHistory,
  shouldCreateRunsAudit,
  shouldCreateStatusAudit,
} from "../../../storage/kit/audit_policy.ts";
import { type TaskStatus, taskStatuses } from "../../../storage/task_status.ts";
import { expectNear, expectSame, expectThat } from "../expect.ts";
import { hour, minute, type Scene, topic } from "../scene.ts";

interface Combination {
  readonly taskId: string;
  readonly auditLevel: AuditLevel;
  readonly status: TaskStatus;
  readonly exception: string | null;
}

/**
 * Stores a task for every combination. The rows have the level `None`, so that only the passed
 * level can write history.
 */
async function everyCombination(s: Scene, isRecurring: boolean): Promise<Combination[]> {
  const combinations = auditLevels.flatMap((auditLevel) =>
    taskStatuses.flatMap((status) =>
      [null, "", "it broke"].map((exception) => ({ auditLevel, status, exception }))
    )
  );
  const task = () =>
    isRecurring ? s.recurring({ auditLevel: "None" }) : s.task({ auditLevel: "None" });
  const results = await s.storage.persist(combinations.map(task));
  return combinations.map((combination, n) => ({ ...combination, taskId: results[n]!.id }));
}

function text({ auditLevel, status, exception }: Combination): string {
  return `${auditLevel}, ${status}, ${
    exception === null ? "no exception" : `exception "${exception}"`
  }`;
}

/** Returns the expected history of a combination: nothing, or one row. */
function rowsOf(combination: Combination, isAudited: boolean): [TaskStatus, string | null][] {
  return isAudited ? [[combination.status, combination.exception]] : [];
}

export const auditMatrix = topic("audit matrix", {
  "setStatus writes a status audit row if and only if the level requires it": async (s) => {
    const combinations = await everyCombination(s, false);
    await s.storage.setStatusMany(combinations.map(({ taskId, auditLevel, status, exception }) => (
      { taskId, auditLevel, transitions: [{ status, exception, agoMs: 0 }] }
    )));
    for (const combination of combinations) {
      const { taskId, auditLevel, status, exception } = combination;
      const { items } = await s.storage.statusAudit(taskId);
      const expected = rowsOf(combination, shouldCreateStatusAudit(auditLevel, status, exception));
      expectSame(items.map((row) => [row.newStatus, row.exception]), expected, text(combination));
    }
    const { items } = await s.storage.list({}, { limit: 1000 });
    const found = new Map(items.map((row) => [row.id, row]));
    for (const combination of combinations) {
      const row = found.get(combination.taskId);
      const { status, exception } = combination;
      expectSame(
        [row?.status, row?.exception],
        [status, exception],
        `the row: ${text(combination)}`,
      );
    }
  },

  "setStatus has the same effect as setStatusMany": async (s) => {
    for (const auditLevel of auditLevels) {
      for (
        const [status, exception] of [["Completed", null], ["Completed", "warned"], [
          "Failed",
          null,
        ]] as const
      ) {
        const taskId = await s.add({ auditLevel: "None" });
        await s.storage.setStatus(taskId, status, exception, auditLevel);
        const expected = shouldCreateStatusAudit(auditLevel, status, exception) ? 1 : 0;
        const count = (await s.statuses(taskId)).length;
        expectSame(count, expected, text({ taskId, auditLevel, status, exception }));
      }
    }
  },

  "updateCurrentRun writes the status audit and runs audit rows of the level": async (
    s,
  ) => {
    const combinations = await everyCombination(s, true);
    await s.storage.updateCurrentRunMany(
      combinations.map(({ taskId, auditLevel, status, exception }) => (
        {
          taskId,
          auditLevel,
          transitions: [{ status, exception, agoMs: hour }],
          executionTimeMs: 2.5,
          nextRunAt: null,
        }
      )),
    );
    const now = await s.now();
    for (const combination of combinations) {
      const { taskId, auditLevel, status, exception } = combination;
      const { items: changes } = await s.storage.statusAudit(taskId);
      const audited = rowsOf(combination, shouldCreateStatusAudit(auditLevel, status, exception));
      expectSame(
        changes.map((row) => [row.newStatus, row.exception]),
        audited,
        `status audit: ${text(combination)}`,
      );
      const { items: runs } = await s.storage.runsAudit(taskId);
      const ran = rowsOf(combination, shouldCreateRunsAudit(auditLevel, status, exception));
      expectSame(
        runs.map((row) => [row.status, row.exception]),
        ran,
        `runs audit: ${text(combination)}`,
      );
      for (const run of runs) {
        expectSame([run.taskId, run.executionTimeMs], [taskId, 2.5], "the run's task and duration");
        expectNear(run.executedAt, now - hour, "the run's end");
      }
    }
  },

  "each of several transitions is audited separately": async (s) => {
    for (const auditLevel of auditLevels) {
      const id = await s.addSeries({ auditLevel: "None" });
      const transitions = [
        { status: "InProgress", exception: null, agoMs: 3 },
        { status: "Pending", exception: "first", agoMs: 2 },
        { status: "InProgress", exception: null, agoMs: 1 },
        { status: "Failed", exception: null, agoMs: 0 },
      ] as const;
      const change = { taskId: id, auditLevel, transitions };
      await s.storage.updateCurrentRunMany([{ ...change, executionTimeMs: 1, nextRunAt: null }]);
      const expected = transitions.filter((transition) =>
        shouldCreateStatusAudit(auditLevel, transition.status, transition.exception)
      );
      const { items } = await s.storage.statusAudit(id);
      expectSame(
        items.map((row) => row.newStatus),
        expected.map((transition) => transition.status),
        `${auditLevel}: the changes`,
      );
      expectSame(
        (await s.runs(id)).length,
        shouldCreateRunsAudit(auditLevel, "Failed", null) ? 1 : 0,
        `${auditLevel}: the run`,
      );
    }
  },

  "at None only the status and exception of a one-shot task change": async (s) => {
    const { id, lease } = await s.claimed({ auditLevel: "None" });
    await s.change(id, ["InProgress", ["Completed", "warned"]], {
      auditLevel: "None",
      lease,
      executionTimeMs: 9,
    });
    const row = await s.row(id);
    expectSame([row.status, row.exception], ["Completed", "warned"], "status and exception");
    expectSame([row.executionTimeMs, row.lastExecutionAt], [null, null], "no last execution");
    for (const auditLevel of auditLevels.filter(keepsHistory)) {
      const other = await s.add({ auditLevel });
      await s.change(other, ["Completed"], { auditLevel, executionTimeMs: 9 });
      const { executionTimeMs, lastExecutionAt } = await s.row(other);
      expectThat(executionTimeMs === 9 && lastExecutionAt !== null, `${auditLevel} keeps it`);
    }
  },

  "at None a series still records its last run": async (s) => {
    const id = await s.addSeries({ auditLevel: "None" });
    await s.storage.updateCurrentRun(id, 7, null, "None");
    const row = await s.row(id);
    expectSame([row.executionTimeMs, row.series?.runCount], [7, 1], "duration and count");
    expectNear(row.lastExecutionAt, await s.now(), "and when it ended");
    expectSame([await s.statuses(id), await s.runs(id)], [[], []], "without history");
  },

  "the store's own changes follow the row's level": async (s) => {
    for (const auditLevel of auditLevels) {
      const cancelled = await s.add({ auditLevel, status: "WaitingQueue", due: { inMs: hour } });
      const { id: lost } = await s.claimed({ auditLevel }, `worker-${auditLevel}`);
      await s.storage.requestCancel([cancelled]);
      await s.unit.passTime(11 * minute);
      await s.releaseLost();
      const audited = await s.statuses(cancelled);
      expectSame(
        audited.includes("Cancelled"),
        shouldCreateStatusAudit(auditLevel, "Cancelled", null),
        `${auditLevel}: cancelled`,
      );
      const stopped = await s.statuses(lost);
      expectSame(
        stopped.some((row) => row.startsWith("ServiceStopped")),
        shouldCreateStatusAudit(auditLevel, "ServiceStopped", null),
        `${auditLevel}: lost`,
      );
      await s.storage.requestCancel([lost]);
    }
  },
});
