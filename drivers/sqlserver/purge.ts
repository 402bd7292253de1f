// Deletes expired rows in short transactions, until the budget is used up or nothing is left to
// delete.

import { purgeInBatches } from "../../src/storage/kit/purge_in_batches.ts";
import type { PurgeOptions, PurgeResult, RetentionPolicy } from "../../src/storage/retention.ts";
import type { SqlServerDatabase } from "./database.ts";
import { bit, float, int } from "./mssql.ts";
import { truth } from "./rows.ts";

/** The number of rows in one transaction, few enough to avoid lock escalation. */
const rowsInOneStep = 1000;

/** Implements {@linkcode Storage.purge}. */
export async function purge(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
  { budget, dryRun = false }: PurgeOptions,
): Promise<PurgeResult> {
  if (dryRun) return await purgeStep(database, policy, 0, true);
  await forgetActions(database, policy);
  return await purgeInBatches(budget, rowsInOneStep, async (limit) => {
    const step = await purgeStep(database, policy, limit, false);
    return step.busy ? null : step;
  });
}

const secondsPerDay = 86_400;

/** The maximum age in seconds, because DATEADD takes 32-bit numbers; about 63 years. */
const longestSeconds = 2_000_000_000;

/** Deletes old operator actions. */
async function forgetActions(
  database: SqlServerDatabase,
  { operatorActionDays }: RetentionPolicy,
): Promise<void> {
  if (!(operatorActionDays! > 0)) return;
  const seconds = Math.min(longestSeconds, Math.round(operatorActionDays! * secondsPerDay));
  await database.call("usp_ForgetActions", { Seconds: int(seconds) });
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
