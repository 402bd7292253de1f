-- Requests the cancellation of tasks. Waiting tasks are Cancelled at once, with the StatusAudit row
-- of their audit level. Held tasks are marked, and their worker sees the request at its next
-- heartbeat. A cancelled task keeps its rate limit slot, so that the caller can read it and give it
-- back.
--
--   DECLARE @TaskIds [EverTask].[TaskIdList];
--   INSERT INTO @TaskIds VALUES (1, '01900000-0000-7000-8000-000000000001');
--   EXEC [EverTask].[usp_RequestCancel] @TaskIds;
--
-- Returns one row per id, in order: Outcome (cancelled, requested, ended, unknown).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_RequestCancel];
GO
CREATE PROCEDURE [EverTask].[usp_RequestCancel]
    @TaskIds [EverTask].[TaskIdList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Touched TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Answer TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [Outcome] varchar(9) NOT NULL);

    BEGIN TRANSACTION;

    -- If an UPDATE waits for another writer, Babelfish fills OUTPUT with values from before the
    -- wait. Therefore this and the other procedures use OUTPUT only to learn which rows were
    -- changed. One UPDATE handles waiting and held tasks, so that no task is missed if it is
    -- claimed or given back concurrently.
    UPDATE [EverTask].[QueuedTasks]
    SET [CancelRequested] = CASE WHEN [WorkerId] IS NULL THEN 0 ELSE 1 END,
        [Status] = CASE WHEN [WorkerId] IS NULL THEN N'Cancelled' ELSE [Status] END,
        [Exception] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [Exception] END,
        [DueAtUtc] = NULL,
        [NextRunUtc] = CASE WHEN [WorkerId] IS NULL THEN NULL ELSE [NextRunUtc] END
    OUTPUT inserted.[Id] INTO @Touched ([TaskId])
    FROM @TaskIds AS w, [EverTask].[QueuedTasks] WITH (FORCESEEK)
    WHERE [QueuedTasks].[Id] = w.[TaskId]
        AND ([WorkerId] IS NOT NULL OR [DueAtUtc] IS NOT NULL OR [NextRunUtc] IS NOT NULL
            OR [Status] NOT IN (N'Completed', N'Failed', N'Cancelled', N'ServiceStopped'))
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Cancelled is not an error, so only Full audits it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT c.[TaskId], @Now, N'Cancelled', NULL
    FROM @Touched AS c
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = c.[TaskId]
    WHERE t.[WorkerId] IS NULL AND ISNULL(t.[AuditLevel], 0) NOT IN (1, 2, 3)
    OPTION (LOOP JOIN, FORCE ORDER);

    -- The result is sent after the commit, because a caller that does not read it must not keep the
    -- rows locked.
    INSERT INTO @Answer ([Ordinal], [Outcome])
    SELECT w.[Ordinal], CASE WHEN t.[Id] IS NULL THEN 'unknown' WHEN c.[TaskId] IS NULL THEN 'ended'
                WHEN t.[WorkerId] IS NULL THEN 'cancelled' ELSE 'requested' END
    FROM @TaskIds AS w
    LEFT JOIN @Touched AS c ON c.[TaskId] = w.[TaskId]
    LEFT JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = w.[TaskId]
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT a.[Outcome] AS [Outcome] FROM @Answer AS a ORDER BY a.[Ordinal];
END
GO
