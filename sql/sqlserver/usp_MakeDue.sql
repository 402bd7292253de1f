-- Makes unclaimed tasks due now: a series at rest gets an extra run, a waiting task runs early, a one-shot that ended in
-- Failed, Cancelled or ServiceStopped is Queued again, with the StatusAudit row that its level asks for.
--
--   EXEC [EverTask].[usp_MakeDue] @TaskIds = N'["01900000-0000-7000-8000-000000000001"]';
--
-- Answers a row an id, in order: Due (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_MakeDue];
GO
CREATE PROCEDURE [EverTask].[usp_MakeDue]
    @TaskIds nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Wanted TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [TaskId] uniqueidentifier NOT NULL);
    DECLARE @Due TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Requeued TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [AuditLevel] int NULL);

    INSERT INTO @Wanted ([Ordinal], [TaskId])
    SELECT CONVERT(int, j.[key]), CONVERT(uniqueidentifier, j.[value]) FROM OPENJSON(@TaskIds) AS j;

    BEGIN TRANSACTION;

    UPDATE t
    SET [DueAtUtc] = CASE WHEN t.[DueAtUtc] < @Now THEN t.[DueAtUtc] ELSE @Now END
    OUTPUT inserted.[Id] INTO @Due ([TaskId])
    FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[Id] IN (SELECT [TaskId] FROM @Wanted) AND t.[WorkerId] IS NULL
        AND (t.[DueAtUtc] IS NOT NULL OR t.[NextRunUtc] IS NOT NULL)
    OPTION (LOOP JOIN);

    UPDATE t
    SET [Status] = N'Queued',
        [Exception] = NULL,
        [DueAtUtc] = @Now,
        [Attempt] = 0,
        [LostCount] = 0,
        [CancelRequested] = 0
    OUTPUT inserted.[Id], inserted.[AuditLevel] INTO @Requeued ([TaskId], [AuditLevel])
    FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[Id] IN (SELECT [TaskId] FROM @Wanted) AND t.[WorkerId] IS NULL
        AND t.[DueAtUtc] IS NULL AND t.[IsRecurring] = 0
        AND t.[Status] IN (N'Failed', N'Cancelled', N'ServiceStopped')
    OPTION (LOOP JOIN);

    -- A task that is queued again is no error: only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], @Now, N'Queued', NULL
    FROM @Requeued AS r
    WHERE ISNULL(r.[AuditLevel], 0) NOT IN (1, 2, 3);

    COMMIT TRANSACTION;

    SELECT CASE WHEN w.[TaskId] IN (SELECT [TaskId] FROM @Due) OR w.[TaskId] IN (SELECT [TaskId] FROM @Requeued)
                THEN 1 ELSE 0 END AS [Due]
    FROM @Wanted AS w
    ORDER BY w.[Ordinal];
END
GO
