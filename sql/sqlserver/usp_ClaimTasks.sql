-- Claims due tasks for a worker: in each queue highest priority first, then longest due, then
-- lowest id.
--
--   @Types   the types that the worker has handlers for
--   @Queues  at most Limit tasks of each queue
--
-- Returns two recordsets: Now and Known (0: the worker is not registered, and nothing was claimed);
-- the tasks.

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
    -- Sets the isolation level that READPAST requires. An earlier transaction may have left the
    -- session at another one.
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

        -- Searches each priority separately, by a seek. A scan in the order of priority and due
        -- instant would read all future tasks of a higher priority before the due tasks of a lower
        -- one.
        SELECT @Priority = MAX(d.[Priority])
        FROM [EverTask].[QueuedTasks] AS d WITH (READPAST, READCOMMITTEDLOCK)
        WHERE d.[QueueName] = @QueueName AND d.[DueAtUtc] IS NOT NULL;

        WHILE @Priority IS NOT NULL AND @Limit > 0
        BEGIN
            -- READPAST skips tasks that others are claiming, UPDLOCK keeps others from the tasks
            -- that this claim selects, and READCOMMITTEDLOCK does the same in a database with row
            -- versioning. The target also has READPAST, because the row may be locked when its
            -- index entry is not. The second condition on DueAtUtc prevents a task from being
            -- claimed twice if the engine ignores hints: a claim that waited for another one sees
            -- that the task is claimed.
            UPDATE [EverTask].[QueuedTasks]
            SET [WorkerId] = @WorkerId,
                [ClaimedDueUtc] = [QueuedTasks].[DueAtUtc],
                [DueAtUtc] = NULL,
                -- Counters stop at their maximum, so that a damaged row does not make the claim of
                -- other tasks fail.
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
