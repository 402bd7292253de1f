-- Removes workers whose heartbeat is too old, and takes the tasks of every worker that is not (or no longer) registered:
-- they are ServiceStopped and due now. One that was running (InProgress) has LostCount + 1; above the poison limit it is Failed
-- and not due, a series without next run. One that was only claimed, as far as is known, has a LostCount of 1 at least; if it
-- had that before, the claim is taken back (Attempt - 1). With the StatusAudit row that each task's level asks for.
--
-- A task's row may be locked: its worker froze in the middle of a transaction in which it completed the task. Such a task is
-- left to that transaction, and taken by a later call if it is still held then.
--
-- Answers a row a task: TaskId, Type, QueueName, WorkerId, LostCount, Poisoned (1 or 0).

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
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
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

    -- What a clock that was ahead has written proves nothing. Rows that others are at are left to them.
    UPDATE [EverTask].[Workers] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK) SET [HeartbeatUtc] = @Now WHERE [HeartbeatUtc] > @Ahead;

    DELETE FROM [EverTask].[Workers] WHERE [HeartbeatUtc] < @Late;

    -- First who holds tasks, then who of them is not registered: the other way round, or in one statement, a worker that
    -- registers and claims meanwhile could be taken for lost.
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

    -- The worker is compared again: two processes that find the same lost tasks take each of them once.
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

    -- A lost worker is an error: Full, Minimal and ErrorsOnly audit it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT t.[Id], @Now, t.[Status], t.[Exception]
    FROM @Lost AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = l.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) <> 3
    OPTION (LOOP JOIN, FORCE ORDER);

    -- Answered after the commit: a caller that does not read must not keep the rows locked.
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
