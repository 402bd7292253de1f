// Reads the growth of the audit tables and the execution log.

import { auditGrowthOf } from "../../src/storage/audit_growth.ts";
import type { AuditGrowth, StatisticsOptions } from "../../src/storage/queries.ts";
import type { SqlServerDatabase } from "./database.ts";
import * as rows from "./rows.ts";

/** The maximum number of rows of a table that is not estimated. */
const mostCounted = 100_000;

const growthTables = [
  ["StatusAudit", "UpdatedAtUtc"],
  ["RunsAudit", "ExecutedAt"],
  ["TaskExecutionLog", "TimestampUtc"],
] as const;

/** Reads the numbers of rows from the catalog. */
const sizesQuery = growthTables.map(([table]) => `
SELECT SUM(p.[rows]) AS [Rows] FROM sys.partitions AS p
WHERE p.[object_id] = OBJECT_ID(N'[EverTask].[${table}]') AND p.[index_id] <= 1;`).join("");

/** Reads the first and the last instant of a table, each from one row of an index. */
const instantsOf = (table: string, time: string): string =>
  `(SELECT MIN(r.[${time}]) FROM [EverTask].[${table}] AS r) AS [First],
  (SELECT MAX(r.[${time}]) FROM [EverTask].[${table}] AS r) AS [Last]`;

/**
 * Implements {@linkcode Storage.auditGrowth}. Babelfish counts, because its catalog has no numbers
 * of rows.
 */
export async function readAuditGrowth(
  database: SqlServerDatabase,
  { exact = false }: StatisticsOptions = {},
): Promise<AuditGrowth[]> {
  const sizes = exact || database.isBabelfish ? [] : await database.query(sizesQuery);
  const estimates = growthTables.map((_, index) => {
    const [size] = sizes[index] ?? [];
    const estimate = Number(size?.Rows ?? 0);
    return estimate > mostCounted ? estimate : null;
  });
  const query = growthTables.map(([table, time], index) =>
    estimates[index] === null
      ? `SELECT COUNT_BIG(*) AS [Rows], MIN([${time}]) AS [First], MAX([${time}]) AS [Last] FROM [EverTask].[${table}];`
      : `SELECT ${instantsOf(table, time)};`
  ).join("\n");
  const found = await database.query(query, {}, true);
  return growthTables.map(([table], index) => {
    const row = found[index]![0]!;
    return auditGrowthOf({
      table,
      rows: estimates[index] ?? Number(row.Rows),
      isEstimate: estimates[index] !== null,
      firstAt: rows.instantOrNull(row.First),
      lastAt: rows.instantOrNull(row.Last),
    });
  });
}
