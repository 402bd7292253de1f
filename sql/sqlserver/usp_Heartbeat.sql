-- Records that a worker is alive. Does not register a lost worker again.
--
-- Returns four recordsets: Now, Alive (1 or 0), Draining (1: the worker must finish its tasks and
-- stop) and OthersLost (1: usp_ReleaseLost has work); the
-- TaskId of each held task with a cancel request; the QueueName of each paused queue; the Id and
-- Parameters of each watcher of events.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_Heartbeat];
GO
CREATE PROCEDURE [EverTask].[usp_Heartbeat]
    @WorkerId nvarchar(100),
    @LeaseMs  bigint -- a worker whose heartbeat is older than this is late
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
    DECLARE @Alive bit = 0, @Draining bit = 0, @OthersLost bit = 0;

    UPDATE [EverTask].[Workers] SET [HeartbeatUtc] = @Now WHERE [Id] = @WorkerId;
    IF @@ROWCOUNT > 0
        SET @Alive = 1;
    -- A statement of its own, because Babelfish rejects an UPDATE that sets a variable.
    SELECT @Draining = [IsDraining] FROM [EverTask].[Workers] WHERE [Id] = @WorkerId AND [IsDraining] = 1;

    -- Skips locked tasks, because a heartbeat must not wait.
    IF EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] <> @WorkerId AND w.[HeartbeatUtc] NOT BETWEEN @Late AND @Ahead)
        OR EXISTS (SELECT 1 FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
                   WHERE t.[WorkerId] IS NOT NULL
                       AND NOT EXISTS (SELECT 1 FROM [EverTask].[Workers] AS w WHERE w.[Id] = t.[WorkerId]))
        SET @OthersLost = 1;

    SELECT @Now AS [Now], @Alive AS [Alive], @Draining AS [Draining], @OthersLost AS [OthersLost];

    SELECT t.[Id] AS [TaskId]
    FROM [EverTask].[QueuedTasks] AS t WITH (READPAST, READCOMMITTEDLOCK)
    WHERE t.[WorkerId] = @WorkerId AND t.[WorkerId] IS NOT NULL AND t.[CancelRequested] = 1 AND @Alive = 1;

    SELECT p.[QueueName] AS [QueueName] FROM [EverTask].[PausedQueues] AS p ORDER BY p.[QueueName];

    SELECT w.[Id] AS [Id], w.[Parameters] AS [Parameters]
    FROM [EverTask].[EventWatchers] AS w WITH (NOLOCK) WHERE w.[ExpiresUtc] > @Now ORDER BY w.[Id];
END
GO
