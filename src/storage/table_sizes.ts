// The sizes of the tables of a store.

import { instantOfId } from "../ids/uuid_v7.ts";

/** The tables of a store, as SQL Server names them. */
export const tableNames = [
  "QueuedTasks",
  "TaskTags",
  "StatusAudit",
  "RunsAudit",
  "TaskExecutionLog",
  "OperatorActions",
  "Activity",
  "FailureGroups",
  "FailureCounts",
  "RateLimits",
  "ReturnedRateSlots",
  "Workers",
  "PausedQueues",
  "EventWatchers",
  "RelayedEvents",
] as const;

/** The name of a table. */
export type TableName = (typeof tableNames)[number];

/** The size of one table. */
export interface TableSize {
  /** The table's name. */
  readonly table: TableName;
  /** The number of rows; null if it cannot be determined without reading the table. */
  readonly rows: number | null;
  /** Whether the numbers are estimates, as for large tables. */
  readonly isEstimate: boolean;
  /** The bytes of the table and its indexes; null if the store does not provide this number. */
  readonly bytes: number | null;
  /**
   * The creation of the oldest task with rows in the table; null if the table is empty or its rows
   * do not belong to tasks.
   */
  readonly oldestAt: number | null;
}

/**
 * Returns the instant at which a task was created, from its id, for {@linkcode TableSize.oldestAt};
 * null if there is no id, or it is not a UUID version 7.
 */
export function creationOf(taskId: string | null): number | null {
  return taskId === null ? null : instantOfId(taskId);
}
