// Retention: the ages at which audit rows, log lines and ended tasks may be deleted.

import type { NewOperatorAction } from "./operation_requests.ts";

/**
 * The number of days after which rows may be deleted. Rows are kept for ever if the value is null,
 * absent, zero or negative.
 */
export interface RetentionPolicy {
  /** The days for status audit rows. */
  readonly statusAuditDays?: number | null;
  /** The days for runs audit rows. */
  readonly runsAuditDays?: number | null;
  /**
   * The days for status and runs audit rows with an exception, instead of `statusAuditDays` and
   * `runsAuditDays`. If the value is null, absent, zero or negative, those two apply to these rows,
   * too.
   */
  readonly errorAuditDays?: number | null;
  /** The days for log lines. */
  readonly executionLogDays?: number | null;
  /**
   * The days for operator actions. Their deletion is not limited by the budget. If absent, an
   * instance with the option `retention` keeps operator actions for 365 days.
   */
  readonly operatorActionDays?: number | null;
  /** The maximum number of log lines of a task. The newest are kept. */
  readonly maxExecutionLogsPerTask?: number | null;
  /**
   * Deletes one-shot tasks that are `Completed` or `Cancelled` once their last execution (or their
   * creation, if they have none) is older than `statusAuditDays`. A task is kept while any of its
   * audit rows or log lines is kept.
   * @default false
   */
  readonly deleteCompletedTasksAfterRetention?: boolean;
}

/** The options of {@linkcode Storage.purge}. */
export interface PurgeOptions {
  /** The maximum number of rows to delete in this call, over all tables. */
  readonly budget: number;
  /**
   * Deletes nothing; counts all rows that the policy allows to delete, regardless of the budget.
   * @default false
   */
  readonly dryRun?: boolean;
  /** The action of an operator to which the purge belongs. @default no action is recorded */
  readonly by?: OperatedPurge;
}

/**
 * An operator's purge, which may take several calls. Each transaction that deletes rows also adds
 * their number to the record of the action.
 */
export interface OperatedPurge {
  /** The action to record with the first transaction. */
  readonly action: NewOperatorAction;
  /**
   * The id of the action to continue; null to start one. If that action is not an unfinished purge,
   * nothing is deleted.
   */
  readonly continues: string | null;
}

/**
 * The `next` of the record of an unfinished purge. A purge needs no position, because each call
 * deletes whatever expired rows are left.
 */
export const unfinishedPurge = "more";

/** The numbers of rows that were deleted, or would be in a dry run. */
export interface PurgeResult {
  /** Status audit rows. */
  readonly statusAudit: number;
  /** Runs audit rows. */
  readonly runsAudit: number;
  /** Log lines. */
  readonly executionLog: number;
  /** Tasks. */
  readonly tasks: number;
  /** Operator actions. */
  readonly operatorActions: number;
  /** Whether nothing is left to delete; false if the budget was used up. */
  readonly done: boolean;
  /** True if nothing was done because another process is purging. */
  readonly busy: boolean;
  /** The id of the action to which the rows were added. @default no action was recorded */
  readonly actionId?: string;
}
