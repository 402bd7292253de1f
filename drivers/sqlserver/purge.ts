// Deletes expired rows in short transactions, until the budget is used up or nothing is left to
// delete.

import { purgeInBatches } from "../../src/storage/kit/purge_in_batches.ts";
import type {
  OperatedPurge,
  PurgeOptions,
  PurgeResult,
  RetentionPolicy,
} from "../../src/storage/retention.ts";
import { actionParameters } from "./actions.ts";
import type { SqlServerDatabase } from "./database.ts";
import { bigInt, bit, float, int, type Parameters } from "./mssql.ts";
import { truth } from "./rows.ts";

/** The number of rows in one transaction, few enough to avoid lock escalation. */
const rowsInOneStep = 1000;

/** Implements {@linkcode Storage.purge}. */
export async function purge(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
  { budget, dryRun = false, by }: PurgeOptions,
): Promise<PurgeResult> {
  if (dryRun) return await purgeStep(database, policy, { Limit: int(0), DryRun: bit(true) });
  return await purgeInBatches(budget, rowsInOneStep, async (limit, by) => {
    const step = await purgeStep(database, policy, {
      Limit: int(limit),
      DryRun: bit(false),
      ...by === undefined ? {} : operatedParameters(by),
    });
    return step.busy ? null : step;
  }, by);
}

function operatedParameters({ action, continues }: OperatedPurge): Parameters {
  const continuesId = continues === null ? null : Number(continues);
  return { ContinuesId: bigInt(continuesId), ...actionParameters(action) };
}

const secondsPerDay = 86_400;

/** The maximum age in seconds, because DATEADD takes 32-bit numbers; about 63 years. */
const longestSeconds = 2_000_000_000;

/** Returns the age above which operator actions are deleted, in seconds; null for no limit. */
function actionSeconds({ operatorActionDays }: RetentionPolicy): number | null {
  if (!(operatorActionDays! > 0)) return null;
  return Math.min(longestSeconds, Math.max(1, Math.round(operatorActionDays! * secondsPerDay)));
}

async function purgeStep(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
  options: Parameters,
): Promise<PurgeResult> {
  const [found] = await database.call("usp_Purge", {
    StatusAuditDays: float(policy.statusAuditDays ?? null),
    RunsAuditDays: float(policy.runsAuditDays ?? null),
    ErrorAuditDays: float(policy.errorAuditDays ?? null),
    ExecutionLogDays: float(policy.executionLogDays ?? null),
    MaxExecutionLogsPerTask: int(policy.maxExecutionLogsPerTask ?? null),
    DeleteCompletedTasks: bit(policy.deleteCompletedTasksAfterRetention ?? false),
    OperatorActionSeconds: int(actionSeconds(policy)),
    ...options,
  });
  const row = found![0]!;
  return {
    statusAudit: Number(row.StatusAudit),
    runsAudit: Number(row.RunsAudit),
    executionLog: Number(row.ExecutionLog),
    tasks: Number(row.Tasks),
    operatorActions: Number(row.OperatorActions),
    done: truth(row.Done),
    busy: truth(row.Busy),
    ...row.ActionId !== null && { actionId: String(row.ActionId) },
  };
}
