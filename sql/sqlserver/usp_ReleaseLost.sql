-- Removes workers whose heartbeat is too old, and takes the tasks of every worker that is not (or no longer) registered:
-- they are ServiceStopped and due now. One that was running (InProgress) has LostCount + 1; above the poison limit it is Failed
-- and not due, a series without next run. One that was only claimed, as far as is known, has a LostCount of 1 at least; if it
-- had that before, the claim is taken back (Attempt - 1). With the StatusAudit row that each task's level asks for.
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

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Late datetimeoffset(3) = DATEADD(millisecond, -(@LeaseMs % 86400000), DATEADD(day, -(@LeaseMs / 86400000), @Now));
    DECLARE @Held TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY, [WorkerId] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL);
    DECLARE @Lost TABLE ([TaskId] uniqueidentifier NOT NULL PRIMARY KEY);

    BEGIN TRANSACTION;

    DELETE FROM [EverTask].[Workers] WHERE [HeartbeatUtc] < @Late;

    INSERT INTO @Held ([TaskId], [WorkerId])
    SELECT t.[Id], t.[WorkerId]
    FROM [EverTask].[QueuedTasks] AS t
    WHERE t.[WorkerId] IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = t.[WorkerId]);

    -- The worker is compared again: two processes that find the same lost tasks take each of them once.
    UPDATE [EverTask].[QueuedTasks]
    SET [LostCount] = CASE WHEN [QueuedTasks].[Status] = N'InProgress' OR [QueuedTasks].[LostCount] = 0
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
    FROM @Held AS h
    WHERE [QueuedTasks].[Id] = h.[TaskId] AND [QueuedTasks].[WorkerId] = h.[WorkerId]
    OPTION (LOOP JOIN);

    -- A lost worker is an error: Full, Minimal and ErrorsOnly audit it.
    INSERT INTO [EverTask].[StatusAudit] ([QueuedTaskId], [UpdatedAtUtc], [NewStatus], [Exception])
    SELECT t.[Id], @Now, t.[Status], t.[Exception]
    FROM @Lost AS l
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = l.[TaskId]
    WHERE ISNULL(t.[AuditLevel], 0) <> 3;

    SELECT t.[Id] AS [TaskId], t.[Type] AS [Type], t.[QueueName] AS [QueueName], h.[WorkerId] AS [WorkerId],
        t.[LostCount] AS [LostCount], CASE WHEN t.[Status] = N'Failed' THEN 1 ELSE 0 END AS [Poisoned]
    FROM @Lost AS l
    INNER JOIN @Held AS h ON h.[TaskId] = l.[TaskId]
    INNER JOIN [EverTask].[QueuedTasks] AS t ON t.[Id] = l.[TaskId]
    ORDER BY h.[WorkerId], t.[IdOrder];

    COMMIT TRANSACTION;
END
GO
