// Searches the waiting tasks by due instant. In the index of claimable tasks, the tasks of one
// queue and priority form a line in the order of their due instants. A page merges all lines.

import {
  duePageStart,
  type DuePlace,
  mostReadByDue,
  rowsOfLine,
  toDuePage,
} from "../../src/storage/due_paging.ts";
import { matchingPage } from "../../src/storage/payload_search.ts";
import type { TaskFilter, TaskPage, TaskPageRequest } from "../../src/storage/queries.ts";
import { Conditions } from "./conditions.ts";
import type { SqlServerDatabase } from "./database.ts";
import { idOrder } from "./id_order.ts";
import { toDate } from "./instants.ts";
import { id, instant, int } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";

/**
 * Fills @Line with the queues and priorities that have waiting tasks, by a loose index scan: each
 * query finds the next queue or priority.
 */
export const findLines = `
DECLARE @Line TABLE ([Number] int NOT NULL IDENTITY PRIMARY KEY, [QueueName] nvarchar(200) NULL, [Priority] int NOT NULL);
DECLARE @Queue nvarchar(200), @Priority int, @Last int, @IsFirst bit = 1;
WHILE 1 = 1
BEGIN
  SET @Priority = NULL;
  IF @IsFirst = 1
    SELECT TOP (1) @Priority = t.[Priority] FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[DueAtUtc] IS NOT NULL AND t.[QueueName] IS NULL ORDER BY t.[Priority] DESC;
  ELSE
    SELECT TOP (1) @Queue = t.[QueueName], @Priority = t.[Priority] FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[DueAtUtc] IS NOT NULL AND t.[QueueName] > @Queue ORDER BY t.[QueueName], t.[Priority] DESC;
  IF @Priority IS NULL AND @IsFirst = 0
    BREAK;
  WHILE @Priority IS NOT NULL
  BEGIN
    INSERT INTO @Line ([QueueName], [Priority]) VALUES (@Queue, @Priority);
    SET @Last = @Priority;
    SET @Priority = NULL;
    SELECT TOP (1) @Priority = t.[Priority] FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[DueAtUtc] IS NOT NULL AND (t.[QueueName] = @Queue OR (t.[QueueName] IS NULL AND @Queue IS NULL))
      AND t.[Priority] < @Last
    ORDER BY t.[Priority] DESC;
  END;
  IF @IsFirst = 1
    SET @Queue = N'';
  SET @IsFirst = 0;
END;`;

/** Sets @OfLine to the maximum number of rows to read from each line. */
const limitOfLine = `
DECLARE @OfLine int;
SELECT @OfLine = CEILING(CAST(@MostRead AS float) / NULLIF(COUNT(*), 0)) FROM @Line;
IF @OfLine > @MostOfLine
  SET @OfLine = @MostOfLine;`;

/** The condition that a task `t` is in the line `l`. */
export const isOfLine = `
  (t.[QueueName] = l.[QueueName] OR (t.[QueueName] IS NULL AND l.[QueueName] IS NULL))
  AND t.[Priority] = l.[Priority]`;

/** Implements {@linkcode Storage.list} in the order of due instants. */
export async function listDueTasks(
  database: SqlServerDatabase,
  filter: TaskFilter,
  page: TaskPageRequest,
): Promise<TaskPage> {
  const { limit, after } = duePageStart(page);
  const where = new Conditions();
  where.addRecurring(filter);
  where.addFilter(filter);
  const { isBabelfish } = database;
  const orderType = isBabelfish ? "binary(36)" : "binary(16)";
  const tasksOfLine = `FROM [EverTask].[QueuedTasks] AS t
    WHERE ${isOfLine} AND t.[DueAtUtc] IS NOT NULL ${
    after === null ? "" : `AND t.[DueAtUtc] >= @AfterDue AND (t.[DueAtUtc] > @AfterDue
      OR t.[IdOrder] > ${idOrder("@AfterId", isBabelfish)})`
  }`;
  const query = `${findLines}${limitOfLine}
DECLARE @KnownDue datetimeoffset(3), @KnownOrder ${orderType}, @KnownId uniqueidentifier;
SELECT TOP (1) @KnownDue = p.[DueAtUtc], @KnownOrder = p.[IdOrder], @KnownId = p.[Id]
FROM @Line AS l CROSS APPLY (
    SELECT t.[DueAtUtc], t.[IdOrder], t.[Id] ${tasksOfLine}
    ORDER BY t.[DueAtUtc], t.[IdOrder] OFFSET @OfLine - 1 ROWS FETCH NEXT 1 ROWS ONLY
  ) AS p
ORDER BY p.[DueAtUtc], p.[IdOrder];
SELECT @KnownDue AS [DueAtUtc], @KnownId AS [Id];
SELECT TOP (@Rows) ${rows.taskColumns}
FROM @Line AS l CROSS APPLY (
    SELECT TOP (@Rows) t.* ${tasksOfLine}
      AND (@KnownDue IS NULL OR t.[DueAtUtc] < @KnownDue
        OR (t.[DueAtUtc] = @KnownDue AND t.[IdOrder] <= @KnownOrder)) ${where.and}
    ORDER BY t.[DueAtUtc], t.[IdOrder]
  ) AS t
ORDER BY t.[DueAtUtc], t.[IdOrder];`;
  const [known, found] = await database.query(query, {
    ...where.parameters,
    ...after !== null && { AfterDue: instant(toDate(after.dueAt)), AfterId: id(after.id) },
    Rows: int(limit + 1),
    MostOfLine: int(rowsOfLine(filter, 1, limit)),
    MostRead: int(mostReadByDue(filter)),
  }, true);
  const due = toDuePage(found!.map(rows.toTaskRecord), limit, placeOf(known![0]!));
  return matchingPage(due, filter);
}

function placeOf({ DueAtUtc, Id }: Row): DuePlace | null {
  const dueAt = rows.instantOrNull(DueAtUtc);
  return dueAt === null ? null : { dueAt, id: rows.id(Id) };
}
