-- Takes due tasks for a worker: highest priority first, then longest due, then lowest id, of each queue.
--
--   @Types   the types that the worker has handlers for
--   @Queues  at most Limit tasks of each queue
--
-- Answers two recordsets: Now and Known (0: the worker is not registered, and nothing was claimed); the tasks.

SET QUOTED_IDENTIFIER ON;
SET ANSI_NULLS ON;
GO
DROP PROCEDURE IF EXISTS [EverTask].[usp_ClaimTasks];
GO
CREATE PROCEDURE [EverTask].[usp_ClaimTasks]
    @WorkerId nvarchar(100),
    @Types    [EverTask].[NameList] READONLY,
    @Queues   [EverTask].[NameList] READONLY
AS
BEGIN
    SET NOCOUNT ON;
    SET XACT_ABORT ON;
    -- READPAST asks for it, whatever isolation a transaction before left to the session.
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

    DECLARE @Now datetimeoffset(3) = SYSUTCDATETIME();
    DECLARE @Known bit = CASE WHEN EXISTS (SELECT 1 FROM [EverTask].[Workers] WHERE [Id] = @WorkerId) THEN 1 ELSE 0 END;
    DECLARE @Queue TABLE ([Ordinal] int NOT NULL PRIMARY KEY, [QueueName] nvarchar(200) NOT NULL, [Limit] int NOT NULL);
    DECLARE @Taken TABLE ([Id] uniqueidentifier NOT NULL PRIMARY KEY);
    DECLARE @Ordinal int, @QueueName nvarchar(200), @Limit int, @Priority int;

    IF @Known = 1
        INSERT INTO @Queue ([Ordinal], [QueueName], [Limit])
        SELECT q.[Ordinal], q.[Name], q.[Limit]
        FROM @Queues AS q
        WHERE NOT EXISTS (SELECT 1 FROM [EverTask].[PausedQueues] AS p WHERE p.[QueueName] = q.[Name]);

    BEGIN TRANSACTION;

    SELECT @Ordinal = MIN([Ordinal]) FROM @Queue;
    WHILE @Ordinal IS NOT NULL
    BEGIN
        SELECT @QueueName = [QueueName], @Limit = [Limit] FROM @Queue WHERE [Ordinal] = @Ordinal;

        -- One priority after the other, each found by a seek: ordered by priority and due instant in one go, the tasks of a
        -- higher priority that are due later would have to be passed by to get at those of a lower one that are due.
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL AND @Limit > 0
        BEGIN
            -- READPAST leaves out what others are just taking, UPDLOCK keeps others from what this one is about to take, and
            -- READCOMMITTEDLOCK makes both so in a database with row versioning. READPAST stands on the target, too: the
            -- row may be locked when its place in the index is not. Where the engine ignores hints, looking at DueAtUtc again
            -- keeps a task from being taken twice: a claim that had to wait for another sees that it is gone.
            UPDATE [EverTask].[QueuedTasks]
            SET [WorkerId] = @WorkerId,
                [ClaimedDueUtc] = [QueuedTasks].[DueAtUtc],
                [DueAtUtc] = NULL,
                -- Counters stop at their end: a row that was damaged must not fail the claim of the others.
                [Attempt] = CASE WHEN [QueuedTasks].[Attempt] < 2147483647
                                 THEN [QueuedTasks].[Attempt] + 1 ELSE [QueuedTasks].[Attempt] END,
                [LeaseToken] = CASE WHEN [QueuedTasks].[LeaseToken] < 2147483647
                                    THEN [QueuedTasks].[LeaseToken] + 1 ELSE [QueuedTasks].[LeaseToken] END
            OUTPUT inserted.[Id] INTO @Taken ([Id])
            FROM (
                SELECT TOP (@Limit) q.[IdOrder]
                FROM [EverTask].[QueuedTasks] AS q WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK)
                WHERE q.[QueueName] = @QueueName AND q.[Priority] = @Priority
                    AND q.[DueAtUtc] IS NOT NULL AND q.[DueAtUtc] <= @Now
                    AND q.[Type] COLLATE Latin1_General_BIN2 IN (SELECT y.[Name] FROM @Types AS y)
                ORDER BY q.[DueAtUtc], q.[IdOrder]
            ) AS c, [EverTask].[QueuedTasks] WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK, FORCESEEK)
            WHERE [QueuedTasks].[IdOrder] = c.[IdOrder]
                AND [QueuedTasks].[DueAtUtc] <= @Now AND [QueuedTasks].[WorkerId] IS NULL
            OPTION (LOOP JOIN, FORCE ORDER);

            SET @Limit = @Limit - @@ROWCOUNT;

            SELECT @Priority = MAX(d.[Priority])
            FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
            WHERE d.[QueueName] = @QueueName AND d.[Priority] < @Priority AND d.[DueAtUtc] IS NOT NULL;
        END;

        SELECT @Ordinal = MIN([Ordinal]) FROM @Queue WHERE [Ordinal] > @Ordinal;
    END;

    COMMIT TRANSACTION;

    SELECT @Now AS [Now], @Known AS [Known];

    SELECT t.[Id] AS [Id], t.[Type] AS [Type], t.[Request] AS [Request], t.[Status] AS [Status],
        t.[AuditLevel] AS [AuditLevel], t.[QueueName] AS [QueueName], t.[Priority] AS [Priority], t.[TaskKey] AS [TaskKey],
        t.[CreatedAtUtc] AS [CreatedAtUtc], t.[ClaimedDueUtc] AS [DueAtUtc], t.[Attempt] AS [Attempt], t.[LostCount] AS [LostCount],
        t.[LeaseToken] AS [LeaseToken], t.[CancelRequested] AS [CancelRequested], t.[RateSlotUtc] AS [RateSlotUtc],
        t.[TraceContext] AS [TraceContext], t.[RetryPolicy] AS [RetryPolicy], t.[IsRecurring] AS [IsRecurring], t.[RecurringTask] AS [RecurringTask],
        t.[RecurringInfo] AS [RecurringInfo], t.[AnchorUtc] AS [AnchorUtc], t.[MaxRuns] AS [MaxRuns],
        t.[RunUntil] AS [RunUntil], t.[NextRunUtc] AS [NextRunUtc], t.[CurrentRunCount] AS [CurrentRunCount]
    FROM @Taken AS k
    INNER JOIN [EverTask].[QueuedTasks] AS t WITH (FORCESEEK) ON t.[Id] = k.[Id]
    WHERE t.[WorkerId] = @WorkerId
    ORDER BY t.[QueueName], t.[Priority] DESC, t.[ClaimedDueUtc], t.[IdOrder]
    OPTION (LOOP JOIN, FORCE ORDER);
END
GO
