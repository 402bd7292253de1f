// Reads the numbers of rows of the audit tables, for gauges.

import type { TableName } from "../storage/table_sizes.ts";
import type { FigureOrigin } from "./monitored.ts";

const auditTables: readonly TableName[] = ["StatusAudit", "RunsAudit", "TaskExecutionLog"];

/** The number of rows of one table. */
export interface TableRows {
  readonly table: string;
  readonly rows: number;
}

/**
 * Returns the rows of the audit tables and the execution log. The numbers of large tables are
 * estimates, because a count would read them whole. `operate.sizes` never counts large tables;
 * `audit.growth`, for an origin without `operate`, does so if the store cannot estimate them.
 */
export async function auditRows({ operate, audit }: FigureOrigin): Promise<readonly TableRows[]> {
  if (operate === undefined) return await audit.growth();
  const sizes = await operate.sizes();
  return sizes.flatMap(({ table, rows }) =>
    rows !== null && auditTables.includes(table) ? [{ table, rows }] : []
  );
}
