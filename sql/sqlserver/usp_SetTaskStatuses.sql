-- usp_SetTaskStatus for many tasks, in one transaction with one UPDATE. A task may have had several
-- statuses since the last write; each gets an audit row with its own time.
--
--   @Changes  at most one per task
--   @Steps    at least one per change; the one with the number Changes.LastStep has the final status
--
-- A worker may report the start of an attempt twice. If the status is InProgress, DueInMs is NULL
-- and the task is InProgress under the same lease, the change counts as applied, and has no effect.
--
-- Returns one row per change, in order: Applied (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_SetTaskStatuses];
GO
CREATE PROCEDURE [EverTask].[usp_SetTaskStatuses]
    @Changes [EverTask].[StatusChangeList] READONLY,
    @Steps   [EverTask].[StatusStepList]   READONLY
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

    -- Here and wherever OUTPUT is used, the target has no alias and follows a comma, because
    -- Babelfish handles aliases and JOIN incorrectly there. The hints fix the plan regardless of
    -- statistics: it reads the list in its order, with a seek for each task.
    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = c.[Status],
        [Exception] = c.[Exception],
        [WorkerId] = CASE WHEN c.[KeepsLease] = 1 THEN [QueuedTasks].[WorkerId] END,
        -- A task with a cancel request is due at once, and the worker that claims it next cancels
        -- it.
        [DueAtUtc] = CASE
            WHEN c.[StandsInLine] = 1 AND [QueuedTasks].[DueAtUtc] IS NOT NULL THEN [QueuedTasks].[DueAtUtc]
            WHEN c.[KeepsLease] = 1 AND (c.[StandsInLine] = 0 OR [QueuedTasks].[WorkerId] IS NOT NULL) THEN [QueuedTasks].[DueAtUtc]
            WHEN (c.[StandsInLine] = 1 OR c.[DueInMs] IS NOT NULL) AND [QueuedTasks].[CancelRequested] = 1 THEN @Now
            WHEN c.[StandsInLine] = 1 AND [QueuedTasks].[IsRecurring] = 1 AND [QueuedTasks].[NextRunUtc] > @Now
                THEN [QueuedTasks].[NextRunUtc]
            WHEN c.[StandsInLine] = 1 AND [QueuedTasks].[IsRecurring] = 0 AND [QueuedTasks].[ScheduledExecutionUtc] > @Now
                THEN [QueuedTasks].[ScheduledExecutionUtc]
            WHEN c.[StandsInLine] = 1 THEN @Now
            ELSE DATEADD(millisecond, c.[DueInMs] % 86400000, DATEADD(day, c.[DueInMs] / 86400000, @Now)) END,
        [CancelRequested] = CASE WHEN c.[KeepsLease] = 1 OR c.[StandsInLine] = 1 OR c.[DueInMs] IS NOT NULL
                                 THEN [QueuedTasks].[CancelRequested] ELSE 0 END,
        [Attempt] = CASE WHEN c.[ReturnAttempt] = 1 AND [QueuedTasks].[Attempt] > 0
                         THEN [QueuedTasks].[Attempt] - 1 ELSE [QueuedTasks].[Attempt] END,
        [RateSlotUtc] = CONVERT(datetimeoffset(3), c.[RateSlotUtc]),
        [ExecutionTimeMs] = CASE WHEN c.[KeepsExecution] = 1 THEN [QueuedTasks].[ExecutionTimeMs] ELSE c.[ExecutionTimeMs] END,
        [LastExecutionUtc] = CASE WHEN c.[KeepsExecution] = 1 THEN [QueuedTasks].[LastExecutionUtc]
            ELSE DATEADD(millisecond, -(c.[AgoMs] % 86400000), DATEADD(day, -(c.[AgoMs] / 86400000), @Now)) END
    OUTPUT inserted.[Id] INTO @Applied ([TaskId])
    FROM (
        SELECT l.[TaskId], l.[WorkerId], l.[LeaseToken], l.[DueInMs], l.[ReturnAttempt], l.[RateSlotUtc],
            l.[ExecutionTimeMs], s.[Status], s.[Exception], s.[AgoMs],
            CASE WHEN s.[Status] IN (N'Queued', N'InProgress') AND l.[DueInMs] IS NULL THEN 1 ELSE 0 END AS [KeepsLease],
            CASE WHEN s.[Status] IN (N'WaitingQueue', N'Queued', N'Pending') AND l.[DueInMs] IS NULL AND l.[WorkerId] IS NULL
                 THEN 1 ELSE 0 END AS [StandsInLine],
            CASE WHEN l.[ExecutionTimeMs] IS NULL OR l.[AuditLevel] = 3 THEN 1 ELSE 0 END AS [KeepsExecution]
        FROM @Changes AS l
        INNER JOIN @Steps AS s ON s.[Ordinal] = l.[Ordinal] AND s.[Step] = l.[LastStep]
    ) AS c, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = c.[TaskId]
        AND (c.[WorkerId] IS NULL OR ([QueuedTasks].[WorkerId] = c.[WorkerId] AND [QueuedTasks].[LeaseToken] = c.[LeaseToken]
            AND NOT (c.[KeepsLease] = 1 AND c.[Status] = N'InProgress' AND [QueuedTasks].[Status] = N'InProgress')))
    OPTION (LOOP JOIN, FORCE ORDER);

    DECLARE @Updated int = @@ROWCOUNT;

    -- Full audits every change; Minimal and ErrorsOnly audit errors; None audits nothing.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], DATEADD(millisecond, -(s.[AgoMs] % 86400000), DATEADD(day, -(s.[AgoMs] / 86400000), @Now)),
        s.[Status], s.[Exception]
    FROM @Steps AS s
    INNER JOIN @Changes AS c ON c.[Ordinal] = s.[Ordinal]
    INNER JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    WHERE ISNULL(c.[AuditLevel], 0) NOT IN (1, 2, 3)
        OR (c.[AuditLevel] IN (1, 2) AND (s.[Status] IN (N'Failed', N'ServiceStopped') OR s.[Exception] IS NOT NULL))
    ORDER BY s.[Ordinal], s.[Step];

    IF @Updated < (SELECT COUNT(*) FROM @Changes)
        INSERT INTO @Applied ([TaskId])
        SELECT c.[TaskId]
        FROM @Changes AS c
        INNER JOIN @Steps AS s ON s.[Ordinal] = c.[Ordinal] AND s.[Step] = c.[LastStep]
        INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK)
            ON t.[Id] = c.[TaskId] AND t.[WorkerId] = c.[WorkerId] AND t.[LeaseToken] = c.[LeaseToken]
        WHERE s.[Status] = N'InProgress' AND c.[DueInMs] IS NULL AND t.[Status] = N'InProgress'
            AND c.[TaskId] NOT IN (SELECT a.[TaskId] FROM @Applied AS a)
        OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT CASE WHEN a.[TaskId] IS NULL THEN 0 ELSE 1 END AS [Applied]
    FROM @Changes AS c
    LEFT JOIN @Applied AS a ON a.[TaskId] = c.[TaskId]
    ORDER BY c.[Ordinal];
END
GO
