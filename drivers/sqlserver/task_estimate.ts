// Estimates the numbers of ended tasks, because a server would count them by reading the whole
// table. Reads a sample of the tasks, at places that are evenly spread over the table.

import type { StorageStatistics } from "../../src/storage/queries.ts";
import {
  endedStatuses,
  statusesNotInProgress,
  type TaskStatus,
  taskStatuses,
} from "../../src/storage/task_status.ts";
import type { SqlServerDatabase } from "./database.ts";
import { int, name, type Parameters } from "./mssql.ts";
import type { Recordsets, Row } from "./recordsets.ts";
import * as rows from "./rows.ts";

/** The maximum number of tasks of a table that is not sampled. */
const mostCounted = 100_000;

/** The same for Babelfish, in pages of 8 kB. */
const mostPagesCounted = 2_048;

/** The maximum number of waiting tasks to count by status. Each costs a seek. */
const mostWaitingCounted = 10_000;

/** The number of places to read. */
const places = 256;

/** The number of tasks to read at each place. */
const tasksOfPlace = 16;

/** Above the number of tasks in a page of Babelfish. */
const mostOfPage = 300;

/** How to read a sample. */
export interface Sample {
  /** The condition of the tasks of the place with the number `p.[N]`, and their order. */
  readonly ofPlace: string;
  readonly parameters: Parameters;
  /** Returns the number of stored tasks for each task that was read. */
  factor(tasksRead: number): number;
}

/** Returns how to read a sample; null if a count of all tasks takes about as long. */
export async function findSample(database: SqlServerDatabase): Promise<Sample | null> {
  return await (database.isBabelfish ? samplePages(database) : sampleIds(database));
}

const sizeQuery = `
SELECT (SELECT SUM(p.[rows]) FROM sys.partitions AS p
    WHERE p.[object_id] = OBJECT_ID(N'[EverTask].[QueuedTasks]') AND p.[index_id] <= 1) AS [Tasks],
  (SELECT TOP (1) t.[Id] FROM [EverTask].[QueuedTasks] AS t ORDER BY t.[Id]) AS [First],
  (SELECT TOP (1) t.[Id] FROM [EverTask].[QueuedTasks] AS t ORDER BY t.[Id] DESC) AS [Last];`;

/**
 * Samples by the primary key. SQL Server compares the last six bytes of ids first, and these are
 * random: successive ids are of tasks from all times.
 *
 * Source:
 * https://learn.microsoft.com/dotnet/framework/data/adonet/sql/comparing-guid-and-uniqueidentifier-values
 */
async function sampleIds(database: SqlServerDatabase): Promise<Sample | null> {
  const [found] = await database.query(sizeQuery);
  const { Tasks, First, Last } = found![0]!;
  return Number(Tasks) <= mostCounted ? null : sampleBetween(First, Last, Number(Tasks));
}

/** Returns the sample of tasks between the first and the last id. */
export function sampleBetween(firstId: unknown, lastId: unknown, tasks: number): Sample {
  const [first, last] = [lastBytes(firstId), lastBytes(lastId)];
  const starts = Array.from(
    { length: places },
    (_, place) => first + Math.floor(place * (last - first) / places),
  );
  const digits = starts.map((start) => start.toString(16).padStart(12, "0")).join("");
  return {
    ofPlace: `t.[Id] >= CONVERT(uniqueidentifier,
      N'00000000-0000-0000-0000-' + SUBSTRING(@Starts, 12 * p.[N] + 1, 12)) ORDER BY t.[Id]`,
    parameters: { Starts: name(digits, 4000), MostOfPlace: int(tasksOfPlace) },
    factor: (tasksRead) => tasks / tasksRead,
  };
}

/** Returns the last six bytes of an id as a number. */
function lastBytes(id: unknown): number {
  return parseInt(rows.id(id).slice(-12), 16);
}

const pagesQuery = `
SELECT pg_catalog.pg_relation_size(OBJECT_ID(N'[EverTask].[QueuedTasks]')) / 8192 AS [Pages];`;

/**
 * Samples by pages of the table. Babelfish sorts ids by their texts, and thus by time, and may not
 * know the number of tasks.
 */
async function samplePages(database: SqlServerDatabase): Promise<Sample | null> {
  const [found] = await database.query(pagesQuery);
  const pages = Number(found![0]!.Pages);
  if (pages <= mostPagesCounted) return null;
  const page = `CAST(p.[N] * @Pages / ${places} AS bigint)`;
  return {
    ofPlace: `t.ctid >= CAST(CONCAT('(', ${page}, ',0)') AS tid)
      AND t.ctid < CAST(CONCAT('(', ${page} + 1, ',0)') AS tid)`,
    parameters: { Pages: int(pages), MostOfPlace: int(mostOfPage) },
    factor: () => pages / places,
  };
}

/** The statuses of tasks that have ended, in SQL. */
const ended = endedStatuses.map((status) => `N'${status}'`).join();

const sixteen = `(VALUES ${Array.from({ length: 16 }, (_, digit) => `(${digit})`).join()})`;

/**
 * Returns a query of numbers of tasks by status: of waiting ones, of series that are paused, and of
 * the sample. A series that has the status of its last run is not counted as paused. Waiting tasks
 * are read in the order of their index, so that the server does not read others.
 */
export function estimateQuery({ ofPlace }: Sample): string {
  return `
SELECT w.[Status] AS [Status], COUNT(*) AS [Tasks]
FROM (SELECT TOP (${mostWaitingCounted + 1}) t.[Status] FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[DueAtUtc] IS NOT NULL ORDER BY t.[QueueName], t.[Priority] DESC, t.[DueAtUtc]) AS w
GROUP BY w.[Status];
SELECT t.[Status] AS [Status], COUNT(*) AS [Tasks] FROM [EverTask].[QueuedTasks] AS t
WHERE t.[IsRecurring] = 1 AND t.[DueAtUtc] IS NULL AND t.[WorkerId] IS NULL AND t.[Status] NOT IN (${ended})
GROUP BY t.[Status];
SELECT s.[Status] AS [Status], s.[Waits] AS [Waits], s.[IsClaimed] AS [IsClaimed], COUNT(*) AS [Tasks]
FROM (SELECT a.[N] * 16 + b.[N] AS [N] FROM ${sixteen} AS a ([N]) CROSS JOIN ${sixteen} AS b ([N])) AS p
CROSS APPLY (
    SELECT TOP (@MostOfPlace) t.[Status], CASE WHEN t.[DueAtUtc] IS NULL THEN 0 ELSE 1 END AS [Waits],
      CASE WHEN t.[WorkerId] IS NULL THEN 0 ELSE 1 END AS [IsClaimed]
    FROM [EverTask].[QueuedTasks] AS t WHERE ${ofPlace}
  ) AS s
GROUP BY s.[Status], s.[Waits], s.[IsClaimed];`;
}

/** Numbers of tasks by status, and the statuses whose numbers are estimates. */
export type TaskCounts = Pick<StorageStatistics, "tasksByStatus" | "estimated">;

/**
 * Returns the numbers of all tasks.
 *
 * @param claimed The numbers of claimed tasks by status.
 * @param found The answer to {@linkcode estimateQuery}.
 */
export function toEstimate(
  sample: Sample,
  claimed: readonly Row[],
  [waiting, paused, sampled]: Recordsets,
): TaskCounts {
  const hasMany = sumOf(waiting!) > mostWaitingCounted;
  const isEstimated = (row: Row) => isWaiting(row) ? hasMany : isEnded(row);
  return {
    tasksByStatus: toCounts(
      [...claimed, ...paused!, ...hasMany ? [] : waiting!],
      sampled!.filter(isEstimated),
      sample.factor(sumOf(sampled!)),
    ),
    estimated: hasMany ? statusesNotInProgress : endedStatuses,
  };
}

function isWaiting({ Waits }: Row): boolean {
  return rows.truth(Waits);
}

function isEnded({ Status, IsClaimed }: Row): boolean {
  return !rows.truth(IsClaimed) && endedStatuses.includes(Status as TaskStatus);
}

/** Sums numbers of counted tasks, and those of sampled tasks multiplied by a factor. */
export function toCounts(
  counted: readonly Row[],
  sampled: readonly Row[] = [],
  factor = 1,
): Record<TaskStatus, number> {
  const none = Object.fromEntries(taskStatuses.map((status) => [status, 0]));
  const counts = none as Record<TaskStatus, number>;
  for (const { Status, Tasks } of counted) counts[Status as TaskStatus] += Number(Tasks);
  for (const { Status, Tasks } of sampled) {
    counts[Status as TaskStatus] += Math.round(Number(Tasks) * factor);
  }
  return counts;
}

function sumOf(counts: readonly Row[]): number {
  return counts.reduce((sum, { Tasks }) => sum + Number(Tasks), 0);
}
