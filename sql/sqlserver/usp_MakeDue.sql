-- Makes unclaimed tasks due now. A series gets an extra run; a waiting task runs early; a one-shot
-- task that is Failed, Cancelled or ServiceStopped is Queued again, with the StatusAudit row of its
-- audit level.
--
--   DECLARE @TaskIds [EverTask].[TaskIdList];
--   INSERT INTO @TaskIds VALUES (1, '01900000-0000-7000-8000-000000000001');
--   EXEC [EverTask].[usp_MakeDue] @TaskIds;
--
-- Returns one row per id, in order: Due (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_MakeDue];
GO
CREATE PROCEDURE [EverTask].[usp_MakeDue]
    @TaskIds [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Due TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Requeued TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    UPDATE [EverTask].[QueuedTasks]
    SET [DueAtUtc] = CASE WHEN [DueAtUtc] < @Now THEN [DueAtUtc] ELSE @Now END
    OUTPUT inserted.[Id] INTO @Due ([TaskId])
    FROM @TaskIds AS w, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = w.[TaskId] AND [WorkerId] IS NULL
        AND ([DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL)
    OPTION (LOOP JOIN, FORCE ORDER);

    UPDATE [EverTask].[QueuedTasks]
    SET [Status] = N'Queued',
        [Exception] = NULL,
        [DueAtUtc] = @Now,
        [Attempt] = 0,
        [LostCount] = 0,
        [CancelRequested] = 0,
        [RateSlotUtc] = NULL
    OUTPUT inserted.[Id] INTO @Requeued ([TaskId])
    FROM @TaskIds AS w, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = w.[TaskId] AND [WorkerId] IS NULL
        AND [DueAtUtc] IS NULL AND [IsRecurring] = 0
        AND [Status] IN (N'Failed', N'Cancelled', N'ServiceStopped')
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Queued is not an error, so only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT r.[TaskId], @Now, N'Queued', NULL
    FROM @Requeued AS r
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = r.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT CASE WHEN w.[TaskId] IN (SELECT [TaskId] FROM @Due) OR w.[TaskId] IN (SELECT [TaskId] FROM @Requeued)
                THEN 1 ELSE 0 END AS [Due]
    FROM @TaskIds AS w
    ORDER BY w.[Ordinal];
END
GO
