-- Removes workers whose heartbeat is too old, and releases the tasks of all workers that are not
-- registered: the tasks become ServiceStopped and due now. The LostCount of a task that was running
-- (InProgress) is incremented. Above the poison limit, the task becomes Failed and is not due
-- again, and a series ends. A task that was only claimed gets the LostCount 1 if it was 0;
-- otherwise its Attempt is decremented, because the claim does not count. Writes the StatusAudit
-- row of each task's audit level.
--
-- Skips locked tasks, because the worker may have frozen in a transaction that completes the task.
-- A later call releases them if they are still held then.
--
-- Returns one row per task: TaskId, Type, QueueName, WorkerId, LostCount, Poisoned (1 or 0).

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ReleaseLost];
GO
CREATE PROCEDURE [EverTask].[usp_ReleaseLost]
    @LeaseMs      bigint,
    @PoisonLimit  int,
    @LostReason   nvarchar(max),
    @PoisonReason nvarchar(max)
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Late datetimeoffset(3) = DATEADD(millisecond, -(@LeaseMs % 86400000), DATEADD(day, -(@LeaseMs / 86400000), @Now));
    DECLARE @Ahead datetimeoffset(3) = DATEADD(millisecond, @LeaseMs % 86400000, DATEADD(day, @LeaseMs / 86400000, @Now));
    DECLARE @Gone TABLE ([WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY);
    DECLARE @Held TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL);
    DECLARE @Lost TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Answer TABLE (
        [IdOrder]   binary(36)       NOT NULL PRIMARY KEY,
        [TaskId]    uniqueidentifier NOT NULL,
        [Type]      nvarchar(500)    COLLATE Latin1_General_BIN2 NOT NULL,
        [QueueName] nvarchar(200)    COLLATE Latin1_General_BIN2 NULL,
        [WorkerId]  nvarchar(100)    COLLATE Latin1_General_BIN2 NOT NULL,
        [LostCount] int              NOT NULL,
        [Poisoned]  bit              NOT NULL
    );

    BEGIN TRANSACTION;

    -- Heartbeats in the future, by a clock that was ahead, are set to now. Skips rows that others
    -- have locked.
    UPDATE [EverTask].[Workers] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK) SET [HeartbeatUtc] = @Now WHERE [HeartbeatUtc] > @Ahead;

    DELETE FROM [EverTask].[Workers] WHERE [HeartbeatUtc] < @Late;

    -- First finds the workers that hold tasks, then those of them that are not registered. In the
    -- other order, or in one statement, a worker that registers and claims in between would be
    -- treated as lost.
    INSERT INTO @Gone ([WorkerId])
    SELECT DISTINCT t.[WorkerId]
    FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
    WHERE t.[WorkerId] IS NOT NULL;

    DELETE FROM @Gone WHERE [WorkerId] IN (SELECT w.[Id] FROM [EverTask].[Workers] AS w);

    INSERT INTO @Held ([TaskId], [WorkerId])
    SELECT t.[Id], t.[WorkerId]
    FROM @Gone AS g
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK) ON t.[WorkerId] = g.[WorkerId]
    WHERE t.[WorkerId] IS NOT NULL
    ORDER BY t.[Id]
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Compares the worker again, so that of two processes that find the same lost task only one
    -- releases it.
    UPDATE [EverTask].[QueuedTasks]
    SET [LostCount] = CASE WHEN ([QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0) AND [QueuedTasks].[LostCount] < 2147483647
            THEN [QueuedTasks].[LostCount] + 1 ELSE [QueuedTasks].[LostCount] END,
        [Attempt] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0 OR [QueuedTasks].[Attempt] = 0
            THEN [QueuedTasks].[Attempt] ELSE [QueuedTasks].[Attempt] - 1 END,
        [Status] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN N'Failed' ELSE N'ServiceStopped' END,
        [Exception] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN @PoisonReason ELSE @LostReason END,
        [WorkerId] = NULL,
        [DueAtUtc] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN NULL ELSE @Now END,
        [NextRunUtc] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN NULL ELSE [QueuedTasks].[NextRunUtc] END,
        [CancelRequested] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' AND [QueuedTasks].[LostCount] >= @PoisonLimit THEN 0 ELSE [QueuedTasks].[CancelRequested] END
    OUTPUT inserted.[Id] INTO @Lost ([TaskId])
    FROM @Held AS h, [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
    WHERE [QueuedTasks].[Id] = h.[TaskId] AND [QueuedTasks].[WorkerId] = h.[WorkerId]
    OPTION (LOOP JOIN, FORCE ORDER);

    -- A lost worker is an error, so Full, Minimal and ErrorsOnly audit it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT t.[Id], @Now, t.[Status], t.[Exception]
    FROM @Lost AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = l.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) <> 3
    OPTION (LOOP JOIN, FORCE ORDER);

    -- The result is sent after the commit, because a caller that does not read it must not keep the
    -- rows locked.
    INSERT INTO @Answer ([IdOrder], [TaskId], [Type], [QueueName], [WorkerId], [LostCount], [Poisoned])
    SELECT t.[IdOrder], t.[Id], t.[Type], t.[QueueName], h.[WorkerId], t.[LostCount],
        CASE WHEN t.[Status] = N'Failed' THEN 1 ELSE 0 END
    FROM @Lost AS l
    INNER JOIN @Held AS h ON h.[TaskId] = l.[TaskId]
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = l.[TaskId]
    OPTION (LOOP JOIN, FORCE ORDER);

    COMMIT TRANSACTION;

    SELECT a.[TaskId] AS [TaskId], a.[Type] AS [Type], a.[QueueName] AS [QueueName], a.[WorkerId] AS [WorkerId],
        a.[LostCount] AS [LostCount], a.[Poisoned] AS [Poisoned]
    FROM @Answer AS a
    ORDER BY a.[WorkerId], a.[IdOrder];
END
GO
