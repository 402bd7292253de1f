-- usp_UpdateCurrentRun for many tasks, in one transaction with one UPDATE. A task may have had
-- several statuses since the last write; each gets an audit row with its own time.
--
--   @Runs   at most one per task
--   @Steps  at least one per run; the one with the number Runs.LastStep has the final status
--
-- Returns one row per run, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_UpdateCurrentRuns];
GO
CREATE PROCEDURE [EverTask].[usp_UpdateCurrentRuns]
    @Runs  [EverTask].[RunEndList]     READONLY,
    @Steps [EverTask].[StatusStepList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    -- The dot prevents a trailing space from being ignored.
    DECLARE @Unknown nvarchar(15);
    SELECT TOP (1) @Unknown = s.[Status]
    FROM @Steps AS s
    WHERE s.[Status] + N'.' COLLATE Latin1_General_BIN2 NOT IN (N'WaitingQueue.', N'Queued.', N'InProgress.',
        N'Pending.', N'Cancelled.', N'Completed.', N'Failed.', N'ServiceStopped.');
    IF @Unknown IS NOT NULL
    BEGIN
        DECLARE @Refusal nvarchar(400) = CONCAT(N'The status is ', COALESCE(QUOTENAME(@Unknown, ''''), N'NULL'),
            N', but must be one of WaitingQueue, Queued, InProgress, Pending, Cancelled, Completed, Failed, ServiceStopped.');
        THROW 50001, @Refusal, 1;
    END;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Applied TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = r.[Status],
        [Exception] = r.[Exception],
        [WorkerId] = NULL,
        [NextRunUtc] = r.[NextRunUtc],
        [DueAtUtc] = CASE WHEN r.[NextRunUtc] IS NOT NULL AND [QueuedTasks].[CancelRequested] = 1 THEN @Now
                          WHEN [QueuedTasks].[IsPaused] = 1 THEN NULL ELSE r.[NextRunUtc] END,
        [CancelRequested] = CASE WHEN r.[NextRunUtc] IS NULL THEN 0 ELSE [QueuedTasks].[CancelRequested] END,
        [Attempt] = 0,
        [LostCount] = 0,
        [RateSlotUtc] = NULL,
        [CurrentRunCount] = CASE WHEN r.[Counts] = 0 OR [QueuedTasks].[CurrentRunCount] = 2147483647
                                 THEN [QueuedTasks].[CurrentRunCount]
                                 ELSE ISNULL([QueuedTasks].[CurrentRunCount], 0) + 1 END,
        [ExecutionTimeMs] = CASE WHEN r.[Counts] = 1 THEN r.[ExecutionTimeMs] ELSE [QueuedTasks].[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN r.[Counts] = 0 THEN [QueuedTasks].[LastExecutionUtc]
            ELSE DATEADD(millisecond, -(r.[AgoMs] % 86400000), DATEADD(day, -(r.[AgoMs] / 86400000), @Now)) END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM (
        SELECT l.[TaskId], l.[WorkerId], l.[LeaseToken], l.[ExecutionTimeMs], l.[Counts],
            CONVERT(datetimeoffset(3), l.[NextRunUtc]) AS [NextRunUtc], s.[Status], s.[Exception], s.[AgoMs]
        FROM @Runs AS l
        INNER JOIN @Steps AS s ON s.[Ordinal] = l.[Ordinal] AND s.[Step] = l.[LastStep]
    ) AS r, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = r.[TaskId] AND [QueuedTasks].[IsRecurring] = 1
        AND (r.[WorkerId] IS NULL OR ([QueuedTasks].[WorkerId] = r.[WorkerId] AND [QueuedTasks].[LeaseToken] = r.[LeaseToken]))
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        s.[Status], s.[Exception]
    FROM @Steps AS s
    INNER JOIN @Runs AS r ON r.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE ISNULL(r.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (r.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    -- Full and Minimal audit every run; ErrorsOnly audits errors; None audits nothing.
    INSERT INTO [EverTask].[RunsAudit] ([QueuedTaskId], [ExecutedAt], [ExecutionTimeMs], [Status], [Exception])
    SELECT r.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        r.[ExecutionTimeMs], s.[Status], s.[Exception]
    FROM @Runs AS r
    INNER JOIN @Steps AS s ON s.[Ordinal] = r.[Ordinal] AND s.[Step] = r.[LastStep]
    INNER JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    WHERE r.[Counts] = 1
        AND (ISNULL(r.[AuditLevel], 0) NOT IN (2, 3)
            OR (r.[AuditLevel] = 2 AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL)))
    ORDER BY r.[Ordinal];

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Runs AS r
    LEFT JOIN @Applied AS a ON a.[TaskId] = r.[TaskId]
    ORDER BY r.[Ordinal];
END
GO
