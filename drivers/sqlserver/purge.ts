// Retention: one short transaction after the other, until the budget is used up or nothing is left
// to delete.

import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import type { SqlServerDatabase } from "./database.ts";
import { bit, float, int } from "./mssql.ts";
import { truth } from "./rows.ts";

/** Rows in one transaction: few enough that its locks stay row locks. */
const rowsInOneStep = 1000;

/** {@linkcode Storage.purge}. */
export async function purgeInSteps(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
  { budget, dryRun = false }: PurgeOptions,
): Promise<PurgeResult> {
  let total: PurgeResult = {
    statusAudit: 0,
    runsAudit: 0,
    executionLog: 0,
    tasks: 0,
    done: false,
    busy: false,
  };
  let left = Math.max(0, Math.trunc(budget));
  while (true) {
    const step = await purgeStep(database, policy, Math.min(left, rowsInOneStep), dryRun);
    // Another process took over between two steps: what this one did stands.
    if (step.busy) return { ...total, busy: rowsOf(total) === 0 };
    total = {
      statusAudit: total.statusAudit + step.statusAudit,
      runsAudit: total.runsAudit + step.runsAudit,
      executionLog: total.executionLog + step.executionLog,
      tasks: total.tasks + step.tasks,
      done: step.done,
      busy: false,
    };
    left -= rowsOf(step);
    if (step.done || left <= 0 || dryRun) return total;
  }
}

async function purgeStep(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
  limit: number,
  dryRun: boolean,
): Promise<PurgeResult> {
  const [found] = await database.call("usp_Purge", {
    StatusAuditDays: float(policy.statusAuditDays ?? null),
    RunsAuditDays: float(policy.runsAuditDays ?? null),
    ErrorAuditDays: float(policy.errorAuditDays ?? null),
    ExecutionLogDays: float(policy.executionLogDays ?? null),
    MaxExecutionLogsPerTask: int(policy.maxExecutionLogsPerTask ?? null),
    DeleteCompletedTasks: bit(policy.deleteCompletedTasksAfterRetention ?? false),
    Limit: int(limit),
    DryRun: bit(dryRun),
  });
  const row = found![0]!;
  return {
    statusAudit: Number(row.StatusAudit),
    runsAudit: Number(row.RunsAudit),
    executionLog: Number(row.ExecutionLog),
    tasks: Number(row.Tasks),
    done: truth(row.Done),
    busy: truth(row.Busy),
  };
}

function rowsOf({ statusAudit, runsAudit, executionLog, tasks }: PurgeResult): number {
  return statusAudit + runsAudit + executionLog + tasks;
}
