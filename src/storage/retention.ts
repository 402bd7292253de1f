// Retention: which audit rows, log lines and ended tasks may go, and when.

/** What may go, and when. Null, absent, zero or less means: keep for ever. */
export interface RetentionPolicy {
  /** For status audit rows. */
  readonly statusAuditDays?: number | null;
  /** For runs audit rows. */
  readonly runsAuditDays?: number | null;
  /** Overrides both for rows that have an exception. Null, absent, zero or less: no override. */
  readonly errorAuditDays?: number | null;
  /** For log lines. */
  readonly executionLogDays?: number | null;
  /** How many lines of a task are kept: the newest. */
  readonly maxExecutionLogsPerTask?: number | null;
  /**
   * Deletes one-shot tasks that are `Completed` or `Cancelled` once they ended longer ago than
   * `statusAuditDays` (a task that has no last execution: was created) and all of their audit rows
   * and log lines may go as well, by their own ages (so a kept error or log line keeps its task).
   * @default false
   */
  readonly deleteCompletedTasksAfterRetention?: boolean;
}

/** How {@linkcode Storage.purge} goes about it. */
export interface PurgeOptions {
  /** Rows to delete at most in this call, over all tables. */
  readonly budget: number;
  /** Only counts the rows, for the whole policy and without the budget. @default false */
  readonly dryRun?: boolean;
}

/** The numbers of rows that were (or, in a dry run, would be) deleted. */
export interface PurgeResult {
  /** Status audit rows. */
  readonly statusAudit: number;
  /** Runs audit rows. */
  readonly runsAudit: number;
  /** Log lines. */
  readonly executionLog: number;
  /** Tasks. */
  readonly tasks: number;
  /** Whether nothing is left to delete; false when the budget ran out. */
  readonly done: boolean;
  /** True when another process is purging at the moment; nothing was done. */
  readonly busy: boolean;
}
