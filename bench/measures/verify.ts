// Checks the conditions of a valid measurement, and counts the written rows.

import type { BenchDatabase } from "../support/open_storage.ts";

/** Rows by table. */
export interface RowCounts {
  readonly tasks: number;
  readonly statusAudit: number;
  readonly runsAudit: number;
  readonly executionLog: number;
}

/** Fails unless `tasks` tasks have been completed, and no others are stored. */
export async function assertAllCompleted(database: BenchDatabase, tasks: number): Promise<void> {
  const storage = database.storage();
  await storage.open();
  const { tasksByStatus } = await storage.statistics({ exact: true });
  await storage.close();
  const all = Object.values(tasksByStatus).reduce((sum, count) => sum + count);
  if (tasksByStatus.Completed === tasks && all === tasks) return;
  throw new Error(
    `Of ${tasks} tasks the store shows ${tasksByStatus.Completed} as completed: ${
      JSON.stringify(tasksByStatus)
    }`,
  );
}

/** Counts the rows of a database with EverTask's queries. */
export async function countRows(database: BenchDatabase): Promise<RowCounts> {
  const storage = database.storage();
  await storage.open();
  const { tasksByStatus } = await storage.statistics({ exact: true });
  const growth = await storage.auditGrowth({ exact: true });
  await storage.close();
  const rowsOf = (name: string) => growth.find(({ table }) => table === name)!.rows;
  return {
    tasks: Object.values(tasksByStatus).reduce((sum, count) => sum + count),
    statusAudit: rowsOf("StatusAudit"),
    runsAudit: rowsOf("RunsAudit"),
    executionLog: rowsOf("TaskExecutionLog"),
  };
}
