// Implements Storage.purge in short transactions. Only one process purges at a time. Each
// transaction continues where the previous one ended, so that a purge reads each row once.

import {
  nothingPurged,
  type PurgeBatch,
  purgeInBatches,
} from "../../src/storage/kit/purge_in_batches.ts";
import type {
  OperatedPurge,
  PurgeOptions,
  PurgeResult,
  RetentionPolicy,
} from "../../src/storage/retention.ts";
import type { Clock } from "../../src/time/clock.ts";
import { actionParameters } from "./actions.ts";
import type { SqlServerDatabase } from "./database.ts";
import { bigInt, binary, bit, float, int, name, type Parameters } from "./mssql.ts";
import { numberOrNull, textOrNull, truth } from "./rows.ts";

/** The duration of a transaction, in milliseconds. */
const batchMs = 100;

/** The maximum number of rows that one transaction deletes. */
const rowsInBatch = 10_000;

/**
 * The interval between walks through all tasks, in milliseconds. Other walks end at the ids that are
 * too young for expired tasks. They miss the few tasks whose ids are younger than the tasks: ids
 * made by a clock that was ahead, or not by version 7.
 */
const readAllEveryMs = 600_000;

/** Where a purge continues. */
interface Place {
  /** The policy of the purge. Another one begins anew. */
  readonly policy: string;
  /** Whether the purge walks through all tasks. */
  readonly readsAll: boolean;
  /** The parameters of the next call. A call without them begins at the first rows. */
  readonly parameters: Parameters;
}

/** The answer of usp_Purge. */
interface Answer extends PurgeBatch {
  readonly busy: boolean;
  /** The parameters of the next call. */
  readonly place: Parameters;
}

/** Purges the history of one store. */
export class Purge {
  readonly #clock: Clock;
  #isRunning = false;
  /** The place of a purge that has used up its budget. */
  #place: Place | undefined;
  /** The policy of the last walk through all tasks, and its end by the monotonic clock. */
  #readAll = { policy: "", at: -Infinity };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Deletes the rows that the policy allows to delete; see `Storage.purge`. */
  async run(
    database: SqlServerDatabase,
    policy: RetentionPolicy,
    { budget, dryRun = false, by }: PurgeOptions,
  ): Promise<PurgeResult> {
    if (dryRun) return await countExpired(database, policy);
    if (this.#isRunning) return { ...nothingPurged, done: false, busy: true };
    this.#isRunning = true;
    try {
      if (by?.continues === null) this.#place = undefined;
      const deleteBatch = (limit: number, by?: OperatedPurge) =>
        this.#deleteBatch(database, policy, limit, by);
      return await purgeInBatches(budget, rowsInBatch, deleteBatch, by);
    } finally {
      this.#isRunning = false;
    }
  }

  async #deleteBatch(
    database: SqlServerDatabase,
    policy: RetentionPolicy,
    limit: number,
    by: OperatedPurge | undefined,
  ): Promise<PurgeBatch | null> {
    const text = JSON.stringify(policy);
    const { readsAll, parameters } = this.#placeOf(text, by !== undefined);
    const answer = await purgeOnce(database, policy, {
      Limit: int(limit),
      ReadsAll: bit(readsAll),
      ...parameters,
      ...by === undefined ? {} : operatedParameters(by),
    });
    if (answer.busy) return null;
    this.#place = answer.done ? undefined : { policy: text, readsAll, parameters: answer.place };
    if (answer.done && readsAll) this.#readAll = { policy: text, at: this.#clock.monotonic() };
    return answer;
  }

  /** Returns where the next call begins. */
  #placeOf(policy: string, isOperated: boolean): Place {
    if (this.#place?.policy === policy) return this.#place;
    const isTime = this.#clock.monotonic() - this.#readAll.at >= readAllEveryMs;
    const readsAll = isOperated || isTime || this.#readAll.policy !== policy;
    return { policy, readsAll, parameters: {} };
  }
}

/** Counts the rows that a purge would delete. */
async function countExpired(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
): Promise<PurgeResult> {
  let place: Parameters = {};
  return await purgeInBatches(Infinity, rowsInBatch, async (limit) => {
    const options = { Limit: int(limit), DryRun: bit(true), ...place };
    const answer = await purgeOnce(database, policy, options);
    place = answer.place;
    return answer;
  });
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

async function purgeOnce(
  database: SqlServerDatabase,
  policy: RetentionPolicy,
  options: Parameters,
): Promise<Answer> {
  const [found] = await database.call("usp_Purge", {
    StatusAuditDays: float(policy.statusAuditDays ?? null),
    RunsAuditDays: float(policy.runsAuditDays ?? null),
    ErrorAuditDays: float(policy.errorAuditDays ?? null),
    ExecutionLogDays: float(policy.executionLogDays ?? null),
    MaxExecutionLogsPerTask: int(policy.maxExecutionLogsPerTask ?? null),
    DeleteCompletedTasks: bit(policy.deleteCompletedTasksAfterRetention ?? false),
    OperatorActionSeconds: int(actionSeconds(policy)),
    MostMs: int(batchMs),
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
    place: {
      Walk: int(Number(row.Walk)),
      AfterUtc: name(textOrNull(row.AfterUtc), 40),
      AfterNumber: bigInt(numberOrNull(row.AfterNumber)),
      AfterOrder: binary(row.AfterOrder, 36),
    },
  };
}
