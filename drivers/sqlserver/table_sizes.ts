// Reads the sizes of the tables from the catalog.

import { type TableName, tableNames, type TableSize } from "../../src/storage/table_sizes.ts";
import type { SqlServerDatabase } from "./database.ts";
import { name } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";

/** The queries for the instant of the oldest row of each table. Each reads one row of an index. */
const oldestQueries: readonly [table: TableName, query: string][] = [
  [
    "QueuedTasks",
    "SELECT TOP (1) t.[CreatedAtUtc] AS [At] FROM [EverTask].[QueuedTasks] AS t ORDER BY t.[IdOrder];",
  ],
  ["StatusAudit", "SELECT MIN(a.[UpdatedAtUtc]) AS [At] FROM [EverTask].[StatusAudit] AS a;"],
  ["RunsAudit", "SELECT MIN(a.[ExecutedAt]) AS [At] FROM [EverTask].[RunsAudit] AS a;"],
  [
    "TaskExecutionLog",
    "SELECT MIN(l.[TimestampUtc]) AS [At] FROM [EverTask].[TaskExecutionLog] AS l;",
  ],
];

/**
 * Reads the numbers of rows and bytes of the tables from the catalog. The pages of a heap or an
 * index are in allocation units. Long texts are in allocation units of their own.
 */
const catalogQuery = `
SELECT t.[name] AS [Table], SUM(CASE WHEN p.[index_id] <= 1 AND a.[type] = 1 THEN p.[rows] ELSE 0 END) AS [Rows],
    SUM(a.[total_pages]) * 8192 AS [Bytes]
FROM sys.tables AS t
INNER JOIN sys.partitions AS p ON p.[object_id] = t.[object_id]
INNER JOIN sys.allocation_units AS a
    ON a.[container_id] = CASE WHEN a.[type] = 2 THEN p.[partition_id] ELSE p.[hobt_id] END
WHERE t.[schema_id] = SCHEMA_ID(@Schema) GROUP BY t.[name];`;

/**
 * The maximum number of rows to count in a table on Babelfish, whose catalog has no numbers of
 * rows.
 */
const countedRows = 10_000;

const countQuery = tableNames.map((table) =>
  `SELECT N'${table}' AS [Table], COUNT(*) AS [Rows]
FROM (SELECT TOP (${countedRows + 1}) 1 AS [One] FROM [EverTask].[${table}]) AS r`
).join("\nUNION ALL\n") + ";";

/** Reads the sizes of tables from the catalog of PostgreSQL. */
const babelfishBytesQuery = `
SELECT t.[name] AS [Table], pg_catalog.pg_total_relation_size(t.[object_id]) AS [Bytes]
FROM sys.tables AS t
WHERE t.[schema_id] = SCHEMA_ID(@Schema);`;

/** Returns the number of bytes of each table, by its name in lower case. */
export async function readBytes(database: SqlServerDatabase): Promise<ReadonlyMap<string, number>> {
  const query = database.isBabelfish ? babelfishBytesQuery : catalogQuery;
  const [sizes] = await database.query(query, { Schema: name(database.schema, 128) });
  return bytesByTable(sizes!);
}

function bytesByTable(sizes: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(sizes.map(({ Table, Bytes }) => [rows.text(Table).toLowerCase(), Number(Bytes)]));
}

/** Implements {@linkcode Storage.tableSizes}. */
export async function readTableSizes(database: SqlServerDatabase): Promise<TableSize[]> {
  const { isBabelfish } = database;
  const queries = oldestQueries.map(([, query]) => query).join("\n");
  const [sizes, ...found] = await database.query(
    `${isBabelfish ? countQuery : catalogQuery}\n${queries}`,
    isBabelfish ? {} : { Schema: name(database.schema, 128) },
  );
  const bytes = isBabelfish ? await readBytes(database) : bytesByTable(sizes!);
  const oldest = new Map(oldestQueries.map(([table], index) => [table, found[index]![0]?.At]));
  return tableNames.map((table) => {
    const size = sizes!.find((row) => row.Table === table);
    const count = Number(size?.Rows ?? 0);
    return {
      table,
      rows: isBabelfish && count > countedRows ? null : count,
      isEstimate: !isBabelfish,
      bytes: bytes.get(table.toLowerCase()) ?? null,
      oldestAt: rows.instantOrNull(oldest.get(table) ?? null),
    };
  });
}
