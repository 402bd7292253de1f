// Reads statistics: waiting tasks by queue, tasks by status, and the growth of history.

import { checkCount } from "../../src/guards/argument_checks.ts";
import { rateLimitPage } from "../../src/storage/paging.ts";
import {
  type Backlog,
  type HeldTasks,
  mostHeldRead,
  type Page,
  type PageRequest,
  type QueueBacklog,
  type RateLimitRecord,
  type StatisticsOptions,
  type StorageStatistics,
} from "../../src/storage/queries.ts";
import { queueStatistics } from "../../src/storage/queue_statistics.ts";
import type { SqlServerDatabase } from "./database.ts";
import { findLines, isOfLine } from "./due_search.ts";
import { int, name } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";
import { estimateQuery, findSample, toCounts, toEstimate } from "./task_estimate.ts";
import { fromStoredName, toStoredName } from "./text.ts";

/** The cap of a count of all tasks: the largest int. */
const noCap = 2_147_483_647;

const waitingQuery = `
DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
SELECT @Now AS [Now];${findLines}
SELECT l.[QueueName] AS [QueueName], SUM(d.[Tasks]) AS [Due], SUM(s.[Tasks]) AS [Scheduled],
    MIN(d.[Oldest]) AS [OldestDueAtUtc]
FROM @Line AS l CROSS APPLY (
    SELECT COUNT(*) AS [Tasks], MIN(r.[DueAtUtc]) AS [Oldest] FROM (
        SELECT TOP (@Cap) t.[DueAtUtc] FROM [EverTask].[QueuedTasks] AS t
        WHERE ${isOfLine} AND t.[DueAtUtc] <= @Now ORDER BY t.[DueAtUtc]
    ) AS r
  ) AS d CROSS APPLY (
    SELECT COUNT(*) AS [Tasks] FROM (
        SELECT TOP (@Cap) t.[DueAtUtc] FROM [EverTask].[QueuedTasks] AS t
        WHERE ${isOfLine} AND t.[DueAtUtc] > @Now ORDER BY t.[DueAtUtc]
    ) AS r
  ) AS s
GROUP BY l.[QueueName];
SELECT p.[QueueName] AS [QueueName] FROM [EverTask].[PausedQueues] AS p;`;

const claimedQuery = `
SELECT t.[QueueName] AS [QueueName], t.[Status] AS [Status], COUNT(*) AS [Tasks]
FROM [EverTask].[QueuedTasks] AS t WHERE t.[WorkerId] IS NOT NULL GROUP BY t.[QueueName], t.[Status];`;

const countQuery = `
SELECT t.[Status] AS [Status], COUNT_BIG(*) AS [Tasks] FROM [EverTask].[QueuedTasks] AS t GROUP BY t.[Status];`;

/** Implements {@linkcode Storage.backlog}. */
export async function readBacklog(database: SqlServerDatabase, cap = noCap): Promise<Backlog> {
  checkCount(cap, "cap");
  const [clock, waiting, paused] = await database.query(waitingQuery, { Cap: int(cap) }, true);
  const queues = toBacklog(waiting!, paused!, cap);
  return { now: rows.instant(clock![0]!.Now), queues: [...queues.values()] };
}

/** Implements {@linkcode Storage.statistics}. */
export async function readStatistics(
  database: SqlServerDatabase,
  { exact = false }: StatisticsOptions = {},
): Promise<StorageStatistics> {
  const sample = exact ? null : await findSample(database);
  const [clock, waiting, paused, claimed, ...counts] = await database.query(
    `${waitingQuery}${claimedQuery}${sample === null ? countQuery : estimateQuery(sample)}`,
    { Cap: int(noCap), ...sample?.parameters },
    true,
  );
  const held = claimed!.map((row) => ({ queue: queueOf(row), count: Number(row.Tasks) }));
  return {
    now: rows.instant(clock![0]!.Now),
    ...sample === null
      ? { tasksByStatus: toCounts(counts[0]!), estimated: [] }
      : toEstimate(sample, claimed!, counts),
    queues: queueStatistics([...toBacklog(waiting!, paused!, noCap).values()], held),
  };
}

function toBacklog(
  waiting: readonly Row[],
  paused: readonly Row[],
  cap: number,
): Map<string, QueueBacklog> {
  const queues = new Map<string, QueueBacklog>();
  for (const row of paused) queues.set(queueOf(row), emptyQueue(queueOf(row), true));
  for (const row of waiting) {
    const queue = queueOf(row);
    queues.set(queue, {
      queue,
      paused: queues.has(queue),
      due: Math.min(Number(row.Due), cap),
      scheduled: Math.min(Number(row.Scheduled), cap),
      oldestDueAt: rows.instantOrNull(row.OldestDueAtUtc),
    });
  }
  return queues;
}

function emptyQueue(queue: string, paused: boolean): QueueBacklog {
  return { queue, paused, due: 0, scheduled: 0, oldestDueAt: null };
}

function queueOf({ QueueName }: Row): string {
  return fromStoredName(rows.textOrNull(QueueName)) ?? rows.defaultQueue;
}

const heldQuery = `
SELECT h.[WorkerId] AS [WorkerId], h.[QueueName] AS [QueueName], COUNT(*) AS [Held]
FROM (SELECT TOP (@Most) t.[WorkerId], t.[QueueName] FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[WorkerId] IS NOT NULL) AS h GROUP BY h.[WorkerId], h.[QueueName];`;

/** Implements {@linkcode Storage.heldTasks}. Goes by the index of claimed tasks. */
export async function heldTasks(database: SqlServerDatabase): Promise<HeldTasks[] | null> {
  const [found] = await database.query(heldQuery, { Most: int(mostHeldRead + 1) });
  const held = found!.map((row) => ({
    workerId: fromStoredName(rows.text(row.WorkerId)),
    queue: queueOf(row),
    count: Number(row.Held),
  }));
  return held.reduce((sum, { count }) => sum + count, 0) > mostHeldRead ? null : held;
}

const limitsQuery = `
DECLARE @NowMs float = DATEDIFF_BIG(millisecond, CONVERT(datetime2(3), '1970-01-01'), CONVERT(datetime2(3), SYSUTCDATETIME()));
SELECT TOP (@Rows) l.[RateKey] AS [RateKey], l.[ReservedTatMs] AS [ReservedTatMs], l.[StartedTatMs] AS [StartedTatMs],
    l.[IntervalMs] AS [IntervalMs], l.[Burst] AS [Burst],
    (SELECT COUNT(*) FROM [EverTask].[ReturnedRateSlots] AS s
        WHERE s.[RateKey] = l.[RateKey] AND s.[SlotMs] > @NowMs) AS [ReturnedSlots],
    (SELECT MIN(s.[SlotMs]) FROM [EverTask].[ReturnedRateSlots] AS s
        WHERE s.[RateKey] = l.[RateKey] AND s.[SlotMs] > @NowMs) AS [FirstReturnedMs]
FROM [EverTask].[RateLimits] AS l WHERE l.[RateKey] > @After ORDER BY l.[RateKey];`;

/** Implements {@linkcode Storage.rateLimits}. */
export async function rateLimits(
  database: SqlServerDatabase,
  request?: PageRequest,
): Promise<Page<RateLimitRecord>> {
  const { after, limit, of } = rateLimitPage(request);
  const key = name(after === "" ? "" : toStoredName(after, "after", 4000), 4000);
  const [found] = await database.query(limitsQuery, { Rows: int(limit + 1), After: key });
  return of(found!.map((row) => ({
    key: fromStoredName(rows.text(row.RateKey)),
    reservedUntilAt: Number(row.ReservedTatMs),
    startedUntilAt: Number(row.StartedTatMs),
    emissionIntervalMs: row.IntervalMs === null ? null : Number(row.IntervalMs),
    burst: row.Burst === null ? null : Number(row.Burst),
    returnedSlots: Number(row.ReturnedSlots),
    firstReturnedAt: row.FirstReturnedMs === null ? null : Number(row.FirstReturnedMs),
  })));
}
