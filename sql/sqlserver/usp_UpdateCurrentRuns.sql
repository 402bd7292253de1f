-- usp_UpdateCurrentRun for many tasks: one call, one transaction, one UPDATE. A task may have gone through several
-- statuses since the last write; each writes its audit row, with its own time.
--
--   @Runs   JSON array, a task at most once: { n, taskId, auditLevel, status, exception, agoMs, workerId, leaseToken,
--           executionTimeMs, nextRunUtc, counts }, with the status in which the run ended; n numbers the runs
--   @Steps  JSON array: { n, s, status, exception, agoMs }, the statuses before it; s numbers the steps of a run
--
-- Answers a row a run, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRuns];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRuns]
    @Runs  nvarchar(max),
    @Steps nvarchar(max) = N'[]'
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Run TABLE (
        [Ordinal]         int               NOT NULL,
        [TaskId]          uniqueidentifier  NOT NULL PRIMARY KEY,
        [AuditLevel]      int               NULL,
        [Status]          nvarchar(15)      NOT NULL,
        [Exception]       nvarchar(max)     NULL,
        [AtUtc]           datetimeoffset(3) NOT NULL,
        [WorkerId]        nvarchar(100)     COLLATE Latin1_General_BIN2 NULL,
        [LeaseToken]      bigint            NULL,
        [ExecutionTimeMs] float             NOT NULL,
        [NextRunUtc]      datetimeoffset(3) NULL,
        [Counts]          bit               NOT NULL
    );
    DECLARE @Step TABLE (
        [Ordinal]   int               NOT NULL,
        [Step]      int               NOT NULL,
        [Status]    nvarchar(15)      NOT NULL,
        [Exception] nvarchar(max)     NULL,
        [AtUtc]     datetimeoffset(3) NOT NULL,
        PRIMARY KEY ([Ordinal], [Step])
    );
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    INSERT INTO @Run ([Ordinal], [TaskId], [AuditLevel], [Status], [Exception], [AtUtc], [WorkerId], [LeaseToken],
        [ExecutionTimeMs], [NextRunUtc], [Counts])
    SELECT r.[n], r.[taskId], r.[auditLevel], r.[status], r.[exception],
        DATEADD(millisecond, -(r.[agoMs] % 86400000), DATEADD(day, -(r.[agoMs] / 86400000), @Now)),
        r.[workerId], r.[leaseToken], r.[executionTimeMs], r.[nextRunUtc], r.[counts]
    FROM OPENJSON(@Runs) WITH (
        [n]               int               '$.n',
        [taskId]          uniqueidentifier  '$.taskId',
        [auditLevel]      int               '$.auditLevel',
        [status]          nvarchar(15)      '$.status',
        [exception]       nvarchar(max)     '$.exception',
        [agoMs]           bigint            '$.agoMs',
        [workerId]        nvarchar(100)     '$.workerId',
        [leaseToken]      bigint            '$.leaseToken',
        [executionTimeMs] float             '$.executionTimeMs',
        [nextRunUtc]      datetimeoffset(3) '$.nextRunUtc',
        [counts]          bit               '$.counts'
    ) AS r;

    INSERT INTO @Step ([Ordinal], [Step], [Status], [Exception], [AtUtc])
    SELECT e.[n], e.[s], e.[status], e.[exception],
        DATEADD(millisecond, -(e.[agoMs] % 86400000), DATEADD(day, -(e.[agoMs] / 86400000), @Now))
    FROM OPENJSON(@Steps) WITH (
        [n]         int           '$.n',
        [s]         int           '$.s',
        [status]    nvarchar(15)  '$.status',
        [exception] nvarchar(max) '$.exception',
        [agoMs]     bigint        '$.agoMs'
    ) AS e;

    INSERT INTO @Step ([Ordinal], [Step], [Status], [Exception], [AtUtc])
    SELECT r.[Ordinal], 2147483647, r.[Status], r.[Exception], r.[AtUtc] FROM @Run AS r;

    BEGIN TRANSACTION;

    UPDATE t
    SET [Status] = r.[Status],
        [Exception] = r.[Exception],
        [WorkerId] = NULL,
        [NextRunUtc] = r.[NextRunUtc],
        [DueAtUtc] = CASE WHEN r.[NextRunUtc] IS NOT NULL AND t.[CancelRequested] = 1 THEN @Now ELSE r.[NextRunUtc] END,
        [CancelRequested] = CASE WHEN r.[NextRunUtc] IS NULL THEN 0 ELSE t.[CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN r.[Counts] = 0 OR t.[CurrentRunCount] = 2147483647 THEN t.[CurrentRunCount]
                                 ELSE ISNULL(t.[CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN r.[Counts] = 1 THEN r.[ExecutionTimeMs] ELSE t.[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN r.[Counts] = 1 THEN r.[AtUtc] ELSE t.[LastExecutionUtc] END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM [EverTask].[QueuedTasks] AS t
    INNER JOIN @Run AS r ON r.[TaskId] = t.[Id]
    WHERE t.[IsRecurring] = 1
        AND (r.[WorkerId] IS NULL OR (t.[WorkerId] = r.[WorkerId] AND t.[LeaseToken] = r.[LeaseToken]))
    OPTION (LOOP JOIN);

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], s.[AtUtc], s.[Status], s.[Exception]
    FROM @Step AS s
    INNER JOIN @Run AS r ON r.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE ISNULL(r.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (r.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
    SELECT r.[TaskId], r.[AtUtc], r.[ExecutionTimeMs], r.[Status], r.[Exception]
    FROM @Run AS r
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE r.[Counts] = 1
        AND (ISNULL(r.[AuditLevel], 0) NOT IN (2, 3)
            OR (r.[AuditLevel] = 2 AND (r.[Status] IN (N'Failed', N'ServiceStopped') OR r.[Exception] IS NOT NULL)))
    ORDER BY r.[Ordinal];

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Run AS r
    LEFT JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    ORDER BY r.[Ordinal];
END
GO
